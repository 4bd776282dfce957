"""How a pane lists a snapshot: identities in their own order, and a row for each. Pure.

Nothing is made for what is not looked at: a list is identities, which begin with the namespace,
and rows are made of the snapshot when they are asked for. The lists are in `ctdeck.listings`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping, Sequence, Set
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any

from aiocontainerd.models import Key, Snapshot
from aiocontainerd.quickdata import dataclass
from ctdeck.differing import differing
from ctdeck.pods import Group
from ctdeck.rows import Row, Scope
from ctdeck.widgets.maderows import Rows

_namespace, _id = itemgetter(0), itemgetter(1)
by_id = itemgetter(1, 0)

PIECE = 2_000  # records that are looked at in one turn: at most 10 ms
InTurns = Generator[None, None, list[Hashable]]  # returns the list


@dataclass(frozen=True, slots=True)
class Listing:
    """How a pane's rows come of a snapshot.

    `row` is that of an identity, None if the snapshot does not hold it; `rows` are those of many
    that it holds. `keys` are all identities in the pane's own order, and `order` is what one of
    them is sorted by there, None if the snapshot does not hold it. `touched` are those that may
    come, go or read differently from one snapshot to the next, None for all. `count` brings a
    number of rows for each namespace from one snapshot to the next. `stored` are all identities
    in the order of memory, which makes their rows three times as fast; None if that is not known.
    `in_turns` makes what `keys` does and stops on the way; None where that would not be worth it.
    `pods` are the groups that stay together however the rows are sorted; None if there are none.
    """

    keys: Callable[[Snapshot, Scope], list[Hashable]]
    row: Callable[[Snapshot, Any], Row | None]
    rows: Callable[[Snapshot, Sequence[Any]], Iterable[Row]]
    order: Callable[[Snapshot, Any], Any]
    touched: Callable[[Snapshot, Snapshot, Scope], Set[Hashable] | None]
    count: Callable[[Counter[str], Snapshot, Snapshot], None]
    stored: Callable[[Snapshot, Scope], Iterable[Hashable]] | None = None
    in_turns: Callable[[Snapshot, Scope], InTurns] | None = None
    pods: Callable[[Snapshot], Mapping[Key, Group]] | None = None

    def rows_in(self, snapshot: Snapshot, scope: Scope) -> Rows[Any]:
        """The rows of this snapshot, made when they are looked at."""
        stored = partial(self.stored, snapshot, scope) if self.stored else None
        groups = self.pods(snapshot) if self.pods else {}
        return Rows(partial(self.row, snapshot), partial(self.rows, snapshot), stored, groups)


def stamp(when: datetime | None) -> float:
    """A time to sort by, newest first; unknown ones last."""
    return -when.timestamp() if when else 0.0


def sorted_by_id(keys: Iterable[Key]) -> list[Any]:
    """By id; in two turns, of which each compares strings only."""
    found = sorted(keys, key=_namespace)
    found.sort(key=_id)
    return found


def sorted_by(keys: list[Any], value: Callable[[Any], Any]) -> InTurns:
    """By one more value of each; equal ones stay as they are."""
    values: list[Any] = []
    for start in range(0, len(keys), PIECE):
        values += map(value, keys[start : start + PIECE])
        yield
    order = sorted(range(len(keys)), key=values.__getitem__)
    yield
    return [*map(keys.__getitem__, order)]


def at_once(turns: InTurns) -> list[Hashable]:
    """The list, without stops."""
    while True:
        try:
            next(turns)
        except StopIteration as end:
            keys: list[Hashable] = end.value
            return keys


def within(scope: Scope, keys: Iterable[Key]) -> Iterable[Key]:
    """Those of a namespace, or all."""
    return keys if scope is None else (key for key in keys if key[0] == scope)


def differing_within(old: Mapping[Key, Any], new: Mapping[Key, Any], scope: Scope) -> Set[Key]:
    """As `differing`, of a namespace or of all."""
    found = differing(old, new)
    return found if scope is None else set(within(scope, found))


def count_by_namespace(
    counts: Counter[str], old: Mapping[Key, Any], new: Mapping[Key, Any]
) -> None:
    """Bring the numbers of records from one mapping to the next."""
    if not old:
        counts.update(map(_namespace, new))
    else:
        for key in differing(old, new):
            counts[key[0]] += (key in new) - (key in old)
