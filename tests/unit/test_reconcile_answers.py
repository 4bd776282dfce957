"""What reconcile makes of answers that are rubbish, cut, late, refused, or of what is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

import aiocontainerd.reconcile as keeper
from aiocontainerd.client import Client
from aiocontainerd.models import Key, Phase, Snapshot, TaskStatus
from aiocontainerd.pb import containers_pb2
from aiocontainerd.reconcile import follow, reconcile
from aiocontainerd.simulator import Simulator, World, containers, namespaces, populate, tasks
from aiocontainerd.simulator.faults import Faults
from aiocontainerd.store import Store

from .followed import address, following, is_live

__all__ = ["address"]

SERVICES = ["containers", "tasks", "images", "snapshots", "content", "leases", "introspection"]
NEEDED = ["namespaces", "events"]


def lacking(service: str) -> Faults:
    """A daemon without that service, as `disabled_plugins` makes one."""
    faults, method = Faults(), rf"services\.{service}\.v1\.\w+/\w+"
    faults.add(method, "error", code="UNIMPLEMENTED", message=f"unknown service {service}")
    return faults


@pytest.mark.parametrize("service", [*SERVICES, "version"])
async def test_without_one_service_the_others_are_shown(address: str, service: str) -> None:
    async with following(address, 3, lacking(service)) as daemon:
        shown = await daemon.until(is_live)
        others = {"containers", "tasks", "images"} - {service}
        assert all(len(getattr(shown, kind)) == 3 for kind in others)
        assert shown.reading <= {service}
        if service in ("containers", "tasks", "images", "snapshots"):
            await daemon.until(lambda s: f"unknown service {service}" in s.error)


@pytest.mark.parametrize("service", NEEDED)
async def test_a_service_that_nothing_works_without_is_named(address: str, service: str) -> None:
    async with following(address, 3, lacking(service)) as daemon:
        shown = await daemon.until(lambda s: s.phase is Phase.FAILED)
        assert f"unknown service {service}" in shown.error
        daemon.faults.clear()
        await daemon.until(is_live)


@pytest.mark.parametrize("kind", ["containers", "tasks", "images"])
async def test_a_list_that_is_rubbish_loses_no_other(
    address: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "FAILED_AGAIN", (0.05,) * 20)
    faults = Faults()
    faults.add(f"{kind.capitalize()}/List(Stream)?", "rubbish")
    async with following(address, 3, faults) as daemon:
        shown = await daemon.until(is_live)
        assert f"could not read {kind} of default" in shown.error
        others = {"containers", "tasks", "images"} - {kind}
        assert all(len(getattr(shown, other)) == 3 for other in others)
        faults.clear()
        await daemon.until(lambda s: len(getattr(s, kind)) == 3 and not s.error)


async def test_rubbish_in_the_event_stream_is_a_new_stream(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "FIRST_PAUSE", 0.0)
    faults = Faults()
    faults.add("Events/Subscribe", "rubbish", after=1, nth=1)  # behind our greeting
    async with following(address, 3, faults) as daemon:
        async with asyncio.timeout(20):
            while daemon.sim.calls["/containerd.services.events.v1.Events/Subscribe"] < 2:
                await asyncio.sleep(0.001)
        await daemon.until(lambda s: is_live(s) and len(s.containers) == 3)
        containers.delete(daemon.sim.world, "default", "row00001")
        await daemon.until(lambda s: len(s.containers) == 2)


async def test_a_list_that_fails_in_one_namespace_loses_no_other(address: str) -> None:
    faults = Faults()
    faults.add("Tasks/List", "error", code="INTERNAL", message="bad database", namespace="default")
    async with following(address, 3, faults) as daemon:
        populate(daemon.sim.world, containers=2, images=1, running=2, namespace="other")
        namespaces.create(daemon.sim.world, "new", {})  # so that they are listed again
        shown = await daemon.until(lambda s: any(key.namespace == "other" for key in s.tasks))
        assert {key.namespace for key in shown.containers} == {"default", "other"}
        assert not any(key.namespace == "default" for key in shown.tasks)
        assert "could not read tasks of default" in shown.error


async def test_a_late_answer_does_not_undo_a_later_one(address: str) -> None:
    faults = Faults()
    async with following(address, 3, faults) as daemon:
        await daemon.until(lambda s: is_live(s) and not s.reading)
        faults.add("Containers/Get", "hang", nth=1)
        world, key = daemon.sim.world, Key("default", "row00000")
        for label in ("first", "second"):
            wanted = containers_pb2.Container(id=key.id, labels={"x": label})
            containers.update(world, key.namespace, wanted, ["labels.x"])
            await daemon.until(lambda s: bool(s.events))
        tasks.exit(world, key.namespace, key.id, 0)  # of another kind: it does not wait
        await daemon.until(lambda s: s.tasks[key].status is TaskStatus.STOPPED)
        faults.clear()
        await daemon.until(lambda s: s.containers[key].labels.get("x") == "second")
        await asyncio.sleep(0.1)
        assert daemon.store.snapshot.containers[key].labels["x"] == "second"


async def test_a_namespace_that_is_deleted_while_it_is_followed(address: str) -> None:
    async with following(address, 0, Faults()) as daemon:
        world = daemon.sim.world
        populate(world, containers=2, images=1, running=0, namespace="brief")
        namespaces.create(world, "new", {})
        await daemon.until(lambda s: Key("brief", "row00000") in s.containers)
        space = world.look("brief")
        for held in (space.containers, space.images, space.snapshots, space.content):
            held.clear()
        namespaces.delete(world, "brief")
        shown = await daemon.until(lambda s: "brief" not in s.namespaces)
        assert not [key for key in (*shown.containers, *shown.images) if key.namespace == "brief"]
        assert not shown.error


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: list[int] | None = None
) -> None:
    """From one to the other, until nothing is `left` of so many bytes."""
    with suppress(ConnectionError):
        while data := await reader.read(left[0] if left else 1 << 16):
            writer.write(data)
            await writer.drain()
            if left:
                left[0] -= len(data)
                if not left[0]:
                    break
    writer.close()


@asynccontextmanager
async def breaking(front: str, back: str, after: int) -> AsyncIterator[list[int]]:
    """A door before a daemon that breaks off once, within a frame: after so many bytes of answers.

    Yields how many bytes are left until then.
    """
    left = [after]
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, questions = await asyncio.open_unix_connection(back)
        try:
            async with asyncio.TaskGroup() as group:
                asking = group.create_task(_pump(reader, questions))
                await _pump(answers, writer, left if left[0] else None)
                asking.cancel()
        finally:
            writer.close()
            questions.close()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.create_task(serve(reader, writer)))

    async with await asyncio.start_unix_server(begin, front):
        yield left
    for task in serving:
        task.cancel()
    await asyncio.gather(*serving, return_exceptions=True)


@pytest.mark.parametrize("after", [5, 60, 200, 700, 2000, 5000])
async def test_a_connection_that_breaks_within_a_frame(
    address: str, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(keeper, "FIRST_PAUSE", 0.0)
    world, store = World(), Store()
    populate(world, containers=20, images=3, running=20)
    async with (
        Simulator(address, world) as sim,
        breaking(f"{address}.front", address, after) as left,
        Client(f"{address}.front") as client,
    ):
        task = asyncio.create_task(reconcile(client, store))
        try:
            async with asyncio.timeout(20):
                async for shown in store.watch():
                    if is_live(shown) and _is_whole(shown) and not left[0]:
                        break
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        assert sim.world is world


def _is_whole(shown: Snapshot) -> bool:
    return len(shown.containers) == len(shown.tasks) == 20 and len(shown.images) == 3
