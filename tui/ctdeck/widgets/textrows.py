"""A line of text as rows of the screen: where they begin, and what is drawn in them; pure."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import TypeVar

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style

from ctdeck.ansi import Painted, Run
from ctdeck.finding import Span

S = TypeVar("S", Span, Run)
EVERY = 256  # characters between two whose cells are kept
_FIRST = itemgetter(0)


class _Widths(dict[str, int]):
    """Cells of a character: asked for by C, for a line may have many."""

    def __missing__(self, character: str) -> int:
        if len(self) >= 10_000:
            self.clear()
        cells = self[character] = get_character_cell_size(character)
        return cells


_cells = _Widths().__getitem__


def _ends(text: str) -> array[int]:
    """The cells up to the end of each character. Safe text has none that joins two others."""
    return array("I", accumulate(map(_cells, text)))


def row_starts(text: str, width: int) -> Sequence[int]:
    """The characters with which rows of at most `width` cells begin; at least one row."""
    width = max(1, width)
    if text.isascii():
        return range(0, max(1, len(text)), width)
    ends, starts, used = _ends(text), [0], 0
    while ends[-1] - used > width:
        last = starts[-1]
        at = bisect_right(ends, used + width, lo=last)
        if at == last:  # not even one has room
            at = bisect_right(ends, ends[last], lo=last)
        if at == len(text):
            break
        starts.append(at)
        used = ends[at - 1]
    return starts


class Ruler:
    """Knows at which cell of a line a character stands: it is measured once, and looked up then."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: Sequence[int] = ()  # cells before every EVERYth character
        self.cells = len(text)
        if not text.isascii():
            ends = _ends(text)
            self.cells = ends[-1]
            self._known = array("I", [0]) + ends[EVERY - 1 : -1 : EVERY]

    def at(self, cell: int) -> int:
        """The character that begins at or behind this cell."""
        if not self._known:
            return min(cell, len(self._text))
        block = max(0, bisect_left(self._known, cell) - 1)
        at, used = block * EVERY, self._known[block]
        while at < len(self._text) and (used < cell or (at and not _cells(self._text[at]))):
            used += _cells(self._text[at])
            at += 1
        return at if cell else 0


def segments(
    line: Painted,
    start: int,
    end: int,
    base: Style,
    marks: Sequence[Span] = (),
    mark: Style | None = None,
) -> list[Segment]:
    """The characters from `start` up to `end`, those within `marks` in that style as well.

    Neither the runs of the line nor the marks overlap; both are in order.
    """
    text, runs = line
    if not runs and not marks:
        return [Segment(text[start:end], base)]
    looks, found = _near(runs, start, end), _near(marks, start, end)
    edges = {start, end}
    edges.update(edge for a, b, _ in looks for edge in (a, b) if start < edge < end)
    edges.update(edge for a, b in found for edge in (a, b) if start < edge < end)
    drawn: list[Segment] = []
    look = place = 0
    for here, there in pairwise(sorted(edges)):
        while look < len(looks) and looks[look][1] <= here:
            look += 1
        while place < len(found) and found[place][1] <= here:
            place += 1
        style = base
        if look < len(looks) and looks[look][0] <= here:
            style += looks[look][2]
        if mark is not None and place < len(found) and found[place][0] <= here:
            style += mark
        drawn.append(Segment(text[here:there], style))
    return drawn


def _near(spans: Sequence[S], start: int, end: int) -> Sequence[S]:
    """Those that may reach into the characters from `start` up to `end`."""
    first = max(0, bisect_right(spans, start, key=_FIRST) - 1)
    return spans[first : bisect_right(spans, end, key=_FIRST)]
