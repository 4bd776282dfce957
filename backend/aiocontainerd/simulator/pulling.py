"""A pull as the daemon's Transfer service does it, at a speed that can be set.

Source: containerd `core/transfer/local/pull.go`; the order of events and of progress as seen on
2.1.9. Blobs go their way side by side, the snapshots of layers are made one after the other.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from aiocontainerd.pb import content_pb2, images_pb2, types_pb2
from aiocontainerd.pb.transfer_types_pb2 import Progress
from aiocontainerd.platforms import Platform
from aiocontainerd.reference import Reference
from aiocontainerd.simulator import content, images, leases, snapshots
from aiocontainerd.simulator.imaging import CONFIG, LAYER, MANIFEST, ImageParts, Layer, digest
from aiocontainerd.simulator.refusals import Refused, not_found
from aiocontainerd.simulator.registry import INDEX, Stored, find
from aiocontainerd.simulator.streams import Outgoing
from aiocontainerd.simulator.world import Ingest, World

_TICK = 0.3  # s between two words about a blob, as in containerd
_SIDE_BY_SIDE = 3  # layers that are downloaded at once
_UNPACKED = 2.5  # how much larger a layer is on disk than in its blob
_EXPIRE = "containerd.io/gc.expire"
_DAY = timedelta(hours=24)


@dataclass(slots=True)
class Speed:
    """How fast things go, in bytes a second; None is at once. May be changed at any time."""

    download: float | None = None
    unpack: float | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for. Without `snapshotter` nothing is unpacked."""

    namespace: str
    reference: Reference
    name: str
    labels: Mapping[str, str]
    platforms: tuple[Platform, ...]
    snapshotter: str
    lease: str


@dataclass(frozen=True, slots=True)
class _Blob:
    """One blob on its way; `parent` is the name of what refers to it."""

    kind: str
    descriptor: types_pb2.Descriptor
    parent: str
    data: bytes | None
    labels: Mapping[str, str]

    @property
    def ref(self) -> str:
        """As the daemon calls it."""
        return f"{self.kind}-{self.descriptor.digest}"


