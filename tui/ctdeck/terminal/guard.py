"""The second guard: whatever is drawn, a terminal obeys only what we and Textual made.

Text from outside is made safe where it enters (`aiocontainerd.safe`). Should that be forgotten
somewhere, it is done here, on its way to the terminal. Links (OSC 8) are never sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from rich.segment import Segment
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from ctdeck.terminal.harmless import harmless

_SHORT = 512  # characters of a text that is remembered


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
