"""What a filter reads of each row, kept while there is a filter. Pure."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Sequence, Set

PIECE = 256  # rows that are read at once

Reader = Callable[[Sequence[Hashable]], Iterable[str]]  # all that the rows say, in their order


class Texts:
    """One text a row: read when it is first asked for, and dropped with its row."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._known: dict[Hashable, str] = {}

    def accepted(
        self, keys: Sequence[Hashable], accepts: Callable[[str], bool], seconds: float
    ) -> tuple[list[Hashable], int]:
        """Those whose text is accepted, of as many as can be looked at in so many seconds."""
        known, until = self._known, time.perf_counter() + seconds
        found: list[Hashable] = []
        for start in range(0, len(keys), PIECE):
            piece = keys[start : start + PIECE]
            if new := [key for key in piece if key not in known]:
                known.update(zip(new, self._read(new), strict=True))
            for looked, key in enumerate(piece, start + 1):  # a pattern may take long for one
                if accepts(known[key]):
                    found.append(key)
                if time.perf_counter() > until:
                    return found, looked
        return found, len(keys)

    def forget(self, keys: Set[Hashable] | None = None) -> None:
        """These rows say something new, or are gone; None for all."""
        if keys is None:
            self._known.clear()
        elif self._known:
            for key in keys:
                self._known.pop(key, None)
