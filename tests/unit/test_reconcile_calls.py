"""How many calls events cost, and the first picture of many rows; on the simulator."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.models import Key, Phase, Snapshot, TaskStatus
from aiocontainerd.pb import containers_pb2, tasks_pb2
from aiocontainerd.reconcile import fetch, follow, reconcile, refresh, session
from aiocontainerd.simulator import Simulator, World, containers, populate, tasks
from aiocontainerd.simulator.faults import Faults
from aiocontainerd.store import Store

NS = "default"
LIVES = 5


class Watched:
    """A world, the store that follows it, and the calls that this takes."""

    def __init__(self, sim: Simulator, store: Store) -> None:
        assert sim.faults is not None
        self.faults = sim.faults
        self.world = sim.world
        self.store = store
        self._sim = sim
        self._before = Counter(sim.calls)

    @property
    def calls(self) -> int:
        """Calls that answer events, since the first picture was whole."""
        return (self._sim.calls - self._before).total()

    async def until(self, condition: Callable[[Snapshot], object]) -> Snapshot:
        async with asyncio.timeout(20):
            async for snapshot in self.store.watch():
                if condition(snapshot):
                    return snapshot
        raise AssertionError("watch() ended")


@pytest.fixture
def address() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:  # short: it has little room
        yield str(Path(folder, "c.sock"))


@asynccontextmanager
async def following(sim: Simulator) -> AsyncIterator[Store]:
    async with Client(sim.address) as client:
        store = Store()
        task = asyncio.create_task(reconcile(client, store, resync=1000.0))
        try:
            yield store
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.fixture
async def watched(address: str) -> AsyncIterator[Watched]:
    """A hundred containers, ten of them with a task, at rest."""
    world = World()
    populate(world, containers=100, images=1, running=10)
    async with Simulator(address, world, faults=Faults()) as sim, following(sim) as store:
        first = Watched(sim, store)
        await first.until(lambda s: s.phase is Phase.LIVE)
        await first.until(lambda s: all(i.unpacked for i in s.images.values()))
        yield Watched(sim, store)


def label(world: World, id: str, value: str) -> None:
    wanted = containers_pb2.Container(id=id, labels={"beat": value})
    containers.update(world, NS, wanted, ["labels.beat"])


async def test_a_thousand_events_of_one_container_are_a_few_calls(watched: Watched) -> None:
    total = watched.store.snapshot.events_total
    for number in range(1000):
        label(watched.world, "row00000", str(number))
        if number % 50 == 0:
            await asyncio.sleep(0)
    key = Key(NS, "row00000")
    await watched.until(lambda s: s.containers[key].labels.get("beat") == "999")
    await watched.until(lambda s: s.events_total == total + 1000)
    assert 1 <= watched.calls <= 50


async def test_a_storm_over_all_is_few_lists(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine the events of one moment take their time to come.
    monkeypatch.setattr(refresh, "COLLECT", 0.3)
    for round in range(10):
        for number in range(100):
            label(watched.world, f"row{number:05}", str(round))
        await asyncio.sleep(0)
    await watched.until(lambda s: all(c.labels.get("beat") == "9" for c in s.containers.values()))
    assert watched.calls <= 100


async def test_a_storm_of_changes_costs_fewer_calls_than_events(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each list is older than the events that come while it is read.
    watched.faults.add("Tasks/List", "delay", seconds=0.1)
    monkeypatch.setattr(follow, "RECHECKS", (0.01, 0.02, 0.03, 0.04))
    begun, world = watched.store.snapshot.events_total, watched.world
    storm = [f"row{number:05}" for number in range(10, 100)]
    for _ in range(8):
        for id in storm:
            tasks.create(world, NS, tasks_pb2.CreateTaskRequest(container_id=id))
        await asyncio.sleep(0.02)
        for id in storm:
            tasks.start(world, NS, id)
        await asyncio.sleep(0.05)
        for id in storm:
            tasks.exit(world, NS, id, 1)
            tasks.delete(world, NS, id)
        await asyncio.sleep(0.02)
    events = 4 * 8 * len(storm)
    await watched.until(lambda s: s.events_total == begun + events)
    await watched.until(lambda s: not any(Key(NS, id) in s.tasks for id in storm))
    assert watched.calls <= events / 2  # more than one each when every task was asked for by itself


async def test_each_step_of_a_life_is_one_call(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "STOPPED_AGAIN", ())  # it may take a slow machine a while
    begun = watched.store.snapshot.events_total
    world, record = watched.world, watched.world.look(NS).containers["row00050"].message
    for number in range(LIVES):
        record.id = f"life{number}"
        key = Key(NS, record.id)

        def has(status: TaskStatus | None, key: Key = key) -> Callable[[Snapshot], bool]:
            return lambda s: (s.tasks[key].status if key in s.tasks else None) is status

        containers.create(world, NS, record)
        await watched.until(lambda s, key=key: key in s.containers)  # type: ignore[misc]
        tasks.create(world, NS, tasks_pb2.CreateTaskRequest(container_id=key.id))
        await watched.until(has(TaskStatus.CREATED))
        tasks.start(world, NS, key.id)
        await watched.until(has(TaskStatus.RUNNING))
        tasks.exit(world, NS, key.id, 1)
        await watched.until(has(TaskStatus.STOPPED))
        tasks.delete(world, NS, key.id)
        await watched.until(has(None))
        containers.delete(world, NS, key.id)
        await watched.until(lambda s, key=key: key not in s.containers)  # type: ignore[misc]
    events = watched.store.snapshot.events_total - begun
    assert events == 6 * LIVES
    assert watched.calls <= events


async def test_only_a_task_that_is_left_behind_costs_a_list(watched: Watched) -> None:
    before = watched.calls
    containers.delete(watched.world, NS, "row00099")  # it has no task
    await watched.until(lambda s: Key(NS, "row00099") not in s.containers)
    assert watched.calls == before + 1
    containers.delete(watched.world, NS, "row00000")
    await watched.until(lambda s: Key(NS, "row00000") not in s.containers)
    assert Key(NS, "row00000") in watched.store.snapshot.tasks
    assert watched.calls <= before + 3


async def test_the_first_rows_come_before_the_whole_list(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A list that makes way is waited for; how fast it does depends on the machine.
    numbers = count()
    ever_more = property(lambda _: next(numbers), lambda *_: None)
    monkeypatch.setattr(fetch.Fetcher, "taken", ever_more, raising=False)
    monkeypatch.setattr(session, "FIRST_LISTS", 0.01)
    world = World()
    populate(world, containers=3000, images=3, running=5)
    seen: list[Snapshot] = []
    async with Simulator(address, world) as sim, following(sim) as store:
        async with asyncio.timeout(20):
            async for snapshot in store.watch():
                seen.append(snapshot)
                if snapshot.loaded:
                    break
    early = [s for s in seen if s.containers and not s.loaded]
    assert early
    assert len(early[0].containers) < 1000
    assert len(early) <= 20
    assert all("containers" in s.reading for s in early if len(s.containers) < 3000)
    assert len(seen[-1].containers) == 3000
    assert not seen[-1].reading
    assert all(s.tasks.keys() <= seen[-1].tasks.keys() for s in early)
    whole = seen[-1].containers
    assert all(whole[key] == row for s in early for key, row in s.containers.items())
