"""A simulated daemon with faults, followed by reconcile."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from aiocontainerd.access import Access
from aiocontainerd.client import Client
from aiocontainerd.models import Phase, Snapshot
from aiocontainerd.reconcile import reconcile
from aiocontainerd.simulator import Simulator, World, populate
from aiocontainerd.simulator.faults import Faults
from aiocontainerd.store import Store


class Followed:
    """A simulated daemon, its faults, and the store that follows it."""

    def __init__(self, sim: Simulator, faults: Faults, store: Store) -> None:
        self.sim = sim
        self.faults = faults
        self.store = store

    @property
    def lists_of_tasks(self) -> int:
        """How often they were asked for; a call that hangs counts when it goes on."""
        return sum(n for name, n in self.sim.calls.items() if name.endswith("Tasks/List"))

    async def until(self, condition: Callable[[Snapshot], object]) -> Snapshot:
        async with asyncio.timeout(20):
            async for snapshot in self.store.watch():
                if condition(snapshot):
                    return snapshot
        raise AssertionError("watch() ended")


def is_live(snapshot: Snapshot) -> bool:
    return snapshot.phase is Phase.LIVE


@pytest.fixture
def address() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:  # short: it has little room
        yield str(Path(folder, "c.sock"))


@asynccontextmanager
async def following(
    address: str,
    rows: int,
    faults: Faults,
    *,
    resync: float = 1000.0,
    read_only: bool = False,
) -> AsyncIterator[Followed]:
    """Ends with what ended reconcile, if anything did."""
    world = World()
    populate(world, containers=rows, images=3, running=rows)
    access = Access(read_only=read_only)
    async with (
        Simulator(address, world, faults=faults) as sim,
        Client(sim.address, access=access) as client,
    ):
        store = Store()
        task = asyncio.create_task(reconcile(client, store, resync=resync))
        try:
            yield Followed(sim, faults, store)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
