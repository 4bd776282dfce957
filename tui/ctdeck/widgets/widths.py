"""How wide a list's columns would like to be, found out from as few of its rows as will do."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Generic

from ctdeck.widgets.column import SAMPLE, Column, natural_widths, sample
from ctdeck.widgets.rowview import K, RowView


def with_mark(columns: Sequence[Column[K]], sorted_by: str | None) -> list[Column[K]]:
    """The columns, that of the sort order with room for its mark beside the title."""
    return [
        replace(c, title=f"{c.title} ", minimum=max(c.minimum, len(c.brief or c.title) + 1))
        if c.id == sorted_by
        else c
        for c in columns
    ]


class Widths(Generic[K]):
    """The columns' natural widths, in cells; 0 for an optional one while no row fills it.

    A long list is measured by a sample when it is new or arranged anew. What changes in it later
    can make a column wider, not narrower: columns do not jump while things happen.
    """

    def __init__(self, view: RowView[K]) -> None:
        self.natural: tuple[int, ...] = ()
        self._view = view
        self._filler: dict[str, Hashable | None] = {}  # of each optional column a row that fills it

    def forget(self) -> None:
        """It is another list."""
        self._filler.clear()

    def measure(self, columns: Sequence[Column[K]], sorted_by: str | None, now: datetime) -> None:
        """From a sample of what is shown."""
        widths = natural_widths(columns, sample(self._view.shown), now)
        self._set(columns, widths, sorted_by, now)

    def take_in(
        self,
        columns: Sequence[Column[K]],
        sorted_by: str | None,
        now: datetime,
        touched: Collection[Hashable],
    ) -> None:
        """From what has changed."""
        for column in columns:
            if self._filler.get(column.id, "") is None:
                rows = filter(None, map(self._view.rows.one, touched))
                self._look_for_filler(column, rows, now)
        if len(self._view.keys) <= SAMPLE or len(self.natural) != len(columns):
            self.measure(columns, sorted_by, now)
            return
        few = sample([*touched])
        news = [row for key in few if (row := self._view.rows.one(key)) is not None]
        widths = natural_widths(columns, news, now)
        self._set(columns, tuple(map(max, widths, self.natural)), sorted_by, now)

    def _set(
        self,
        columns: Sequence[Column[K]],
        widths: Sequence[int],
        sorted_by: str | None,
        now: datetime,
    ) -> None:
        self.natural = tuple(
            0 if column.id != sorted_by and self._is_vacant(column, now) else width
            for column, width in zip(columns, widths, strict=True)
        )

    def _is_vacant(self, column: Column[K], now: datetime) -> bool:
        if not column.optional or not self._view.all:
            return False
        filler = self._filler.get(column.id, "")
        row = self._view.rows.one(filler) if filler else None
        if filler is not None and (row is None or not column.cell(row, now)):
            self._look_for_filler(column, self._view.rows.many(self._view.all), now)
        return self._filler[column.id] is None

    def _look_for_filler(self, column: Column[K], rows: Iterable[K], now: datetime) -> None:
        found = (row.key for row in rows if column.cell(row, now))
        self._filler[column.id] = next(found, None)
