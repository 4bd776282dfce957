"""Rows that are made when they are looked at: a list of them is identities. Pure.

They are named tuples, of parts that there are already.
"""

from __future__ import annotations

from collections.abc import (
    Callable,
    Container,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import field
from functools import partial
from typing import Any, Generic, Protocol, TypeVar, overload

from aiocontainerd.quickdata import dataclass


class Keyed(Protocol):
    """Anything with an identity."""

    @property
    def key(self) -> Hashable:
        """What stays the same when the row's content changes."""


class Group(Protocol):
    """Rows that stay together: those that decide are sorted by, as the best of them is."""

    def deciding(self, there: Container[Any]) -> Sequence[Any]:
        """Which of those that are in a list decide."""


K = TypeVar("K", bound=Keyed)


@dataclass(frozen=True, slots=True)
class Rows(Generic[K]):
    """`one` makes the row of an identity, None if it is not there; `many` those that are there.

    `stored` are all identities in the order that their rows are made fastest in: that of memory.
    `groups` are rows that stay together, by the identity of each; the others are in none.
    """

    one: Callable[[Any], K | None]
    many: Callable[[Sequence[Any]], Iterable[K]]
    stored: Callable[[], Iterable[Hashable]] | None = None
    groups: Mapping[Any, Group] = field(default_factory=dict)


N = TypeVar("N", bound=tuple[Any, ...])


class Made(Generic[N]):
    """Rows of these parts, once: in half the time that calling the class takes."""

    def __init__(self, kind: type[N], *parts: Iterable[object]) -> None:
        self.kind = kind
        self.parts = parts

    def __iter__(self) -> Iterator[N]:
        return map(partial(tuple.__new__, self.kind), zip(*self.parts, strict=True))


class Kept:
    """Rows by their numbers, as their parts.

    As tuples a hundred thousand of them would be as many objects for Python's garbage collector,
    which holds the loop for 0.1 s to look at them.
    """

    def __init__(self) -> None:
        self._kind: type[Any] = tuple
        self._parts: list[list[Any]] = []

    def __len__(self) -> int:
        return len(self._parts[0]) if self._parts else 0

    def add(self, rows: Iterable[Any]) -> None:
        """More of them, all of one kind."""
        if not isinstance(rows, Made):
            made = [*rows]
            rows = Made(type(made[0]), *zip(*made, strict=True)) if made else Made(tuple)
        if not self._parts:
            self._kind, self._parts = rows.kind, [[] for _ in rows.parts]
        for part, more in zip(self._parts, rows.parts, strict=False):
            part += more

    def put(self, number: int, row: Any) -> None:
        """Another one in its place."""
        for part, value in zip(self._parts, row, strict=True):
            part[number] = value

    def some(self, start: int, stop: int) -> Iterable[Any]:
        """Those with these numbers."""
        return Made(self._kind, *(part[start:stop] for part in self._parts))


class Shown(Sequence[K]):
    """Rows that are made when they are looked at."""

    def __init__(self, keys: Sequence[Hashable], rows: Rows[K]) -> None:
        self._keys = keys
        self._rows = rows

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, place: int) -> K: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[K]: ...
    def __getitem__(self, place: int | slice) -> K | Sequence[K]:
        if isinstance(place, slice):
            return Shown(self._keys[place], self._rows)
        row = self._rows.one(self._keys[place])
        assert row is not None, "a list whose rows are of another snapshot"
        return row

    def __iter__(self) -> Iterator[K]:
        return iter(self._rows.many(self._keys))


def of_these(rows: Sequence[K]) -> Rows[K]:
    """Rows that are at hand."""
    found = {row.key: row for row in rows}
    return Rows(found.get, lambda keys: map(found.__getitem__, keys))
