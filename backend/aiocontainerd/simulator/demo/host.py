"""The cast in a world, each of them as old as it says."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from aiocontainerd import reference
from aiocontainerd.host_facts import HostFacts
from aiocontainerd.image_config import ImageConfig
from aiocontainerd.mounts import parse_volume
from aiocontainerd.pb import containers_pb2, images_pb2, tasks_pb2
from aiocontainerd.pb.types_pb2 import Descriptor
from aiocontainerd.pb.typeurl import SPEC_URL, pack_json
from aiocontainerd.platforms import host as host_platform
from aiocontainerd.run_options import RunOptions
from aiocontainerd.simulator import containers, leases, snapshots, tasks
from aiocontainerd.simulator.demo.cast import (
    BUILDS,
    FILES,
    FOLDERS,
    GONE,
    PARTS,
    SAMPLES,
    Part,
    Sample,
)
from aiocontainerd.simulator.demo.leftovers import leave_behind
from aiocontainerd.simulator.demo.logplaces import mark, stdout_of
from aiocontainerd.simulator.imaging import ImageParts, digest, put_blob, put_content, put_snapshots
from aiocontainerd.simulator.registry import INDEX, find
from aiocontainerd.simulator.world import World
from aiocontainerd.spec import build_spec
from aiocontainerd.users import ResolvedUser

NAME = "node7"  # of the host
SNAPSHOTTER = "overlayfs"
_UPPER = 48_000  # bytes that a container has written


@dataclass(frozen=True, slots=True)
class Host:
    """A world, and what only its host knows.

    `started` says by pid when a process began; `folders` and `files` are what a mount can name.
    """

    world: World
    started: Mapping[int, datetime]
    folders: frozenset[str]
    files: frozenset[str]


def demo_world() -> World:
    """The host's world as it is now."""
    return make_host().world


def make_host(now: datetime | None = None, pids: Iterator[int] | None = None) -> Host:
    """The host as it is at `now` (UTC; this moment by default). Equal for equal times.

    `pids` are the numbers of its processes; without them they are none that this host can have.
    """
    world, moment = World(), now or datetime.now(UTC)
    world.pids = pids or world.pids
    clock, parts = world.now, {}
    for sample in SAMPLES:
        with _back(world, moment, sample.ago):
            parts[sample.namespace, sample.name] = _put_image(world, sample)
    started: dict[int, datetime] = {}
    for part in PARTS:
        with _back(world, moment, part.ago):
            put_container(world, part, parts.get((part.namespace, part.image)))
            if part.state != "created":
                started[start(world, part)] = world.now()
            if part.state == "paused":
                tasks.pause(world, part.namespace, part.id)
        if part.state == "ended":
            with _back(world, moment, part.ended):
                tasks.exit(world, part.namespace, part.id, part.status)
    with _back(world, moment, timedelta(minutes=4)):
        leases.create(world, BUILDS, "build-1188", {"containerd.io/gc.expire": _tomorrow(moment)})
    with _back(world, moment, timedelta(days=6)):
        leave_behind(world, BUILDS)
    world.now = clock
    sources = {parse_volume(text).source for part in PARTS for text in part.mounts} - {GONE}
    files = frozenset(source for source in sources if source.rpartition("/")[2] in FILES)
    folders = frozenset({*FOLDERS, *sources} - files)
    return Host(world, MappingProxyType(started), folders, files)


@contextmanager
def _back(world: World, moment: datetime, ago: timedelta) -> Iterator[None]:
    """What is made inside is that old."""
    world.now = lambda: moment - ago
    yield


def _tomorrow(moment: datetime) -> str:
    return (moment + timedelta(days=1)).isoformat(timespec="seconds")


def _put_image(world: World, sample: Sample) -> ImageParts:
    """As a pull has left it: the index of all platforms, and the host's own one."""
    stored = find(reference.parse(sample.name))
    assert stored is not None
    own = dict(stored.images)[host_platform()]
    refs = {
        f"containerd.io/gc.ref.content.m.{number}": digest(parts.manifest)
        for number, (_, parts) in enumerate(stored.images)
    }
    put_blob(world, sample.namespace, stored.index, refs)
    snapshotter = SNAPSHOTTER if sample.unpacked else ""
    put_content(world, sample.namespace, own, snapshotter=snapshotter)
    if sample.unpacked:
        put_snapshots(world, sample.namespace, own, SNAPSHOTTER)
    target = Descriptor(media_type=INDEX, digest=digest(stored.index), size=len(stored.index))
    stamp = world.stamp()
    image = images_pb2.Image(
        name=sample.name.encode(), target=target, created_at=stamp, updated_at=stamp
    )
    world.space(sample.namespace).images[image.name] = image
    return own


def put_container(world: World, part: Part, image: ImageParts | None) -> None:
    """Its record with a whole spec, and its writable snapshot if it has an image."""
    config = ImageConfig.from_json(json.loads(image.config)) if image else ImageConfig()
    message = containers_pb2.Container(
        id=part.id,
        labels=part.labels,
        image=part.image,
        runtime=containers_pb2.Container.Runtime(name="io.containerd.runc.v2"),
        spec=pack_json(SPEC_URL, _spec(part, config)),
    )
    if config.stop_signal:
        message.labels["io.containerd.image.config.stop-signal"] = config.stop_signal
    if image is not None:
        message.snapshotter, message.snapshot_key = SNAPSHOTTER, part.id
        at = world, part.namespace, SNAPSHOTTER, part.id
        snapshots.make(*at, image.chain[-1], labels={})
        snapshots.get(*at).size = _UPPER
    mark(part.namespace, message, terminal=part.terminal, attempt=part.attempt)
    containers.create(world, part.namespace, message)


def _spec(part: Part, config: ImageConfig) -> dict[str, Any]:
    options = RunOptions(
        image=part.image or "none",
        id=part.id,
        command=part.args,
        mounts=tuple(parse_volume(text) for text in part.mounts),
        env=part.env,
        labels=tuple(part.labels.items()),
        terminal=part.terminal,
    )
    user = ResolvedUser(0, 0, ())
    facts = HostFacts(NAME)
    return build_spec(options, config, namespace=part.namespace, user=user, host=facts)


def start(world: World, part: Part) -> int:
    """Start its process; returns the pid."""
    record = containers.get(world, part.namespace, part.id).without_spec
    wanted = tasks_pb2.CreateTaskRequest(
        container_id=part.id,
        stdout=stdout_of(part.namespace, record, terminal=part.terminal),
        terminal=part.terminal,
    )
    tasks.create(world, part.namespace, wanted)
    return tasks.start(world, part.namespace, part.id).process.pid
