"""Worlds of any size: what is in them, what they share, and what changes in them."""

import asyncio
import json
import sys
from contextlib import suppress

from aiocontainerd.pb.event_payloads_pb2 import TaskStart
from aiocontainerd.pb.events_pb2 import Envelope
from aiocontainerd.simulator import World, emit, populate
from aiocontainerd.simulator.events import Bus
from aiocontainerd.simulator.tasks import RUNNING


def test_what_a_populated_world_holds() -> None:
    world = World()
    populate(world, containers=120, images=7, running=20, namespace="shop")
    space = world.space("shop")
    assert list(space.containers)[::119] == ["row00000", "row00119"]
    assert len(space.images) == 7
    assert len(space.tasks) == 20
    message = space.containers["row00008"].message
    assert message.image == "docker.io/library/app0001:latest"
    assert message.image.encode() in space.images
    assert 6000 < len(message.spec.value) < 7000
    assert json.loads(message.spec.value)["process"]["args"]
    assert space.snapshots["overlayfs", message.snapshot_key].parent
    target = space.images[message.image.encode()].target
    assert len(space.content[target.digest].data or b"") == target.size


def test_containers_need_an_image() -> None:
    world = World()
    populate(world, containers=1, images=0, running=5)
    assert len(world.space("default").images) == 1
    assert len(world.space("default").tasks) == 1


def test_a_populated_world_without_garbage() -> None:
    from aiocontainerd.simulator import garbage

    world = World()
    populate(world, containers=20, images=5, running=0)
    space = world.space("default")
    before = len(space.snapshots), len(space.content)
    garbage.collect(world, "default")
    assert (len(space.snapshots), len(space.content)) == before


def test_specs_are_shared() -> None:
    world = World()
    populate(world, containers=2000, images=1, running=0)
    records = list(world.space("default").containers.values())
    assert len({id(record.spec) for record in records}) == 1
    own = [sys.getsizeof(record) + sys.getsizeof(record.head) for record in records]
    assert max(own) < 500  # bytes


async def test_what_emit_tells_is_so() -> None:
    world = World()
    populate(world, containers=5, images=1, running=2)
    stream = world.bus.subscribe(['namespace=="default"'])
    first = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    emitting = asyncio.ensure_future(emit(world, 2000))
    heard = [await asyncio.wait_for(first, 10)]
    heard += [await asyncio.wait_for(anext(stream), 10) for _ in range(30)]
    emitting.cancel()
    with suppress(asyncio.CancelledError):
        await emitting
    await stream.aclose()
    assert len(heard) == 31
    space = world.space("default")
    assert all("beat" in record.without_spec.labels for record in space.containers.values())
    mine = [
        event for data in heard if b"row00000" in (event := Envelope.FromString(data)).event.value
    ]
    steps = [event.topic for event in mine if event.topic != "/containers/update"]
    assert steps[:4] == ["/tasks/exit", "/tasks/delete", "/tasks/create", "/tasks/start"]
    assert len(steps) < len(mine)


async def test_while_tasks_stop_and_start_about_as_many_run_as_before() -> None:
    world = World()
    populate(world, containers=60, images=1, running=40)
    space = world.space("default")
    stream = world.bus.subscribe(['topic=="/tasks/start"'])
    emitting = asyncio.ensure_future(emit(world, 20_000))
    started = set()
    for _ in range(100):
        event = Envelope.FromString(await asyncio.wait_for(anext(stream), 10)).event
        started.add(TaskStart.FromString(event.value).container_id)
        running = sum(task.process.status == RUNNING for task in space.tasks.values())
        assert 39 <= running <= 40
    emitting.cancel()
    with suppress(asyncio.CancelledError):
        await emitting
    await stream.aclose()
    assert started == {f"row{number:05}" for number in range(40)}, "each of them in its turn"


async def test_emit_waits_for_something_to_change() -> None:
    world = World()
    emitting = asyncio.ensure_future(emit(world, 10_000))
    stream = world.bus.subscribe()
    heard = asyncio.ensure_future(anext(stream))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not emitting.done()
    populate(world, containers=1, images=1, running=0)
    await asyncio.wait_for(heard, 10)
    emitting.cancel()
    with suppress(asyncio.CancelledError):
        await emitting
    await stream.aclose()


async def test_a_slow_listener_loses_nothing_and_stops_nobody() -> None:
    bus = Bus()
    slow, quick = bus.subscribe(), bus.subscribe()
    firsts = [asyncio.ensure_future(anext(stream)) for stream in (slow, quick)]
    await asyncio.sleep(0)
    for number in range(1000):
        bus.publish(Envelope(topic=f"/t/{number}"))
    seen = [await firsts[1]] + [await anext(quick) for _ in range(999)]
    assert [Envelope.FromString(data).topic for data in seen] == [f"/t/{n}" for n in range(1000)]
    assert bus.backlog >= 999
    await firsts[0]
    for stream in (slow, quick):
        await stream.aclose()
    assert bus.subscribers == 0
    assert bus.backlog == 0


def test_no_pid_can_be_one_of_this_host() -> None:
    world = World()
    populate(world, containers=3, images=1, running=3)
    pids = {task.process.pid for task in world.space("default").tasks.values()}
    assert len(pids) == 3
    assert min(pids) >= 1 << 22  # the kernel's PID_MAX_LIMIT
