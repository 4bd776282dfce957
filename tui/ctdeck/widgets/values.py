"""What the rows of a list are sorted by: read in turns, kept from one sorting to the next. Pure."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import filterfalse
from typing import Any

from ctdeck.widgets.maderows import Group

PIECE = 4096  # rows between two looks at the clock: some 2 ms

Piece = tuple[Sequence[Hashable], Sequence[Any]]  # some rows, with their identities
Keys = Callable[[], Iterable[Hashable]]
Maker = Callable[[Sequence[Hashable]], Iterable[Any]]  # the rows of these


class Values:
    """One value a row, by one column: dropped with its row, or when another column is asked for."""

    def __init__(self, make: Maker) -> None:
        self._make = make
        self._by: Callable[[Any], Any] | None = None
        self._known: dict[Hashable, Any] = {}
        self._left: list[Hashable] | None = None  # that are to be read, None before one has looked
        self._made: list[Piece] = []  # for the next column, if there are no news before
        self._again: list[Piece] = []  # of those the ones that this column has not been read of

    def read(self, keys: Keys, by: Callable[[Any], Any], seconds: float) -> bool:
        """Read those that are not known yet; False if the time was not enough for all.

        Also if half of it is over: what follows, the sorting, shall have a turn of its own.
        """
        if by is not self._by:
            self._by, self._known, self._left = by, {}, None
            self._again = self._made[:]
        begun, spent = time.perf_counter(), 0.0
        for piece, rows in self._pieces(keys):
            self._known.update(zip(piece, map(by, rows), strict=True))
            spent = time.perf_counter() - begun
            if spent > seconds:
                return False
        return spent <= seconds / 2 or not spent

    def _pieces(self, keys: Keys) -> Iterator[Piece]:
        """First what was made for another column, then what has to be made."""
        while self._again:
            yield self._again.pop()
        if self._left is None:
            known = self._known
            self._left = [*filterfalse(known.__contains__, keys())] if known else [*keys()]
        while self._left:
            piece = self._left[-PIECE:]
            del self._left[-PIECE:]
            self._made.append((piece, [*self._make(piece)]))
            yield self._made[-1]

    def in_order(
        self, keys: Sequence[Hashable], *, reverse: bool, groups: Mapping[Any, Group]
    ) -> list[Hashable]:
        """These, of which all are known; equal ones and those of a group stay as they are."""
        known = self._known
        if groups:
            known = {**known, **dict(self._of_groups(groups, max if reverse else min))}
        return sorted(keys, key=known.__getitem__, reverse=reverse)

    def _of_groups(
        self, groups: Mapping[Any, Group], best: Callable[[Iterable[Any]], Any]
    ) -> Iterator[tuple[Hashable, Any]]:
        """The members of groups, each with the best value of its own."""
        known, values = self._known, dict[int, Any]()
        for key, group in groups.items():
            if key in known:
                if id(group) not in values:
                    values[id(group)] = best(map(known.__getitem__, group.deciding(known)))
                yield key, values[id(group)]

    def forget(self, keys: Set[Hashable] | None = None) -> None:
        """These rows say something new, come or go; None for all."""
        self._left, self._made, self._again = None, [], []
        if keys is None:
            self._known = {}
        elif self._known:
            for key in keys:
                self._known.pop(key, None)
