"""How wide a list's columns would like to be, found out from as few of its rows as will do."""

from __future__ import annotations

import time
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Generic

from ctdeck.widgets.column import SAMPLE, Column, natural_widths, sample
from ctdeck.widgets.maderows import K
from ctdeck.widgets.rowview import RowView

A_TURN = 0.006  # s for which rows are looked at in one turn
PIECE = 256  # rows between two looks at the clock
AT_ONCE = 1000  # that have changed are looked at without a stop


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
        self._sought: dict[str, Column[K]] = {}  # those that none is known for
        self._left: Iterator[K] = iter(())  # rows that may fill one

    def forget(self) -> None:
        """It is another list."""
        self._filler.clear()
        self._sought.clear()

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
        vacant = [column for column in columns if self._filler.get(column.id, "") is None]
        if len(touched) > AT_ONCE:  # who fills these is looked for again, in turns
            for column in vacant:
                del self._filler[column.id]
            vacant = []
        for key in touched if vacant else ():
            if (changed := self._view.rows.one(key)) is not None:
                self._note(changed, vacant, now)
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
        if self._view.all:
            self._seek(columns, now)
        filler = self._filler if self._view.all else {}
        self.natural = tuple(
            0 if c.optional and c.id != sorted_by and filler.get(c.id) is None else width
            for c, width in zip(columns, widths, strict=True)
        )

    def _seek(self, columns: Sequence[Column[K]], now: datetime) -> None:
        """Look for rows that fill the optional columns of which none is known, all at once."""
        lacking = [c for c in columns if c.optional and not self._is_settled(c, now)]
        if lacking:
            self._sought |= {column.id: column for column in lacking}
            self._filler |= dict.fromkeys(self._sought)
            stored = self._view.rows.stored
            keys = [*stored()] if stored else self._view.all
            self._left = iter(self._view.rows.many(keys))
            self.look_on(now)

    def _is_settled(self, column: Column[K], now: datetime) -> bool:
        """A row is known that fills it, or it is known, or being found out, that none does."""
        filler = self._filler.get(column.id, "")
        row = self._view.rows.one(filler) if filler else None
        return filler is None or (row is not None and _fills(row, column, now))

    @property
    def is_looking(self) -> bool:
        """Of an optional column that has no place not all rows are known not to fill it."""
        return bool(self._sought)

    def look_on(self, now: datetime) -> bool:
        """Look at some more rows; whether one was found that fills a column after all."""
        until, found = time.perf_counter() + A_TURN, False
        for number, row in enumerate(self._left, 1):
            found |= self._note(row, self._sought.values(), now)
            if not self._sought:
                break
            if number % PIECE == 0 and time.perf_counter() > until:
                return found
        self._sought.clear()
        self._left = iter(())
        return found

    def _note(self, row: K, columns: Iterable[Column[K]], now: datetime) -> bool:
        """Whether this row fills any of the columns; which."""
        filled = [column.id for column in columns if _fills(row, column, now)]
        for name in filled:
            self._filler[name] = row.key
            self._sought.pop(name, None)
        return bool(filled)


def _fills(row: K, column: Column[K], now: datetime) -> bool:
    cell = column.cell(row, now)
    return bool(cell if isinstance(cell, str) else cell[0])
