"""What reconcile makes of breaks and of slow or failing calls, at the worst moments."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

import aiocontainerd.reconcile as keeper
from aiocontainerd.access import Access
from aiocontainerd.client import Client
from aiocontainerd.errors import Unavailable
from aiocontainerd.models import Phase, Snapshot
from aiocontainerd.reconcile import fetch, follow, hello, reconcile, refresh, session
from aiocontainerd.reconcile.hello import confirm
from aiocontainerd.reconcile.topics import Kind, Target
from aiocontainerd.simulator import Simulator, World, containers, populate
from aiocontainerd.simulator.faults import Faults
from aiocontainerd.store import Store

# Turns of the event loop, into the start of a session, after which its stream breaks.
MOMENTS = range(0, 400, 4)
TASKS = Target(Kind.TASKS, "n")


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


@pytest.mark.parametrize("turns", range(4))
async def test_a_cancellation_that_comes_with_the_greeting_is_not_lost(turns: int) -> None:
    greeted, sent = asyncio.Event(), asyncio.Event()

    async def get(**_: object) -> None:
        return None

    async def publish(*_: object, **__: object) -> None:
        sent.set()

    version, events = SimpleNamespace(get=get), SimpleNamespace(publish=publish)
    client = cast(Client, SimpleNamespace(version=version, events=events))
    meeting = asyncio.create_task(confirm(client, greeted))
    await sent.wait()
    await asyncio.sleep(0)
    greeted.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    is_cancelled = meeting.cancel()
    await asyncio.wait({meeting})
    assert meeting.cancelled() is is_cancelled


async def test_the_stream_may_break_at_any_moment_of_the_start(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(keeper, "LONGEST_PAUSE", 0.0)
    async with following(address, 5, Faults()) as daemon:
        await daemon.until(is_live)
        for moment in MOMENTS:
            cut = 0
            async with asyncio.timeout(5):
                while not cut:  # the next session has no stream yet
                    await asyncio.sleep(0)
                    cut = daemon.faults.cut()
            for _ in range(moment):
                await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        assert len((await daemon.until(is_live)).containers) == 5


async def test_nothing_is_asked_once_stopped() -> None:
    asked: list[Target] = []
    first, second = TASKS._replace(id="a"), TASKS._replace(id="b")
    answer = asyncio.Event()

    async def ask(target: Target) -> None:
        asked.append(target)
        await answer.wait()

    async with asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(ask, lambda _: 10_000, group)
        targets = [first, *(TASKS._replace(id=f"t{n}") for n in range(refresh.AT_ONCE)), second]
        refresher.mark(targets, at_once=True)
        refresher.mark(targets)
        await asyncio.sleep(0)
        refresher.stop()
        answer.set()
    assert len(asked) == refresh.AT_ONCE


async def test_objects_that_are_asked_one_by_one_never_become_their_list() -> None:
    asked: list[Target] = []
    answer, running, most = asyncio.Event(), 0, 0

    async def ask(target: Target) -> None:
        nonlocal running, most
        asked.append(target)
        if target == TASKS:
            await answer.wait()
            return
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    targets = [TASKS._replace(id=f"t{n}") for n in range(2 * refresh.MANY)]
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(ask, lambda _: 0, group)
        listing = group.create_task(refresher.get([TASKS]))
        await asyncio.sleep(0)
        refresher.one_by_one(targets)
        refresher.one_by_one(targets)
        while len(asked) <= len(targets):
            await asyncio.sleep(0)
        answer.set()
        await listing
        refresher.stop()
    assert asked == [TASKS, *targets]
    assert most <= refresh.SINGLY


async def test_a_list_that_has_come_ends_asking_one_by_one() -> None:
    asked: list[Target] = []
    answer = asyncio.Event()

    async def ask(target: Target) -> None:
        asked.append(target)
        await answer.wait()

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(ask, lambda _: 0, group)
        listing = group.create_task(refresher.get([TASKS]))
        await asyncio.sleep(0)
        refresher.one_by_one(TASKS._replace(id=f"t{n}") for n in range(100))
        answer.set()
        await listing
    assert len(asked) <= 1 + 2 * refresh.SINGLY


async def test_tasks_are_known_while_their_list_is_slow(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "SLOW", 0.01)
    monkeypatch.setattr(session, "FIRST_LISTS", 0.05)
    faults, many = Faults(), refresh.MANY + 10
    faults.add("Tasks/List", "hang")
    async with following(address, many, faults) as daemon:
        await daemon.until(lambda s: len(s.tasks) == many)
        faults.clear()
        async with asyncio.timeout(5):
            while not daemon.lists_of_tasks:
                await asyncio.sleep(0.001)
        await asyncio.sleep(3 * refresh.BATCH_GAP)
        assert daemon.lists_of_tasks == 1, "the list is read again because it was slow"


@pytest.mark.parametrize("hung", ["containers", "tasks", "images"])
async def test_a_list_that_hangs_does_not_look_empty(
    address: str, monkeypatch: pytest.MonkeyPatch, hung: str
) -> None:
    monkeypatch.setattr(session, "FIRST_LISTS", 0.05)
    faults = Faults()
    faults.add(f"{hung.capitalize()}/List(Stream)?", "hang")
    async with following(address, 5, faults) as daemon:
        shown = await daemon.until(lambda s: s.error == f"still reading {hung} of default, list")
        assert shown.loaded
        assert shown.reading == {hung}
        others = {"containers", "tasks", "images"} - {hung}
        assert all(getattr(shown, kind) for kind in others)
        faults.clear()
        await daemon.until(lambda s: not s.reading)
        shown = await daemon.until(lambda s: not s.error)
        assert getattr(shown, hung)


async def test_after_a_break_the_lists_are_to_be_read_again(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults()
    async with following(address, 5, faults) as daemon:
        shown = await daemon.until(is_live)
        assert not shown.reading
        assert not shown.error
        monkeypatch.setattr(session, "FIRST_LISTS", 0.05)
        faults.add("Images/List", "hang")
        faults.cut()
        await daemon.until(lambda s: s.phase is Phase.LOST)
        shown = await daemon.until(lambda s: is_live(s) and s.reading == {"images"})
        assert len(shown.images) == 3


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_stream_that_goes_silent_is_noticed(
    address: str, monkeypatch: pytest.MonkeyPatch, read_only: bool
) -> None:
    monkeypatch.setattr(hello, "PATIENCE", 0.1)
    monkeypatch.setattr(hello, "UNSURE_PAUSE", 0.0)
    monkeypatch.setattr(session, "UNSURE_AGAIN", 1000.0)
    monkeypatch.setitem(fetch.REST_SHARES, Kind.CONTAINERS, 0)
    faults = Faults()
    # Only our own greeting comes through; a read-only client has none.
    after = 0 if read_only else 1
    faults.add("Events/Subscribe", "hang", nth=1, after=after)
    async with following(address, 5, faults, resync=0.1, read_only=read_only) as daemon:
        await daemon.until(is_live)
        containers.delete(daemon.sim.world, "default", "row00000")
        lost = await daemon.until(lambda s: s.phase is Phase.LOST)
        assert "events no longer come" in lost.error
        await daemon.until(is_live)
        containers.delete(daemon.sim.world, "default", "row00001")
        await daemon.until(lambda s: s.events)
        subscribed = [n for name, n in daemon.sim.calls.items() if name.endswith("Subscribe")]
        assert subscribed == [2 - read_only]  # one that hangs from the start is not counted


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_stream_that_has_nothing_to_say_is_left_alone(
    address: str, read_only: bool
) -> None:
    async with following(address, 5, Faults(), resync=0.02, read_only=read_only) as daemon:
        await daemon.until(is_live)
        looks = Counter(daemon.sim.calls)
        async with asyncio.timeout(20):
            while (daemon.sim.calls - looks)["/containerd.services.tasks.v1.Tasks/List"] < 5:
                await asyncio.sleep(0.01)
        assert daemon.store.snapshot.phase is Phase.LIVE
        assert daemon.sim.calls["/containerd.services.events.v1.Events/Subscribe"] == 1


async def test_a_later_list_that_hangs_is_named(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "LATE", 0.05)
    faults = Faults()
    async with following(address, 5, faults) as daemon:
        await daemon.until(lambda s: is_live(s) and not s.reading)
        faults.add("Containers/ListStream", "hang")
        record = daemon.sim.world.look("default").containers["row00000"].message
        containers.create(daemon.sim.world, "later", record)
        shown = await daemon.until(lambda s: s.error)
        assert shown.error == "still reading containers of later, list"
        assert shown.reading == {"containers"}
        faults.clear()
        await daemon.until(lambda s: not s.error and not s.reading)


async def test_what_is_not_a_daemon_is_named_for_what_it_is(address: str) -> None:
    async def hang_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while await reader.read(64):
                pass
        writer.close()

    async def docker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read(64)
            writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            await writer.drain()
        writer.close()

    refused = Unavailable(f"failed to connect to all addresses; last error: UNKNOWN: {address}")
    assert "no such socket" in await keeper.why(address, refused)
    for serve, text in ((hang_on, session.SILENT), (docker, "speaks HTTP/1")):
        async with await asyncio.start_unix_server(serve, address):
            assert text in await keeper.why(address, refused)
            assert await keeper.why(address, Unavailable("the stream ended")) == "the stream ended"
        Path(address).unlink(missing_ok=True)
    async with Simulator(address, World()):
        assert await keeper.why(address, refused) == keeper.STARTING


async def test_another_daemon_at_the_same_address_is_another_world(address: str) -> None:
    async with following(address, 5, Faults()) as daemon:
        await daemon.until(lambda s: is_live(s) and not s.reading)
        containers.delete(daemon.sim.world, "default", "row00004")
        await daemon.until(lambda s: s.events)
        await daemon.sim.stop()
        await daemon.until(lambda s: s.phase is Phase.LOST)
        other, faults = World(), Faults()
        populate(other, containers=2, images=1, running=0)
        faults.add("(Containers/ListStream|Namespaces/List)", "hang")
        async with Simulator(address, other, faults=faults):
            shown = await daemon.until(lambda s: not s.containers)
            assert shown.phase is Phase.CONNECTING
            assert not shown.loaded
            assert not shown.events
            assert not shown.images
            faults.clear()
            shown = await daemon.until(is_live)
            assert {key.id for key in shown.containers} == {"row00000", "row00001"}
            assert not shown.tasks


async def test_no_list_is_read_twice_at_the_start(address: str) -> None:
    async with following(address, 5, Faults()) as daemon:
        await daemon.until(lambda s: s.images and all(i.unpacked for i in s.images.values()))
        await asyncio.sleep(3 * refresh.BATCH_GAP)
        lists = {name: n for name, n in daemon.sim.calls.items() if "List" in name}
        assert set(lists.values()) == {1}, lists
