"""Keeps a list of identities in order while a few of them come, go or move. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import field
from itertools import filterfalse, groupby
from typing import Any

from aiocontainerd.quickdata import dataclass

Order = Callable[[Any], Any]  # from an identity to what it is sorted by


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

    def _are_one(self, one: Hashable, other: Hashable) -> bool:
        group = self.groups.get(one)
        return group is not None and group is self.groups.get(other)


def turned(keys: Sequence[Hashable], groups: Mapping[Any, Any]) -> list[Hashable]:
    """The other way round, but for the order within groups."""
    if not groups:
        return [*reversed(keys)]
    runs = groupby(reversed(keys), lambda key: id(groups[key]) if key in groups else key)
    return [key for _, run in runs for key in [*run][::-1]]


def renewed(
    keys: list[Hashable], gone: Set[Hashable], come: Iterable[Hashable], ranking: Ranking
) -> list[Hashable]:
    """Another list, without those that are `gone` and with those that `come` in their places."""
    left = list(filterfalse(gone.__contains__, keys))
    for key in come:
        left.insert(ranking.place(left, key), key)
    return left
