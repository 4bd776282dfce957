"""The rows of a list as they are shown: filtered, sorted, and a cursor that holds a row.

Pure: no widget. A list is identities; its rows are made when they are looked at. The cursor
follows the identity and never the position. Where its row vanishes it stands beside the gap and
waits there, without having chosen the neighbour.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence, Set
from functools import partial
from itertools import chain, filterfalse
from math import inf
from typing import Any, Generic

from aiocontainerd.quickdata import dataclass
from ctdeck.widgets.maderows import K, Rows, Shown, of_these
from ctdeck.widgets.marks import Marks
from ctdeck.widgets.ordering import FEW, Order, Ranking, placed, ranked, turned, without
from ctdeck.widgets.texts import Texts
from ctdeck.widgets.values import Values

AT_ONCE = 0.025  # s that a filter or a sort may take before all else has its turn


@dataclass(frozen=True, slots=True)
class _There:
    """Whether there is a row of an identity."""

    rows: Rows[Any]

    def __contains__(self, key: object) -> bool:
        return self.rows.one(key) is not None


class RowView(Generic[K]):
    """Identities in, shown rows out; `follow` keeps the cursor on the first row if it is there."""

    def __init__(self, *, follow: bool = False) -> None:
        self.index = 0
        self.follow = follow
        self.missing: Hashable | None = None  # the row under the cursor vanished: its identity
        self.accepts: Callable[[str], bool] | None = None
        self.text: Callable[[K], str] = str  # what `accepts` is asked about
        self.sort_key: Callable[[K], Any] | None = None
        self.reverse = False
        self.all: list[Hashable] = []  # in their own order, before any filter
        self.keys: list[Hashable] = []  # of the rows that are shown
        self.rows: Rows[K] = of_these(())
        self.texts = Texts(lambda keys: map(self.text, self.rows.many(keys)))
        self.values = Values()
        self.marks = Marks()
        self.is_sorted = True  # as is wanted; else still as it was before
        self._order: tuple[Order | None, bool] = (None, False)  # `sort_key`, `reverse` of:
        self._sorted: list[Hashable] = []  # all of them, for the next letter of a filter
        self._looked = 0  # at so many of these the filter has looked
        self._was: tuple[Sequence[Hashable], int] | None = None  # where the cursor was before that
        self._sought: Hashable | None = None  # what it must not lose by that
        self._home: Hashable | None = None  # where the cursor was before there was a filter
        self._goes_home = False  # as soon as the filter has looked at all
        self._is_kept = False  # the filter: where the cursor is under it is what was chosen

    @property
    def shown(self) -> Shown[K]:
        """The rows from the first to the last."""
        return Shown(self.keys, self.rows)

    @property
    def current(self) -> K | None:
        """The row under the cursor."""
        return self.rows.one(self.keys[self.index]) if self.keys else None

    @property
    def chosen(self) -> K | None:
        """The row under the cursor, None while the cursor waits for one that vanished."""
        return None if self.missing is not None else self.current

    @property
    def marked(self) -> list[Hashable]:
        """The identities that are marked, in the order of the list; a filter may hide some."""
        return self.marks.of(self._sorted)

    @property
    def hidden(self) -> set[Hashable]:
        """Those of them that the filter does not show."""
        return {*self.marked}.difference(self.keys) if self.accepts else set()

    def row(self, key: Hashable) -> K:
        """The row of an identity that is in the list."""
        row = self.rows.one(key)
        assert row is not None
        return row

    def set_rows(self, rows: Sequence[K]) -> None:
        """A list that is at hand as it is; as `set_keys`."""
        self.set_keys([row.key for row in rows], of_these(rows))

    def set_keys(
        self, keys: list[Hashable], rows: Rows[K], touched: Set[Hashable] | None = None
    ) -> None:
        """A new list in its own order; the cursor stays on its row or the nearest.

        If its row is gone it is `missing`, until it comes back (a restart deletes a task and
        makes it anew) or the cursor is moved. `touched` are the only ones that read differently.
        """
        held = self._held()
        self.rows = rows
        self.all = keys
        self.marks.keep(rows, keys)
        self.texts.forget(touched)
        self.values.forget(touched)
        if not self._sort():
            if touched is None:  # what was sorted is another list
                self._sorted, self._order = keys, (None, False)
            else:
                old, new = set(self._sorted), set(keys)
                self._keep_order(old - new, filterfalse(old.__contains__, keys))
        self.filter()
        self._hold(held)

    def update(self, rows: Rows[K], touched: Set[Hashable], before: Order, now: Order) -> None:
        """The same list some time later: only the `touched` are looked at again.

        `before` and `now` give what an identity is sorted by in the list's own order, None if
        it is not in the list.
        """
        held, shown = self._held(), self.keys
        places = {key: now(key) for key in touched}
        there = [key for key, place in places.items() if place is not None]
        moved = {key for key, place in places.items() if before(key) != place}
        own_order, few = self._order == (None, False), len(touched) <= FEW
        filters = self.accepts is not None and self.is_complete
        # What goes is found by what it was sorted by, of which the rows so far tell.
        was = self._ranking(before)
        own = without(self.all, moved, Ranking(before)) if moved else self.all
        others = without(self._sorted, touched, was) if few and not own_order else []
        unlike = without(self.keys, touched, was) if filters else []
        self.rows = rows
        self.marks.renew(rows, touched)
        self.texts.forget(touched)
        self.values.forget(touched)
        if moved:
            self.all = placed(own, (key for key in there if key in moved), Ranking(now))
        ranking = self._ranking(now)
        if own_order:
            self._sorted = self.all
        elif few:
            self._sorted = placed(others, there, ranking)
        elif not self._sort():
            come = (key for key in there if before(key) is None)
            self._keep_order(touched - {*there}, come)
        if self.accepts and filters:
            found, _ = self.texts.accepted(there, self.accepts, inf)
            if few or own_order:
                self.keys = placed(unlike, found, ranking)
            else:
                self.keys = [*filter({*unlike, *found}.__contains__, self._sorted)]
            self._looked = len(self._sorted)
        else:
            self._filter()
        if shown is not self.keys:
            self._place_cursor(shown)
        self._hold(held)

    def _keep_order(self, gone: Set[Hashable], come: Iterable[Hashable]) -> None:
        """As long as a new one is not known; what has come stands last."""
        self._sorted = [*filterfalse(gone.__contains__, self._sorted), *come]

    def arrange(self) -> None:
        """Sort and filter again, after how has been changed; what takes long goes on in turns."""
        if self._sort():
            self.filter()

    def read_on(self) -> bool:
        """Sort on, as is wanted; whether that is done."""
        self.is_sorted = self.sort_key is None or self._by_column(self.sort_key) is not None
        return self.is_sorted

    def _by_column(self, by: Order) -> list[Hashable] | None:
        """All in the order of a column; None as long as that is not known."""
        return self.values.order(self.all, self.rows, by, reverse=self.reverse, seconds=AT_ONCE / 2)

    def _sort(self) -> bool:
        """Whether all could be sorted at once; else nothing is done."""
        if not self.read_on():
            return False
        if self.sort_key is not None:
            self._sorted = self._by_column(self.sort_key) or []
        else:
            self.values.forget()
            self._sorted = turned(self.all, self.rows.groups) if self.reverse else self.all
        self._order = (self.sort_key, self.reverse)
        return True

    def set_filter(self, accepts: Callable[[str], bool] | None) -> None:
        """Filter by this; the cursor goes back to its row when that is shown again.

        Where that takes long it ends with what was found so far.
        """
        if (self.accepts is None or self._is_kept) and self.keys:
            self._home = self.keys[self.index]
        self.accepts, self._is_kept = accepts, False
        self.missing = None  # what one filters away does not come back by itself
        self.filter()
        self._goes_home = True
        self._go_home()

    def keep_filter(self) -> None:
        """From now on the cursor's home is where it is under this filter."""
        self._is_kept = self._was is None  # while it looks the cursor only stands somewhere

    def filter(self) -> None:
        """Filter again."""
        before, self._sought, self._goes_home = self.keys, None, False
        self._filter()
        self._place_cursor(before)

    def _go_home(self) -> None:
        """Only after a filter's change: news must not move the cursor under a hand."""
        if self._goes_home and self._home is not None and self.is_complete:
            if (place := self.place_of(self._home)) is not None:
                self.index = place
            if self.accepts is None:
                self._home = None

    def _filter(self) -> None:
        self.keys, self._looked = self._sorted, len(self._sorted)
        if self.accepts:
            self.keys, self._looked = self.texts.accepted(self._sorted, self.accepts, AT_ONCE)

    @property
    def is_settled(self) -> bool:
        """There is nothing to look on for."""
        return self.is_sorted and self.is_complete

    @property
    def is_complete(self) -> bool:
        """The filter has looked at all rows."""
        return self._looked == len(self._sorted)

    def look_on(self) -> None:
        """Let the filter look at some more rows; the cursor's own may be among them."""
        if self.accepts:
            rest = self._sorted[self._looked :]
            found, looked = self.texts.accepted(rest, self.accepts, AT_ONCE)
            self.keys = self.keys + found
            self._looked += looked
        if self.is_complete and self._was is not None:
            before, index = self._was
            self.index, self._was = self._find(before, index), None
            self._go_home()
            self._hold(self._sought)
            self._sought = None

    def _ranking(self, own: Order) -> Ranking:
        by, reverse = self._order
        first = partial(self._value, by, max if reverse else min) if by else None
        return Ranking(own, first, reverse, self.rows.groups)

    def _value(self, by: Order, best: Callable[[Iterable[Any]], Any], key: Hashable) -> Any:
        """What a row is sorted by in its column: the members of a group by the best of them."""
        group = self.rows.groups.get(key)
        keys = group.deciding(_There(self.rows)) if group else (key,)
        return best(ranked(by(self.row(each))) for each in keys)

    def forget(self) -> None:
        """Nobody sees it: what was read of its rows goes, until it is listed anew."""
        self.texts.forget()
        self.values.forget()

    def let_go(self) -> None:
        """Wait for no row that has gone: it is the list that is another one."""
        self.missing = self._sought = None

    def _held(self) -> Hashable | None:
        """The identity that the cursor must not lose."""
        if self._was is not None:  # a filter looks: the cursor stands somewhere meanwhile
            return self._sought
        is_first = self.follow and self.index == 0
        return None if is_first or not self.keys else self.keys[self.index]

    def _hold(self, held: Hashable | None) -> None:
        """Where that is gone the cursor waits for it; which is not known while a filter looks."""
        if not self.is_complete:
            self._sought = held
            return
        here = self.keys[self.index] if self.keys else None
        if self.missing is None and held is not None and here != held:
            self.missing = held
        if self.missing is not None and (back := self.place_of(self.missing)) is not None:
            self.index, self.missing = back, None

    def _place_cursor(self, before: Sequence[Hashable]) -> None:
        """Put it where its row is now; if that is gone, on the nearest neighbour."""
        before, index = self._was or (before, self.index)
        first = self.follow and index == 0
        self.index = 0 if first else self._find(before, index)
        self._was = None if first or self.is_complete else (before, index)

    def _find(self, before: Sequence[Hashable], index: int) -> int:
        if not before or not self.keys:
            return 0
        if index < len(self.keys) and self.keys[index] == before[index]:
            return index
        if (place := self.place_of(before[index])) is not None:
            return place
        here = set(self.keys)
        for number in chain(range(index, len(before)), range(index - 1, -1, -1)):
            if before[number] in here:
                return self.keys.index(before[number])
        return min(index, len(self.keys) - 1)

    def place_of(self, key: Hashable) -> int | None:
        """Where the row with this identity is shown."""
        if self.index < len(self.keys) and self.keys[self.index] == key:
            return self.index  # most often, and a long way saved
        try:
            return self.keys.index(key)
        except ValueError:
            return None

    def move_to(self, index: int) -> None:
        """Put the cursor on a place, at most the last."""
        self.index = max(0, min(index, len(self.keys) - 1))
        self.missing = self._was = self._sought = self._home = None
