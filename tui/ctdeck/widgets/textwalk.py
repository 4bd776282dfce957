"""From row to row of a text whose lines have one or more; pure.

A place is the index of a line and the number of a row in it; `rows_of` tells how many rows a line
has, and only the lines that are passed are asked about.
"""

from __future__ import annotations

from collections.abc import Callable

Place = tuple[int, int]
RowsOf = Callable[[int], int]


def up(place: Place, rows: int, rows_of: RowsOf) -> Place:
    """So many rows further up, or the first row."""
    index, sub = place
    while rows > sub and index > 0:
        rows -= sub + 1
        index -= 1
        sub = rows_of(index) - 1
    return index, max(0, sub - rows)


def down(place: Place, rows: int, rows_of: RowsOf, lines: int) -> Place:
    """So many rows further down, or the last row of so many lines."""
    index, sub = place
    while rows >= (left := rows_of(index) - sub):
        if index == lines - 1:
            return index, sub + left - 1
        rows -= left
        index, sub = index + 1, 0
    return index, sub + rows


def below(place: Place, height: int, rows_of: RowsOf, lines: int) -> list[Place]:
    """That row and those under it, `height` of them if there are so many."""
    index, sub = place
    rows: list[Place] = []
    while index < lines and len(rows) < height:
        last = min(rows_of(index), sub + height - len(rows))
        rows += ((index, row) for row in range(sub, last))
        index, sub = index + 1, 0
    return rows
