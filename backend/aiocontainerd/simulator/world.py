"""What the simulated daemon knows: namespaces and what is in them. No gRPC in it.

Namespaces appear with the first write, without an event. The verbs that change things stand in
the modules beside this one (`containers`, `images`, …); each publishes what the real daemon does.
"""

import asyncio
import hashlib
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from aiocontainerd.models import no_labels
from aiocontainerd.pb import (
    containers_pb2,
    content_pb2,
    events_pb2,
    images_pb2,
    leases_pb2,
    process_pb2,
    snapshots_pb2,
    typeurl,
)
from aiocontainerd.simulator.events import Bus

if TYPE_CHECKING:
    from aiocontainerd.simulator.execs import StoredExec

SNAPSHOTTERS = ("native", "overlayfs")


def stamp_of(moment: datetime) -> Timestamp:
    """A moment as a message."""
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


@dataclass(frozen=True, slots=True)
class ContainerRecord:
    """A container as it goes over the wire, in two parts: many containers share one spec's bytes.

    `head` is a Container without its spec, `spec` one with nothing but its spec.
    """

    head: bytes
    spec: bytes
    snapshot: tuple[str, str]  # (snapshotter, key): what the garbage collector asks of it

    @classmethod
    def of(cls, message: containers_pb2.Container, spec: bytes | None = None) -> "ContainerRecord":
        """Take the message apart; `spec` is that part of an earlier record, to be shared."""
        head = containers_pb2.Container()
        head.CopyFrom(message)
        head.ClearField("spec")
        if spec is None:
            alone = containers_pb2.Container(spec=message.spec)
            spec = alone.SerializeToString() if message.HasField("spec") else b""
        snapshot = sys.intern(message.snapshotter), message.snapshot_key
        return cls(head.SerializeToString(), spec, snapshot)

    @property
    def wire(self) -> bytes:
        """The whole message, serialized."""
        return self.head + self.spec

    @property
    def without_spec(self) -> containers_pb2.Container:
        """The message, cheaply: id, labels, image, snapshot."""
        return containers_pb2.Container.FromString(self.head)

    @property
    def message(self) -> containers_pb2.Container:
        """The message, spec included."""
        return containers_pb2.Container.FromString(self.wire)


@dataclass(slots=True)
class Blob:
    """Content: its bytes, or None for bytes that nobody reads (then they are all zero)."""

    info: content_pb2.Info
    data: bytes | None


@dataclass(slots=True)
class Ingest:
    """Content on its way in. `leased`: it goes with its last lease; others stay.

    `arrived` are bytes of a pull: they are counted and not kept.
    """

    started_at: Timestamp
    updated_at: Timestamp
    total: int = 0
    data: bytearray = field(default_factory=bytearray)
    hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    locked: bool = False
    locked_at: Timestamp = field(default_factory=Timestamp)
    leased: bool = False
    arrived: int = 0


@dataclass(slots=True)
class StoredSnapshot:
    """A snapshot and what its own layer takes: bytes and inodes.

    `labels` are replaced, never changed: many share one empty map.
    """

    name: str
    parent: str
    kind: snapshots_pb2.Kind.ValueType
    created_at: datetime
    updated_at: datetime
    labels: Mapping[str, str] = field(default_factory=no_labels)
    size: int = 4096
    inodes: int = 1

    @property
    def info(self) -> snapshots_pb2.Info:
        """As a message."""
        return snapshots_pb2.Info(
            name=self.name,
            parent=self.parent,
            kind=self.kind,
            created_at=stamp_of(self.created_at),
            updated_at=stamp_of(self.updated_at),
            labels=self.labels,
        )


@dataclass(slots=True)
class StoredLease:
    """A lease and what it holds: (type, id), for example ("content", "sha256:…")."""

    lease: leases_pb2.Lease
    resources: set[tuple[str, str]] = field(default_factory=set)


@dataclass(slots=True)
class StoredTask:
    """A task: its process, what wakes those that wait for its end (made for the first), and
    what is executed in it.

    `ran` is for how many seconds it has run before the moment `since`, from which on it runs; that
    is None while it does not.
    """

    process: process_pb2.Process
    ended: asyncio.Event | None = None
    execs: dict[str, "StoredExec"] = field(default_factory=dict)
    ran: float = 0.0
    since: datetime | None = None

    def has_run(self, now: datetime) -> float:
        """For how many seconds, without its pauses."""
        return self.ran + (max(0.0, (now - self.since).total_seconds()) if self.since else 0.0)

    def rests(self, now: datetime) -> None:
        """From now on it does not run."""
        self.ran, self.since = self.has_run(now), None


@dataclass(slots=True)
class Space:
    """One namespace. Snapshots are keyed by (snapshotter, key), images by their raw name."""

    labels: dict[str, str] = field(default_factory=dict)
    containers: dict[str, ContainerRecord] = field(default_factory=dict)
    images: dict[bytes, images_pb2.Image] = field(default_factory=dict)
    tasks: dict[str, StoredTask] = field(default_factory=dict)
    snapshots: dict[tuple[str, str], StoredSnapshot] = field(default_factory=dict)
    content: dict[str, Blob] = field(default_factory=dict)
    ingests: dict[str, Ingest] = field(default_factory=dict)
    leases: dict[str, StoredLease] = field(default_factory=dict)


class World:
    """All namespaces of one daemon, its events and its clock (`now()` in UTC, replaceable)."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.spaces: dict[str, Space] = {}
        self.bus = Bus()
        self.now = now
        # From the kernel's PID_MAX_LIMIT on: nobody takes one for a process of this host.
        self.pids: Iterator[int] = count(1 << 22)
        self.uuid = str(uuid.uuid4())
        self.dirty: dict[str, object] = {}  # namespace → the loop that will collect its garbage
        self.rested_until = 0.0  # on the monotonic clock: no collection before it
        # The server's private folder, while it serves: what snapshots answer as mounts is in it.
        self.root: Path | None = None

    def space(self, namespace: str) -> Space:
        """The namespace, to write into: it exists from here on."""
        return self.spaces.setdefault(namespace, Space())

    def look(self, namespace: str) -> Space:
        """The namespace, to read: an unknown one is empty, and does not appear by being read."""
        return self.spaces.get(namespace) or Space()

    def stamp(self) -> Timestamp:
        """This moment, as a message."""
        return stamp_of(self.now())

    def publish(self, namespace: str, topic: str, message: Message) -> None:
        """Tell every subscriber: `topic` is such as /containers/create."""
        if self.bus.subscribers:
            self.bus.publish(
                events_pb2.Envelope(
                    timestamp=self.stamp(),
                    namespace=namespace,
                    topic=topic,
                    event=typeurl.pack(message),
                )
            )
