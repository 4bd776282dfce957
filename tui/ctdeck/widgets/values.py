"""What the rows of a list are sorted by: read in turns, kept from one sorting to the next. Pure.

Rows and values lie side by side in the order of memory, and what is sorted is their numbers: to
look up a hundred thousand identities takes longer than to compare their values.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Set
from itertools import filterfalse
from typing import Any

from ctdeck.widgets.maderows import Group, Kept, Rows
from ctdeck.widgets.ordering import ranked

PIECE = 2048  # rows between two looks at the clock: some 2 ms
RUN = 32_768  # that are sorted at once: at most 20 ms

By = Callable[[Any], Any]
Job = Generator[bool, None, list[Hashable]]  # says before each step whether it may take long


class Values:
    """One value a row, by one column: dropped with its row, or when another column is asked for."""

    def __init__(self) -> None:
        self._drop()
        self._renew()

    def forget(self, keys: Set[Hashable] | None = None) -> None:
        """These rows say something new, come or go; None for all."""
        self._renew()
        if keys is None:
            self._drop()
        elif self._left is not None:
            self._touched |= keys

    def _renew(self) -> None:
        self._wanted: tuple[object, ...] = ()  # what the job is for
        self._job: Job | None = None
        self._found: list[Hashable] | None = None  # what came of it

    def _drop(self) -> None:
        self._keys: list[Hashable] = []  # of the rows, of which some may have gone
        self._rows = Kept()
        self._numbers: dict[Hashable, int] = {}  # of those that are there
        self._left: list[Hashable] | None = None  # to be made, None before one has looked
        self._touched: set[Hashable] = set()
        self._by: By | None = None
        self._values: list[Any] = []  # by this column, of the first of the rows
        self._own: tuple[list[Hashable], list[int]] = [], []  # a list, and its rows' numbers

    def order(
        self, keys: list[Hashable], rows: Rows[Any], by: By, *, reverse: bool, seconds: float
    ) -> list[Hashable] | None:
        """These, sorted; None where the time was not enough: then call it again.

        Equal ones, and those of a group, stay as they are. What has no value, None, stands last,
        or first if it is reversed.
        """
        begun = time.perf_counter()
        wanted = (id(keys), by, reverse)
        if wanted != self._wanted:
            self._renew()
            self._wanted, self._job = wanted, self._sort(keys, rows, by, reverse=reverse)
        while self._job is not None:
            try:
                patience = seconds / 4 if next(self._job) else seconds
            except StopIteration as end:
                self._job, self._found, patience = None, end.value, seconds
            if time.perf_counter() - begun > patience:
                return None  # also if it is done: what follows shall have a turn of its own
        return self._found

    def _sort(self, keys: list[Hashable], rows: Rows[Any], by: By, *, reverse: bool) -> Job:
        takes_long = len(keys) > PIECE
        if by is not self._by:
            self._by, self._values = by, []
        self._take_news(rows, by)
        for _ in self._make(keys, rows):
            yield False
        values = self._values
        while len(values) < len(self._rows):
            values += map(by, self._rows.some(len(values), len(values) + PIECE))
            yield False
        if self._own[0] is not keys:
            yield takes_long
            self._own = keys, [*map(self._numbers.__getitem__, keys)]
        yield takes_long
        if rows.groups:
            values = values.copy()
            best = self._of_groups(rows.groups, max if reverse else min)
            for count, (number, value) in enumerate(best, 1):
                values[number] = value
                if count % PIECE == 0:
                    yield False
        order = self._own[1]
        vacant = [number for number in order if values[number] is None]
        if vacant:
            order = [number for number in order if values[number] is not None]
        ordered: list[int] = []
        for start in range(0, len(order), RUN):
            run = order[start : start + RUN]
            ordered += sorted(run, key=values.__getitem__, reverse=reverse)
            yield takes_long
        if len(order) > RUN:  # merged: to put runs that are in order together is a fifth of it all
            ordered.sort(key=values.__getitem__, reverse=reverse)
            yield takes_long
        return [*map(self._keys.__getitem__, vacant + ordered if reverse else ordered + vacant)]

    def _take_news(self, rows: Rows[Any], by: By) -> None:
        """Of the rows that have been made; which others there are is looked for again."""
        if len(self._keys) > 2 * len(self._numbers) + PIECE:  # most of them have gone
            self._drop()
            self._by = by
        for key in self._touched:
            row, number = rows.one(key), self._numbers.get(key)
            if number is None:  # it has come, or is among those that are still to be made
                if self._left is not None and (row is not None or self._left):
                    self._left = None if self._left else [key]
            elif row is None:
                del self._numbers[key]
            else:
                self._rows.put(number, row)
                self._values[number : number + 1] = [by(row)] * (number < len(self._values))
        self._touched = set()

    def _make(self, keys: list[Hashable], rows: Rows[Any]) -> Iterator[None]:
        """The rows that have not been made so far."""
        if self._left is None:
            known, stored = self._numbers, rows.stored() if rows.stored else keys
            self._left = [*filterfalse(known.__contains__, stored)] if known else [*stored]
        while self._left:
            piece = self._left[-PIECE:]
            del self._left[-PIECE:]
            number = len(self._keys)
            self._keys += piece
            self._rows.add(rows.many(piece))
            self._numbers.update(zip(piece, range(number, len(self._rows)), strict=True))
            yield

    def _of_groups(
        self, groups: Mapping[Any, Group], best: Callable[..., Any]
    ) -> Iterator[tuple[int, Any]]:
        """The members of groups, each with the best value of its own."""
        numbers, found = self._numbers, dict[int, Any]()
        for key, group in groups.items():
            if key in numbers:
                if id(group) not in found:
                    values = (self._values[numbers[it]] for it in group.deciding(numbers))
                    found[id(group)] = best(map(ranked, values))[1]
                yield numbers[key], found[id(group)]
