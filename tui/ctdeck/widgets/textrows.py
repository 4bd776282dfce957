"""A line of text as rows of the screen: where they begin, and what is drawn in them; pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from rich.cells import cell_len, split_graphemes
from rich.segment import Segment
from rich.style import Style

from ctdeck.ansi import Painted
from ctdeck.finding import Span

NEAR = 16  # characters that one cell takes at most, in text that is safe: marks are few there


def row_starts(text: str, width: int) -> Sequence[int]:
    """The characters with which rows of at most `width` cells begin; at least one row."""
    width = max(1, width)
    if text.isascii():
        return range(0, max(1, len(text)), width)
    starts, used = [0], 0
    for start, _, cells in split_graphemes(text)[0]:
        if used + cells > width and used:
            starts.append(start)
            used = 0
        used += cells
    return starts


def at_cell(text: str, cell: int) -> int:
    """The character that begins at or behind this cell; what is far behind it is not looked at."""
    if not cell or text.isascii():
        return min(cell, len(text))
    near = text[: cell * NEAR]
    used = 0
    for start, _, cells in split_graphemes(near)[0]:
        if used >= cell:
            return start
        used += cells
    return len(text) if len(near) == len(text) else len(near)


def segments(
    line: Painted,
    start: int,
    end: int,
    base: Style,
    marks: Sequence[Span] = (),
    mark: Style | None = None,
) -> list[Segment]:
    """The characters from `start` up to `end`, those within `marks` in that style as well."""
    text, runs = line
    if not runs and not marks:
        return [Segment(text[start:end], base)]
    starts = [run[0] for run in runs]
    edges = {start, end}
    first = max(0, bisect_right(starts, start) - 1)
    near = runs[first : bisect_right(starts, end)]
    edges.update(edge for a, b, _ in near for edge in (a, b) if start < edge < end)
    edges.update(edge for a, b in marks for edge in (a, b) if start < edge < end)
    order = sorted(edges)
    drawn: list[Segment] = []
    for here, there in pairwise(order):
        style = base
        place = bisect_right(starts, here) - 1
        if place >= 0 and here < runs[place][1]:
            style += runs[place][2]
        if mark is not None and any(a <= here < b for a, b in marks):
            style += mark
        drawn.append(Segment(text[here:there], style))
    return drawn


def cells_of(line: Painted) -> int:
    """How wide it is."""
    return len(line.text) if line.text.isascii() else cell_len(line.text)
