"""Worlds of any size, and changes at any rate."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count, islice

from aiocontainerd.host_facts import HostFacts
from aiocontainerd.image_config import ImageConfig
from aiocontainerd.pb import containers_pb2, process_pb2, snapshots_pb2, tasks_pb2
from aiocontainerd.pb.typeurl import SPEC_URL, pack_json
from aiocontainerd.run_options import RunOptions
from aiocontainerd.simulator import containers as records
from aiocontainerd.simulator import tasks
from aiocontainerd.simulator.imaging import ImageParts, layer, make_image, put_image
from aiocontainerd.simulator.refusals import Refused
from aiocontainerd.simulator.world import (
    ContainerRecord,
    StoredSnapshot,
    StoredTask,
    World,
)
from aiocontainerd.spec import build_spec
from aiocontainerd.users import ResolvedUser

_SPEC_SIZE = 6400  # bytes of JSON, as measured on a host
_YEAR_ONE = -62135596800  # seconds: how the daemon says "not yet" of an exit
_RUNTIME = "io.containerd.runc.v2"
_SNAPSHOTTER = "overlayfs"
_TURN = 0.01  # s between two helpings of `emit`


def populate(
    world: World, *, containers: int, images: int, running: int, namespace: str = "default"
) -> None:
    """Fill a namespace: containers `row00000` upwards, the first `running` of them with a task.

    Images are `docker.io/library/app0000:latest` upwards, at least one if there are containers.
    Nothing is published. 100,000 containers share the bytes of their specs.
    """
    if not containers and not images:
        return
    parts = [_image(number) for number in range(max(images, 1 if containers else 0))]
    for one in parts:
        put_image(world, namespace, one)
    tops = [(one.name, one.chain[-1]) for one in parts]
    space, spec = world.space(namespace), _spec(namespace)
    stamp, now = world.stamp(), world.now()
    for number in range(containers):
        id, (image, top) = f"row{number:05}", tops[number % len(tops)]
        message = containers_pb2.Container(
            id=id,
            labels={"app": f"app{number % 97}", "tier": "web" if number % 3 else "data"},
            image=image,
            runtime=containers_pb2.Container.Runtime(name=_RUNTIME),
            snapshotter=_SNAPSHOTTER,
            snapshot_key=id,
            created_at=stamp,
            updated_at=stamp,
        )
        space.containers[id] = ContainerRecord.of(message, spec)
        space.snapshots[_SNAPSHOTTER, id] = StoredSnapshot(
            id, top, snapshots_pb2.KIND_ACTIVE, now, now
        )
    for number in range(min(running, containers)):
        id = f"row{number:05}"
        space.tasks[id] = StoredTask(_process(id, next(world.pids)), since=now)


async def emit(world: World, rate: float, *, namespace: str = "default") -> None:
    """Change things for ever, so that `rate` events a second are published.

    In turn the label `beat` of a container, and a task's next step: it exits, is deleted, created
    and started again. Then comes the next task: all others run meanwhile.
    """
    if rate <= 0:
        return
    changes = _changes(world, namespace)
    began, done = time.monotonic(), 0
    pause = max(_TURN, 1 / rate)
    while True:
        due = int((time.monotonic() - began) * rate) - done
        done += sum(1 for _ in islice(changes, due))
        await asyncio.sleep(pause)


def _changes(world: World, namespace: str) -> Iterator[None]:
    """Each step publishes one event; while there are no containers it does nothing."""
    restarts = _restarts(world, namespace)
    for beat in count():
        ids = list(world.look(namespace).containers)
        if not ids:
            yield
        for id in ids:
            with suppress(Refused):  # it was deleted meanwhile
                wanted = containers_pb2.Container(id=id, labels={"beat": str(beat)})
                records.update(world, namespace, wanted, ["labels.beat"])
                yield
            if next(restarts):
                yield


def _restarts(world: World, namespace: str) -> Iterator[bool]:
    """Whether there was a next step: of one task after the other, until it runs again."""
    restless: dict[str, None] = {}  # who had a task once
    while True:
        restless |= dict.fromkeys(world.look(namespace).tasks)
        for id in restless:
            with suppress(Refused):
                while _step(world, namespace, id) != tasks.RUNNING:
                    yield True
                yield True
        yield False


def _step(world: World, namespace: str, id: str) -> int:
    """What comes next in the life of a task; returns its status then, that of none being 0."""
    task = world.look(namespace).tasks.get(id)
    if task is None:
        tasks.create(world, namespace, tasks_pb2.CreateTaskRequest(container_id=id))
        return tasks.CREATED
    match task.process.status:
        case tasks.CREATED:
            tasks.start(world, namespace, id)
            return tasks.RUNNING
        case tasks.STOPPED:
            tasks.delete(world, namespace, id)
            return process_pb2.STATUS_UNKNOWN
        case _:
            tasks.exit(world, namespace, id, 0)
            return tasks.STOPPED


def _image(number: int) -> ImageParts:
    """Three layers: one that all have, one that eight share, one of its own."""
    name = f"app{number:04}"
    layers = [
        layer("base", 29_000_000),
        layer(f"runtime {number // 8}", 11_000_000),
        layer(name, 1_000_000 + number % 50 * 100_000),
    ]
    config = {
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        "Entrypoint": [f"/usr/bin/{name}"],
        "Cmd": ["--serve"],
        "Labels": {"org.opencontainers.image.title": name},
    }
    return make_image(f"docker.io/library/{name}:latest", layers, config)


def _spec(namespace: str) -> bytes:
    """One spec of believable size, as the field of a Container."""
    options = RunOptions(image="app", id="row", command=("/usr/bin/app", "--serve"))
    spec = build_spec(
        options,
        ImageConfig(),
        namespace=namespace,
        user=ResolvedUser(0, 0, ()),
        host=HostFacts("host"),
    )
    spare = _SPEC_SIZE - len(json.dumps(spec, separators=(",", ":")))
    if spare > 0:
        spec["process"]["env"] += [f"SETTING_{n:02}={'x' * 60}" for n in range(spare // 74)]
    message = containers_pb2.Container(spec=pack_json(SPEC_URL, spec))
    return message.SerializeToString()


def _process(id: str, pid: int) -> process_pb2.Process:
    process = process_pb2.Process(id=id, pid=pid, status=process_pb2.STATUS_RUNNING)
    process.exited_at.seconds = _YEAR_ONE
    return process
