"""Lists that are slow or hang, and streams that go silent."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from aiocontainerd.models import Phase
from aiocontainerd.reconcile import fetch, follow, hello, refresh, session
from aiocontainerd.reconcile.topics import Kind
from aiocontainerd.simulator import containers
from aiocontainerd.simulator.faults import Faults

from .followed import address, following, is_live

__all__ = ["address"]


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


async def test_a_daemon_that_hangs_is_noticed_long_before_the_next_look(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked, no event comes: the smallest question finds it out."""
    monkeypatch.setattr(session, "QUIET", 0.05)
    monkeypatch.setattr(hello, "ANSWER", 0.1)
    faults = Faults()
    async with following(address, 5, faults) as daemon:  # looks again after 1,000 s
        await daemon.until(is_live)
        before = datetime.now(UTC)
        faults.add(".*", "hang")
        hung = await daemon.until(lambda s: s.phase is Phase.LOST)
        assert "does not answer" in hung.error
        assert hung.heard_at is not None
        assert hung.heard_at <= datetime.now(UTC) - timedelta(seconds=0.1)
        assert hung.heard_at >= before - timedelta(seconds=1)
        faults.clear()
        assert (await daemon.until(is_live)).heard_at is None


@pytest.mark.parametrize("read_only", [False, True])
async def test_a_stream_that_has_nothing_to_say_is_left_alone(
    address: str, monkeypatch: pytest.MonkeyPatch, read_only: bool
) -> None:
    monkeypatch.setitem(fetch.REST_SHARES, Kind.TASKS, 0)  # on a busy machine it looked once in 4 s
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


async def test_no_list_is_read_twice_at_the_start(address: str) -> None:
    async with following(address, 5, Faults()) as daemon:
        await daemon.until(lambda s: s.images and all(i.unpacked for i in s.images.values()))
        await asyncio.sleep(3 * refresh.BATCH_GAP)
        lists = {name: n for name, n in daemon.sim.calls.items() if "List" in name}
        assert set(lists.values()) == {1}, lists


async def test_a_daemon_that_is_slow_from_the_start_does_not_hang(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its smallest answer takes longer than that of a healthy one, again and again."""
    monkeypatch.setattr(hello, "ANSWER", 0.1)
    monkeypatch.setattr(session, "QUIET", 0.05)
    faults, question = Faults(), "/containerd.services.version.v1.Version/Version"
    faults.add("Version/Version", "delay", seconds=0.3)
    async with following(address, 5, faults) as daemon:
        await daemon.until(is_live)
        phases, asked = set(), daemon.sim.calls[question]
        async with asyncio.timeout(20):
            while daemon.sim.calls[question] < asked + 4:
                phases.add(daemon.store.snapshot.phase)
                await asyncio.sleep(0.01)
        assert phases == {Phase.LIVE}
