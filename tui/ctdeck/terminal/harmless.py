"""What text must not bring to a terminal, and text without it; pure. See `guard.py`."""

from __future__ import annotations

import re

from rich.cells import cell_len, set_cell_size, split_graphemes

from aiocontainerd.safe import safe

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
