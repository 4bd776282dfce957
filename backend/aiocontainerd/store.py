"""Holds the newest picture of the daemon; readers wait for newer ones, and the latest wins."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from aiocontainerd.models import Snapshot


class Store:
    """One immutable `Snapshot` and any number of watchers, all on one event loop.

    Only `reconcile` publishes. A watcher that is slower than the publisher skips what lies
    between: it never queues, so a burst costs each watcher as many turns as it can take.
    """

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self._snapshot = snapshot or Snapshot()
        self._newer = asyncio.Event()

    @property
    def snapshot(self) -> Snapshot:
        """The newest snapshot."""
        return self._snapshot

    def publish(self, snapshot: Snapshot) -> Snapshot:
        """Make it the newest, with the next generation number, and wake every watcher."""
        self._snapshot = replace(snapshot, generation=self._snapshot.generation + 1)
        # A watcher holds the event that it waits on: a fresh one for the next round means that
        # nobody has to clear it, and none can miss it.
        woken, self._newer = self._newer, asyncio.Event()
        woken.set()
        return self._snapshot

    async def watch(self) -> AsyncIterator[Snapshot]:
        """Yield the newest snapshot at once, then each time there is a newer one; never ends."""
        seen = -1
        while True:
            while self._snapshot.generation == seen:
                await self._newer.wait()
            seen = self._snapshot.generation
            yield self._snapshot
