"""The lines of a table: its columns as wide as they fit, and what each row says in them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from datetime import datetime
from typing import Any, Generic

from ctdeck.widgets.column import Column, cell_parts, fit_columns
from ctdeck.widgets.maderows import K
from ctdeck.widgets.rowview import RowView
from ctdeck.widgets.runs import Cells, Layout, Run, column_at, row_runs, title_text
from ctdeck.widgets.widths import Widths, with_mark


class Sheet(Generic[K]):
    """What the rows of `view` say, line by line; who draws them looks up the colours."""

    def __init__(self, columns: Sequence[Column[K]], view: RowView[K]) -> None:
        self.columns: tuple[Column[K], ...] = tuple(columns)
        self.sort_column: str | None = None
        self.own_order = ""  # the column whose order the rows have by themselves
        self.widths = Widths(view)
        self.layout: Layout = []
        self._view = view

    @property
    def marked(self) -> str:
        """The column whose title has the mark of the order."""
        return self.sort_column or self.own_order

    def sort_by(self, column: str, *, reverse: bool) -> None:
        """Say how the view is to sort next: by the column with this id, "" for its own order."""
        found = next((c for c in self.columns if c.id == column), None)
        self.sort_column = found.id if found else None
        self._view.sort_key = found.sort if found else None
        self._view.reverse = reverse and (found is not None or not column)

    @property
    def filled(self) -> tuple[Column[K], ...]:
        """Those that a row may say something in."""
        widths = self.widths
        if widths.is_looking or len(widths.natural) != len(self.columns):
            return self.columns
        return tuple(c for c, width in zip(self.columns, widths.natural, strict=True) if width)

    def measure(self, now: datetime, touched: Set[Any] | None = None) -> None:
        """Find the natural widths; from the `touched` rows only, if only they may have changed."""
        columns = with_mark(self.columns, self.marked)
        if touched is None:
            self.widths.measure(columns, self.sort_column, now)
        else:
            self.widths.take_in(columns, self.sort_column, now, touched)

    def fit(self, width: int) -> bool:
        """Fit the columns into so many cells; whether that moves any of them."""
        columns = with_mark(self.columns, self.marked)
        layout = fit_columns(columns, self.widths.natural, max(1, width - 2))
        moves, self.layout = layout != self.layout, layout
        return moves

    def titles(self) -> str:
        """The line of titles."""
        return title_text(self.columns, self.layout, self.marked, reverse=self._view.reverse)

    def cells(self, row: K, now: datetime) -> Cells:
        """What a row says."""
        return tuple(cell_parts(self.columns[i].cell(row, now)) for i, _ in self.layout)

    def runs(self, cells: Cells, cursor: int) -> list[Run]:
        """That as a line; `cursor` as in `runs.row_runs`."""
        return row_runs(self.columns, self.layout, cells, cursor)

    def shows(self, column: str | None) -> bool:
        """Whether the column with this id has a place on the screen."""
        return column in {self.columns[i].id for i, _ in self.layout}

    def column_at(self, x: int) -> str | None:
        """The id of the column at this cell of a line."""
        place = column_at(self.layout, x)
        return None if place is None else self.columns[place].id

    def whens(self) -> list[Callable[[K], datetime | None]]:
        """What the ages that are seen count from."""
        columns = [self.columns[i] for i, _ in self.layout]
        return [column.when for column in columns if column.when is not None]
