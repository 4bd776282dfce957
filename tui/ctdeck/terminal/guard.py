"""The second guard: whatever is drawn, a terminal obeys only what we and Textual made.

Text from outside is made safe where it enters (`aiocontainerd.safe`). Should that be forgotten
somewhere, it is done here, on its way to the terminal. Links (OSC 8) are never sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from rich.cells import cell_len, set_cell_size, split_graphemes
from rich.segment import Segment
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from aiocontainerd.safe import safe

_SHORT = 512  # characters of a text that is remembered
MARKS = 8  # characters in one cell, its letter included; with more terminals become slow
# C0, DEL, C1, bidi controls, line separators, lone surrogates. What joins emoji is let pass.
_OBEYED = re.compile("[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(text: str) -> str:
    """The text as it may be written into cells; as many cells wide as Textual takes it to be."""
    obeyed, cells = _OBEYED.search(text), cell_len(text)
    if not obeyed and len(text) <= MARKS * (cells + 1):
        return text
    clean = safe(text) if obeyed else text
    parts, _ = split_graphemes(clean)
    return set_cell_size("".join(clean[start:end][:MARKS] for start, end, _ in parts), cells)


def guard(update: object) -> None:
    """Make harmless what this update of Textual will write itself."""
    if isinstance(update, LayoutUpdate):
        update.strips = [[*map(_harmless_strip, line)] for line in update.strips]
    elif isinstance(update, ChopsUpdate):
        lines = {y for y, _, _ in update.spans}
        update.chops = [
            _harmless_chops(chops) if y in lines else chops for y, chops in enumerate(update.chops)
        ]


def _harmless_chops(chops: Mapping[int, Strip | None]) -> dict[int, Strip | None]:
    return {x: strip and _harmless_strip(strip) for x, strip in chops.items()}


def _harmless_strip(strip: Strip) -> Strip:
    if all(map(_is_plain, strip)):
        return strip
    return Strip(_harmless_segments(strip), strip.cell_length)


def _is_plain(segment: Segment) -> bool:
    text, style, _ = segment
    if style is not None and style.link:
        return False
    return (text.isascii() and text.isprintable()) or (len(text) < _SHORT and _stays(text))


@lru_cache(4096)  # names that are not ASCII are drawn again and again
def _stays(text: str) -> bool:
    return harmless(text) == text


def _harmless_segments(segments: Iterable[Segment]) -> Iterable[Segment]:
    for text, style, _ in segments:
        yield Segment(harmless(text), style and style.update_link(None))
