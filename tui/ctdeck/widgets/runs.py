"""A table's lines as runs of text in one role each: what is drawn, without the colours. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len

from ctdeck.formatting import GLYPHS
from ctdeck.widgets.column import GAP, Column, fit

Columns = Sequence[Column[Any]]
Layout = Sequence[tuple[int, int]]  # which columns are shown and how wide, from left to right
Cells = tuple[tuple[str, str], ...]  # text and role of each shown column
Run = tuple[str, str]
MARKED = 4  # added to what the cursor is


def row_runs(columns: Columns, layout: Layout, cells: Cells, cursor: int) -> list[Run]:
    """One row, neighbours of one role joined; `cursor` is 2 for the row that has the keys, and
    `MARKED` more for one that is marked."""
    pieces: list[Run] = [(_sign(cursor), "accent" if cursor else "")]
    for (i, width), (text, role) in zip(layout, cells, strict=True):
        column = columns[i]
        pieces.append((fit(text, width, right=column.right, cut=column.cut), role))
        pieces.append((" " * GAP, ""))
    runs: list[Run] = []
    for text, role in pieces:
        if runs and runs[-1][1] == role:
            runs[-1] = (runs[-1][0] + text, role)
        else:
            runs.append((text, role))
    return runs


def title_text(columns: Columns, layout: Layout, sort: str | None, *, reverse: bool) -> str:
    """The line of titles; on the column that the rows are sorted by a sign says which way."""
    texts = [" "]
    for i, width in layout:
        column = columns[i]
        sign = ""
        if column.id == sort:
            sign = GLYPHS.up if column.falling is reverse else GLYPHS.down
        title = column.title + sign
        if column.brief and cell_len(title) > width:
            title = column.brief + sign
        texts.append(fit(title, width, right=column.right) + " " * GAP)
    return "".join(texts)


def column_at(layout: Layout, x: int) -> int | None:
    """Which column is at this cell of a line."""
    start = 1
    for i, width in layout:
        if start <= x < start + width + GAP:
            return i
        start += width + GAP
    return None


def _sign(cursor: int) -> str:
    """Cursor and mark are signs too, for terminals without colours."""
    if cursor == MARKED + 2:
        return GLYPHS.mark_here
    if cursor >= MARKED:
        return GLYPHS.mark
    return GLYPHS.cursor if cursor == 2 else " "
