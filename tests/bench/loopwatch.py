"""How long the event loop is held: in all, and by the longest single turn; CPU time, in seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Held:
    """What the turns of the loop cost since it was made."""

    total: float = 0.0
    longest: float = 0.0

    def add(self, seconds: float) -> None:
        """One more turn."""
        self.total += seconds
        self.longest = max(self.longest, seconds)


@contextmanager
def watching() -> Iterator[Held]:
    """Count every turn of any loop of this thread while it lasts.

    It stands in for asyncio's own `Handle._run`, which each callback and each step of a task
    goes through.
    """
    held, run = Held(), asyncio.Handle._run

    def measured(handle: asyncio.Handle) -> None:
        begun = time.thread_time()
        run(handle)
        held.add(time.thread_time() - begun)

    asyncio.Handle._run = measured  # type: ignore[method-assign]
    try:
        yield held
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]