class Pull:
    """One transfer from a registry to the image store."""

    def __init__(self, world: World, wish: Wish, speed: Speed, progress: Outgoing | None) -> None:
        self._world = world
        self._wish = wish
        self._speed = speed
        self._progress = progress
        self._slots = asyncio.Semaphore(_SIDE_BY_SIDE)
        self._busy = 0

    async def run(self) -> None:
        """All of it, or nothing that stays but what the caller's own lease holds.

        Raises Refused NOT_FOUND when the registry has no such image.
        """
        source = f"OCI Registry ({self._wish.reference})"
        self._say(Progress(event=f"Resolving from {source}"))
        stored = find(self._wish.reference)
        if stored is None:
            raise not_found(f"failed to resolve image: {self._wish.reference}")
        self._say(Progress(event=f"Pulling from {source}"))
        self._say(Progress(event="fetching image content", name=str(self._wish.reference)))
        async with self._leased() as wish:
            self._wish = wish
            target = await self._index(stored)
            for parts in stored.choose(self._wish.platforms):
                await self._image(parts, f"index-{target.digest}")
            self._name(target)
        self._say(Progress(event="saved", name=self._wish.name))
        self._say(Progress(event=f"Completed pull from {source}"))

    @asynccontextmanager
    async def _leased(self) -> AsyncIterator[Wish]:
        """The wish with the caller's lease, or with one of our own that ends with the block."""
        if self._wish.lease:
            yield self._wish
            return
        until = (self._world.now() + _DAY).isoformat(timespec="seconds")
        namespace = self._wish.namespace
        lease = leases.create(self._world, namespace, "", {_EXPIRE: until}).id
        try:
            yield replace(self._wish, lease=lease)
        finally:
            with suppress(Refused):  # somebody has dropped it
                leases.delete(self._world, namespace, lease, sync=True)

    async def _index(self, stored: Stored) -> types_pb2.Descriptor:
        refs = {
            f"containerd.io/gc.ref.content.m.{number}": digest(parts.manifest)
            for number, (_, parts) in enumerate(stored.images)
        }
        blob = _blob("index", INDEX, stored.index, str(self._wish.reference), refs)
        await self._fetch(blob)
        return blob.descriptor

    async def _image(self, parts: ImageParts, parent: str) -> None:
        layers = {f"l.{number}": each.digest for number, each in enumerate(parts.layers)}
        refs = {"config": digest(parts.config), **layers}
        held = {f"containerd.io/gc.ref.content.{name}": each for name, each in refs.items()}
        manifest = _blob("manifest", MANIFEST, parts.manifest, parent, held)
        await self._fetch(manifest)
        await self._fetch(_blob("config", CONFIG, parts.config, manifest.ref, {}))
        if not self._wish.snapshotter:
            await asyncio.gather(*(self._layer(each, manifest.ref) for each in parts.layers))
        else:
            await self._unpack(parts, manifest.ref)

    async def _layer(self, layer: Layer, parent: str) -> None:
        descriptor = types_pb2.Descriptor(media_type=LAYER, digest=layer.digest, size=layer.size)
        await self._fetch(_Blob("layer", descriptor, parent, None, {}))

    async def _unpack(self, parts: ImageParts, parent: str) -> None:
        """Download what is not unpacked yet, and make a snapshot of each layer."""
        at, wish = self._world.look(self._wish.namespace).snapshots, self._wish
        steps = list(zip(parts.layers, ("", *parts.chain), parts.chain, strict=False))
        todo = [step for step in steps if (wish.snapshotter, step[2]) not in at]
        fetching = [asyncio.create_task(self._layer(step[0], parent)) for step in todo]
        try:
            for (layer, below, chain), fetched in zip(todo, fetching, strict=True):
                await self._snapshot(layer, below, chain, fetched)
        finally:
            for task in fetching:
                task.cancel()
            await asyncio.gather(*fetching, return_exceptions=True)
        if parts.chain:
            key = f"containerd.io/gc.ref.snapshot.{wish.snapshotter}"
            self._label(digest(parts.config), {key: parts.chain[-1]})

    async def _snapshot(
        self, layer: Layer, below: str, chain: str, fetched: "asyncio.Task[None]"
    ) -> None:
        world, wish = self._world, self._wish
        key = f"extract-{time.time_ns() % 10**9}-{secrets.token_hex(2)} {chain}"
        labels = {"containerd.io/snapshot.ref": chain}
        names = (world, wish.namespace, wish.snapshotter)
        snapshots.make(*names, key, below, labels=labels, lease=wish.lease)
        try:
            await fetched
            if self._speed.unpack:
                await asyncio.sleep(layer.size * _UNPACKED / self._speed.unpack)
        except BaseException:
            snapshots.remove(*names, key)
            raise
        active = snapshots.get(*names, key)
        active.size, active.inodes = int(layer.size * _UNPACKED), 1 + layer.size // 30_000
        snapshots.commit(*names, chain, key, labels=labels, lease=wish.lease)
        self._label(layer.digest, {"containerd.io/uncompressed": layer.diff_id})

    async def _fetch(self, blob: _Blob) -> None:
        """Download one blob, unless it is here."""
        self._tell(blob, "waiting", 0)
        world, wish, size = self._world, self._wish, blob.descriptor.size
        host = wish.reference.host.partition(":")[0]
        source = f"containerd.io/distribution.source.{host}"
        labels = {**blob.labels, source: wish.reference.repository}
        if blob.descriptor.digest in world.look(wish.namespace).content:
            leases.hold(world, wish.namespace, wish.lease, "content", blob.descriptor.digest)
            self._label(blob.descriptor.digest, labels)
            self._tell(blob, "already exists", size)
            return
        async with self._slots:
            self._busy += 1
            try:
                await self._download(blob)
            finally:
                self._busy -= 1
        content.put(
            world,
            wish.namespace,
            blob.data,
            labels=labels,
            lease=wish.lease,
            digest=blob.descriptor.digest,
            size=size,
        )
        self._tell(blob, "complete", size)

    async def _download(self, blob: _Blob) -> None:
        """Let the time pass; what another namespace has is here at once.

        What was there of it already (under the caller's lease) is not fetched again, and what is
        there when we are cancelled stays as long as the lease.
        """
        world, namespace, name = self._world, self._wish.namespace, blob.descriptor.digest
        if any(name in space.content for space in world.spaces.values()):
            return
        ingest = self._ingest(blob)
        try:
            await self._arrive(blob, ingest)
        finally:
            ingest.locked = False
        world.space(namespace).ingests.pop(blob.ref, None)
        leases.let_go(world, namespace, self._wish.lease, "ingests", blob.ref)

    async def _arrive(self, blob: _Blob, ingest: Ingest) -> None:
        size = blob.descriptor.size
        while ingest.arrived < size and self._speed.download:
            rate = self._speed.download / self._busy
            seconds = min(_TICK, (size - ingest.arrived) / rate)
            await asyncio.sleep(seconds)
            ingest.arrived = min(ingest.arrived + int(seconds * rate) + 1, size)
            ingest.updated_at.CopyFrom(self._world.stamp())
            self._tell(blob, "downloading", ingest.arrived)

    def _ingest(self, blob: _Blob) -> Ingest:
        """Where the bytes go; raises Refused UNAVAILABLE while another pull has it."""
        namespace, stamp = self._wish.namespace, self._world.stamp
        ingests = self._world.space(namespace).ingests
        ingest = ingests.setdefault(blob.ref, Ingest(stamp(), stamp(), blob.descriptor.size))
        if ingest.locked:
            raise Refused("UNAVAILABLE", f"ref {namespace}/1/{blob.ref} locked: unavailable")
        ingest.locked, ingest.locked_at, ingest.leased = True, stamp(), True
        leases.hold(self._world, namespace, self._wish.lease, "ingests", blob.ref)
        return ingest

    def _label(self, name: str, labels: Mapping[str, str]) -> None:
        wanted = content_pb2.Info(digest=name, labels=dict(labels))
        paths = [f"labels.{key}" for key in labels]
        content.update(self._world, self._wish.namespace, wanted, paths)

    def _name(self, target: types_pb2.Descriptor) -> None:
        wish, name = self._wish, self._wish.name.encode()
        image = images_pb2.Image(name=name, target=target, labels=dict(wish.labels))
        if name in self._world.look(wish.namespace).images:
            paths = ["target", *(f"labels.{key}" for key in wish.labels)]
            images.update(self._world, wish.namespace, image, paths)
        else:
            images.create(self._world, wish.namespace, image)

    def _tell(self, blob: _Blob, event: str, arrived: int) -> None:
        self._say(
            Progress(
                event=event,
                name=blob.ref,
                parents=[] if event == "already exists" else [blob.parent],
                progress=arrived,
                total=blob.descriptor.size,
                desc=blob.descriptor,
            )
        )

    def _say(self, progress: Progress) -> None:
        if self._progress is not None:
            self._progress.send(progress)


def _blob(kind: str, media_type: str, data: bytes, parent: str, labels: Mapping[str, str]) -> _Blob:
    descriptor = types_pb2.Descriptor(media_type=media_type, digest=digest(data), size=len(data))
    return _Blob(kind, descriptor, parent, data, labels)
