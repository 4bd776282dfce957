"""The rows of a list as they are shown: filtered, sorted, and a cursor that holds a row.

Pure: no widget. The cursor follows the identity (`row.key`) and never the position. Where its
row vanishes it stands beside the gap and waits there, without having chosen the neighbour.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, Protocol, TypeVar


class Keyed(Protocol):
    """Anything with an identity."""

    @property
    def key(self) -> Hashable:
        """What stays the same when the row's content changes."""


K = TypeVar("K", bound=Keyed)


class RowView(Generic[K]):
    """Rows in, shown rows out; `follow` keeps the cursor on the first row if it is there."""

    def __init__(self, *, follow: bool = False) -> None:
        self.rows: Sequence[K] = ()
        self.shown: list[K] = []
        self.index = 0
        self.follow = follow
        self.missing: Hashable | None = None  # the row under the cursor vanished: its identity
        self.accepts: Callable[[K], bool] | None = None
        self.sort_key: Callable[[K], Any] | None = None
        self.reverse = False

    @property
    def current(self) -> K | None:
        """The row under the cursor."""
        return self.shown[self.index] if self.shown else None

    @property
    def chosen(self) -> K | None:
        """The row under the cursor, None while the cursor waits for one that vanished."""
        return None if self.missing is not None else self.current

    def set_rows(self, rows: Sequence[K]) -> None:
        """New rows in their default order; the cursor stays on its row or the nearest.

        If its row is gone it is `missing`, until it comes back (a restart deletes a task and
        makes it anew) or the cursor is moved.
        """
        held = None if self.follow and self.index == 0 else self.current
        self.rows = rows
        self.arrange()
        if self.missing is None and held is not None and self._is_gone(held.key):
            self.missing = held.key
        if self.missing is not None and (back := self.place_of(self.missing)) is not None:
            self.index, self.missing = back, None

    def _is_gone(self, key: Hashable) -> bool:
        return self.current is None or self.current.key != key

    def arrange(self) -> None:
        """Filter and sort again, after one of these was changed."""
        before, index = self.shown, self.index
        accepts = self.accepts
        shown = [row for row in self.rows if accepts(row)] if accepts else list(self.rows)
        if self.sort_key is not None:
            shown.sort(key=self.sort_key, reverse=self.reverse)
        elif self.reverse:
            shown.reverse()
        self.shown = shown
        self.index = 0 if self.follow and index == 0 else self._find(before, index)

    def _find(self, before: Sequence[K], index: int) -> int:
        """Where the row that was at `index` is now; if it is gone, its nearest neighbour."""
        if not before or not self.shown:
            return 0
        if index < len(self.shown) and self.shown[index].key == before[index].key:
            return index
        places = {row.key: place for place, row in enumerate(self.shown)}
        for row in (*before[index:], *reversed(before[:index])):
            if (place := places.get(row.key)) is not None:
                return place
        return min(index, len(self.shown) - 1)

    def place_of(self, key: Hashable) -> int | None:
        """Where the row with this identity is shown."""
        return next((i for i, row in enumerate(self.shown) if row.key == key), None)

    def move_to(self, index: int) -> None:
        """Put the cursor on a place, at most the last."""
        self.index = max(0, min(index, len(self.shown) - 1))
        self.missing = None
