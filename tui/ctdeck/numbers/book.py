"""The newest numbers of each task that was looked at, and their history. Bounded."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable
from typing import TYPE_CHECKING, NamedTuple

from aiocontainerd.models import Key
from ctdeck.numbers.history import History

if TYPE_CHECKING:
    from aiocontainerd.metrics import Rates, Usage

READINGS = 20_000  # tasks of which the newest numbers are kept: some 500 bytes each
HISTORIES = 200  # those of which the last minutes are: 8 KB each
FRESH = 8.0  # s for which numbers are shown as those of now
LONGEST = 300.0  # s between two samples; over more an average tells nothing of now
SOONEST = 0.8  # s; over less a rate is mostly noise


class Reading(NamedTuple):
    """The numbers of the process `pid`; `seen` is when they came, on our own clock."""

    pid: int
    usage: Usage
    rates: Rates
    seen: float


class Numbers:
    """By the keys of tasks; `clock` is in seconds and only goes forward.

    `hung` are those whose runtime does not answer. `host_memory` is in bytes, None if not known.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.readings: dict[Key, Reading] = {}
        self.hung: set[Key] = set()
        self.host_memory: int | None = None
        self._histories: dict[Key, History] = {}

    def now(self, key: Key) -> Reading | None:
        """Its numbers, if they are those of now."""
        found = self.readings.get(key)
        return found if found and self.clock() - found.seen <= FRESH else None

    def history(self, key: Key) -> History:
        """Its last minutes, empty if they are not kept."""
        return self._histories.get(key) or History()

    def put(self, key: Key, pid: int, usage: Usage, *, remember: bool = True) -> None:
        """A new sample; with `remember` it goes into the history."""
        from aiocontainerd.metrics import NO_RATES, rates

        before = self.readings.pop(key, None)
        if before is not None and before.pid != pid:  # another life: nothing in common
            before = None
            self._histories.pop(key, None)
        if before is not None and abs(usage.at - before.usage.at) < SOONEST:
            self.readings[key] = before
            return
        grown = NO_RATES
        if before is not None and usage.at - before.usage.at <= LONGEST:
            grown = rates(before.usage, usage)
        self.readings[key] = Reading(pid, usage, grown, self.clock())
        self.hung.discard(key)
        if remember:
            history = self._histories.pop(key, None) or History()
            history.add(usage, grown)
            self._histories[key] = history
        _bound(self.readings, READINGS)
        _bound(self._histories, HISTORIES)

    def hangs(self, keys: Iterable[Key]) -> None:
        """The runtime of these does not answer."""
        for key in keys:
            self.readings.pop(key, None)
            self.hung.add(key)

    def keep(self, living: Container[Key]) -> set[Key]:
        """Forget all but these; returns those of which something was known."""
        gone = {key for key in self.readings if key not in living}
        gone |= {key for key in self.hung if key not in living}
        for key in gone:
            self.readings.pop(key, None)
            self._histories.pop(key, None)
        self.hung -= gone
        return gone


def _bound(kept: dict[Key, Reading] | dict[Key, History], most: int) -> None:
    while len(kept) > most:
        del kept[next(iter(kept))]
