"""containerd.services.snapshots.v1: filesystem layers and the writable tops of containers."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import field
from datetime import datetime
from enum import Enum

from aiocontainerd.channel import Channel
from aiocontainerd.convert import as_bytes, labels_of, time_of
from aiocontainerd.models import NO_LABELS, no_labels
from aiocontainerd.pb import snapshots_pb2 as pb
from aiocontainerd.pb import snapshots_pb2_grpc, types_pb2
from aiocontainerd.quickdata import dataclass
from aiocontainerd.safe import safe


class Kind(Enum):
    """Of a snapshot; the values are the wire's."""

    UNKNOWN = 0
    VIEW = 1
    ACTIVE = 2
    COMMITTED = 3


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """One snapshot: committed ones are named by their chain id, active ones by their key.

    `raw_name` is the stored name where `name`, which is it made safe, is not what is stored.
    """

    name: str
    parent: str
    kind: Kind
    labels: Mapping[str, str] = field(default_factory=no_labels, hash=False)
    created_at: datetime | None = None
    raw_name: bytes = b""

    @property
    def is_committed(self) -> bool:
        """Containers and other snapshots can be put on top of it."""
        return self.kind is Kind.COMMITTED


@dataclass(frozen=True, slots=True)
class MountSpec:
    """How to mount a snapshot; goes back to the daemon word for word, so it is not made safe."""

    type: str
    source: str
    target: str = ""
    options: tuple[str, ...] = ()

    def to_pb(self) -> types_pb2.Mount:
        """As the tasks and diff services want it."""
        return types_pb2.Mount(
            type=self.type, source=self.source, target=self.target, options=self.options
        )


class Snapshots:
    """All snapshotters of the daemon; each call names its own."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stub = channel.stub(snapshots_pb2_grpc.SnapshotsStub)

    async def prepare(
        self,
        key: str,
        parent: str,
        *,
        snapshotter: str,
        namespace: str,
        labels: Mapping[str, str] = NO_LABELS,
        lease: str = "",
    ) -> list[MountSpec]:
        """Make a writable snapshot on `parent` ("" for none). Raises AlreadyExists, NotFound."""
        request = pb.PrepareSnapshotRequest(
            snapshotter=snapshotter, key=key, parent=parent, labels=dict(labels)
        )
        answer = await self._channel.unary(
            self._stub.Prepare, request, subject=key, namespace=namespace, lease=lease, timeout=60.0
        )
        return _mounts(answer.mounts)

    async def view(
        self, key: str, parent: str, *, snapshotter: str, namespace: str, lease: str = ""
    ) -> list[MountSpec]:
        """Make a read-only snapshot on `parent`. Raises AlreadyExists, NotFound."""
        request = pb.ViewSnapshotRequest(snapshotter=snapshotter, key=key, parent=parent)
        answer = await self._channel.unary(
            self._stub.View, request, subject=key, namespace=namespace, lease=lease, timeout=60.0
        )
        return _mounts(answer.mounts)

    async def mounts(self, key: str, *, snapshotter: str, namespace: str) -> list[MountSpec]:
        """How to mount an active snapshot. Raises NotFound."""
        request = pb.MountsRequest(snapshotter=snapshotter, key=key)
        answer = await self._channel.unary(
            self._stub.Mounts, request, subject=key, namespace=namespace
        )
        return _mounts(answer.mounts)

    async def commit(
        self,
        name: str,
        key: str,
        *,
        snapshotter: str,
        namespace: str,
        labels: Mapping[str, str] = NO_LABELS,
        lease: str = "",
    ) -> None:
        """Turn the active snapshot `key` into the committed `name`. Raises AlreadyExists."""
        request = pb.CommitSnapshotRequest(
            snapshotter=snapshotter, name=name, key=key, labels=dict(labels)
        )
        await self._channel.unary(
            self._stub.Commit, request, subject=key, namespace=namespace, lease=lease, timeout=60.0
        )

    async def remove(self, key: str | bytes, *, snapshotter: str, namespace: str) -> None:
        """Raises NotFound, or FailedPrecondition while it has children."""
        request = pb.RemoveSnapshotRequest(snapshotter=snapshotter, key=as_bytes(key))
        await self._channel.unary(
            self._stub.Remove, request, subject=safe(key), namespace=namespace, timeout=60.0
        )

    async def stat(self, key: str | bytes, *, snapshotter: str, namespace: str) -> SnapshotInfo:
        """Raises NotFound."""
        request = pb.StatSnapshotRequest(snapshotter=snapshotter, key=as_bytes(key))
        answer = await self._channel.unary(
            self._stub.Stat, request, subject=safe(key), namespace=namespace
        )
        return _info(answer.info)

    async def usage(self, key: str | bytes, *, snapshotter: str, namespace: str) -> int:
        """Bytes of this layer alone, without its parents. Raises NotFound."""
        request = pb.UsageRequest(snapshotter=snapshotter, key=as_bytes(key))
        answer = await self._channel.unary(
            self._stub.Usage, request, subject=safe(key), namespace=namespace, timeout=60.0
        )
        return answer.size

    async def list(
        self, *, snapshotter: str, namespace: str, filters: Iterable[str] = ()
    ) -> AsyncIterator[SnapshotInfo]:
        """Every snapshot of this snapshotter in this namespace."""
        request = pb.ListSnapshotsRequest(snapshotter=snapshotter, filters=filters)
        stream = self._channel.stream(
            self._stub.List, request, subject=snapshotter, namespace=namespace, timeout=60.0
        )
        async for message in stream:
            for info in message.info:
                yield _info(info)


def _mounts(messages: Iterable[types_pb2.Mount]) -> list[MountSpec]:
    return [MountSpec(m.type, m.source, m.target, tuple(m.options)) for m in messages]


def _info(message: pb.Info) -> SnapshotInfo:
    name = safe(message.name)
    return SnapshotInfo(
        name,
        safe(message.parent),
        Kind(message.kind),
        labels_of(message),
        time_of(message.created_at),
        b"" if name == message.name else as_bytes(message.name),
    )
