"""How wide a list's columns would like to be, found out from as few of its rows as will do."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Generic

from ctdeck.widgets.column import SAMPLE, Column, cell_parts, natural_widths, sample
from ctdeck.widgets.maderows import K
from ctdeck.widgets.rowview import RowView

PIECE = 4_000  # rows that are looked at in one turn: some 6 ms


def with_mark(columns: Sequence[Column[K]], sorted_by: str | None) -> list[Column[K]]:
    """The columns; that of the sort order with room for its mark.

    It is shown before all others but the names and what stands in their rank (1), as the status.
    """
    return [
        replace(
            c,
            title=f"{c.title} ",
            minimum=max(c.minimum, len(c.brief or c.title) + 1),
            priority=min(c.priority, 1),
        )
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
        self._left: dict[str, tuple[Column[K], Iterator[K]]] = {}  # rows that may fill a column

    def forget(self) -> None:
        """It is another list."""
        self._filler.clear()
        self._left.clear()

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
                found = (row.key for row in rows if _fills(row, column, now))
                self._filler[column.id] = next(found, None)
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
        if not column.optional:
            return False
        if not self._view.all:
            return True
        filler = self._filler.get(column.id)
        row = None if filler is None else self._view.rows.one(filler)
        if row is not None and _fills(row, column, now):
            return False
        if filler is not None or column.id not in self._filler:
            stored = self._view.rows.stored
            keys = [*stored()] if stored else self._view.all
            self._left[column.id] = column, iter(self._view.rows.many(keys))
            self._look(column.id, now)
        return self._filler[column.id] is None

    @property
    def is_looking(self) -> bool:
        """Of an optional column that has no place not all rows are known not to fill it."""
        return bool(self._left)

    def look_on(self, now: datetime) -> bool:
        """Look at some more rows; whether one was found that fills a column after all."""
        return any(self._look(name, now) for name in [*self._left])

    def _look(self, name: str, now: datetime) -> bool:
        column, rows = self._left[name]
        last: K | None = None
        for last in islice(rows, PIECE):
            if _fills(last, column, now):
                self._filler[name] = last.key
                del self._left[name]
                return True
        self._filler[name] = None
        if last is None:
            del self._left[name]
        return False


def _fills(row: K, column: Column[K], now: datetime) -> bool:
    return bool(cell_parts(column.cell(row, now))[0])
