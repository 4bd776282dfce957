"""Keeps a list of identities in order while a few of them come, go or move. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import field
from itertools import filterfalse, groupby
from typing import Any

from aiocontainerd.quickdata import dataclass

Order = Callable[[Any], Any]  # from an identity to what it is sorted by
FEW = 64  # that are looked for one by one, which takes a comparison for each doubling of the list


@dataclass(frozen=True, slots=True)
class Ranking:
    """Sorted by `first`, a column, if there is one; what is equal in it stays in the `own` order.

    `reverse` turns round the column alone, or the own order where there is no column. `groups` are
    rows that stay together in their own order: what they are sorted by is the same for all of one.
    """

    own: Order
    first: Order | None = None
    reverse: bool = False
    groups: Mapping[Any, Any] = field(default_factory=dict)

    def place(self, keys: Sequence[Hashable], new: Hashable) -> int:
        """Where an identity belongs that is not among the sorted `keys`."""
        own, first, reverse = self.own, self.first, self.reverse
        mine: Any = (first or own)(new)
        low, high = 0, len(keys)
        while low < high:
            middle = (low + high) // 2
            theirs: Any = (first or own)(keys[middle])
            if theirs == mine and first:
                before = own(keys[middle]) < own(new)
            elif reverse and not self._are_one(keys[middle], new):
                before = theirs > mine
            else:
                before = theirs < mine
            low, high = (middle + 1, high) if before else (low, middle)
        return low

    def find(self, keys: Sequence[Hashable], key: Hashable) -> int | None:
        """Where an identity is among the sorted `keys`; None if it is not where it belongs."""
        place = self.place(keys, key)
        return place if place < len(keys) and keys[place] == key else None

    def _are_one(self, one: Hashable, other: Hashable) -> bool:
        group = self.groups.get(one)
        return group is not None and group is self.groups.get(other)


def turned(keys: Sequence[Hashable], groups: Mapping[Any, Any]) -> list[Hashable]:
    """The other way round, but for the order within groups."""
    if not groups:
        return [*reversed(keys)]
    runs = groupby(reversed(keys), lambda key: id(groups[key]) if key in groups else key)
    return [key for _, run in runs for key in [*run][::-1]]


def ranked(value: Any) -> tuple[bool, Any]:
    """To compare by: what has no value, None, stands last."""
    return value is None, value


def without(keys: list[Hashable], gone: Set[Hashable], ranking: Ranking) -> list[Hashable]:
    """Another list, of those that are not `gone`; `ranking` is what it is sorted by."""
    known = [key for key in gone if ranking.own(key) is not None]
    found = (ranking.find(keys, key) for key in (known if len(known) <= FEW else ()))
    places = sorted(place for place in found if place is not None)
    if len(places) < len(known):  # many, or some that are not in it
        return list(filterfalse(gone.__contains__, keys))
    left = keys.copy()
    for place in reversed(places):
        del left[place]
    return left


def placed(keys: list[Hashable], come: Iterable[Hashable], ranking: Ranking) -> list[Hashable]:
    """The same list, with those that come in their places."""
    for key in come:
        keys.insert(ranking.place(keys, key), key)
    return keys
