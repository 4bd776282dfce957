"""Rows that are marked, for an action to take them all. Pure.

By identity, with the birth of what had it when it was marked: what has vanished, or has been made
anew under the same name, is marked no more.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence, Set
from typing import Any

from ctdeck.widgets.maderows import Rows


def _birth(row: object) -> object:
    return getattr(row, "birth", None)


class Marks:
    """The identities in the order of marking."""

    def __init__(self) -> None:
        self._births: dict[Hashable, object] = {}
        self.last: Hashable | None = None  # where a range begins

    def __len__(self) -> int:
        return len(self._births)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._births

    def turn(self, row: Any) -> None:
        """Mark it, or take its mark away."""
        self.last = row.key
        if row.key in self._births:
            del self._births[row.key]
        else:
            self._births[row.key] = _birth(row)

    def add(self, rows: Iterable[Any]) -> None:
        """Mark them all."""
        for row in rows:
            self._births[row.key] = _birth(row)

    def discard(self, keys: Iterable[Hashable]) -> None:
        """Take their marks away."""
        for key in keys:
            self._births.pop(key, None)

    def clear(self) -> None:
        """Nothing is marked any more."""
        self._births.clear()
        self.last = None

    def of(self, keys: Iterable[Hashable]) -> list[Hashable]:
        """Those of them that are marked, in their order."""
        return [key for key in keys if key in self._births] if self._births else []

    def keep(self, rows: Rows[Any], listed: Sequence[Hashable]) -> None:
        """The list is another one: those that are not in it are marked no more."""
        if self._births:
            self.discard(self._births.keys() - set(listed))
            self.renew(rows, self._births.keys())

    def renew(self, rows: Rows[Any], touched: Set[Hashable]) -> None:
        """Of these some may have gone, or be others by now."""
        births = self._births
        for key in births.keys() & touched if births else ():
            row = rows.one(key)
            if row is None or _birth(row) != births[key]:
                del births[key]
