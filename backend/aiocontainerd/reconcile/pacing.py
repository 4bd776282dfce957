"""When to publish and when to ask: quickly after a silence, seldom in a storm."""

import asyncio
from collections.abc import Callable


class Pacer:
    """Takes a `turn` soon after each `poke`, at most one every `gap` seconds.

    The first poke waits until `hold` seconds after the start; `now` waits for nothing. `gap` may
    be changed at any time.
    """

    def __init__(self, turn: Callable[[], None], *, gap: float, hold: float = 0.0) -> None:
        self._turn = turn
        self.gap = gap
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time() + hold - gap
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False

    def poke(self, within: float) -> None:
        """There is something to do; `within` seconds leave time for what else comes with it."""
        due = max(self._loop.time() + within, self._last + self.gap)
        if self._stopped or (self._timer is not None and self._timer.when() <= due):
            return
        self._disarm()
        self._timer = self._loop.call_at(due, self.now)

    def now(self) -> None:
        """Take the turn at once."""
        self._disarm()
        if not self._stopped:
            self._last = self._loop.time()
            self._turn()

    def stop(self) -> None:
        """Take no more turns."""
        self._stopped = True
        self._disarm()

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
