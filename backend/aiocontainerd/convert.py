"""Protobuf → models: every outside string is made safe here, once.

What containerd stores is not checked by it: a spec can be any JSON, a name any bytes. Parts that
are not what they should be are left out, so that one odd record never hides the others.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from aiocontainerd.models import (
    NO_LABELS,
    Container,
    Descriptor,
    Image,
    Mount,
    Task,
    TaskStatus,
)
from aiocontainerd.pb import containers_pb2, images_pb2, process_pb2, types_pb2, typeurl
from aiocontainerd.safe import safe

# The default mounts of nearly all containers are alike: keep one tuple of each kind. Bounded,
# because specs come from outside.
_MOUNTS: dict[tuple[Mount, ...], tuple[Mount, ...]] = {}
_MOUNTS_LIMIT = 4096


def time_of(stamp: Timestamp, present: bool = True) -> datetime | None:
    """The moment in UTC; None when it is unset, or year 1, containerd's "not yet"."""
    if not present or stamp.seconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(stamp.seconds, UTC).replace(microsecond=stamp.nanos // 1000)
    except (OverflowError, ValueError, OSError):
        return None


def labels_of(labels: Mapping[str, str]) -> Mapping[str, str]:
    """A read-only copy of a label map, keys and values safe."""
    if not labels:
        return NO_LABELS
    return MappingProxyType({safe(key): safe(value) for key, value in labels.items()})


def descriptor(message: types_pb2.Descriptor) -> Descriptor:
    """containerd.types.Descriptor as our own."""
    return Descriptor(
        safe(message.media_type), safe(message.digest), message.size, labels_of(message.annotations)
    )


def descriptor_to_pb(value: Descriptor) -> types_pb2.Descriptor:
    """Our Descriptor as containerd's."""
    return types_pb2.Descriptor(
        media_type=value.media_type,
        digest=value.digest,
        size=value.size,
        annotations=dict(value.annotations),
    )


def image(message: images_pb2.Image, namespace: str) -> Image:
    """An image record; its details are read later."""
    return Image(
        namespace=namespace,
        name=safe(message.name),
        raw_name=message.name,
        target=descriptor(message.target),
        labels=labels_of(message.labels),
        created_at=time_of(message.created_at, message.HasField("created_at")),
        updated_at=time_of(message.updated_at, message.HasField("updated_at")),
    )


def container(message: containers_pb2.Container, namespace: str) -> Container:
    """A container record, with what the lists show of its spec; the spec itself is not kept."""
    spec = spec_of(message)
    process = _dict(spec.get("process"))
    return Container(
        namespace=namespace,
        id=safe(message.id),
        image=safe(message.image),
        runtime=safe(message.runtime.name),
        snapshotter=safe(message.snapshotter),
        snapshot_key=safe(message.snapshot_key),
        created_at=time_of(message.created_at, message.HasField("created_at")),
        updated_at=time_of(message.updated_at, message.HasField("updated_at")),
        labels=labels_of(message.labels),
        mounts=_mounts(spec),
        args=strings(process.get("args")),
        terminal=process.get("terminal") is True,
    )


def task(message: process_pb2.Process, namespace: str) -> Task:
    """A task as Get and List return it: there `id` is the container's."""
    try:
        status = TaskStatus(message.status)
    except ValueError:  # a status newer than we are
        status = TaskStatus.UNKNOWN
    stopped = status is TaskStatus.STOPPED
    exited_at = time_of(message.exited_at, message.HasField("exited_at"))
    return Task(
        namespace=namespace,
        id=safe(message.id or message.container_id),
        pid=message.pid,
        status=status,
        exit_status=message.exit_status,
        exited_at=exited_at,
        since=exited_at if stopped else None,
        terminal=message.terminal,
    )


def spec_of(message: containers_pb2.Container) -> dict[str, Any]:
    """The runtime spec of a record, {} when it is none; its strings are raw."""
    if not message.spec.value:
        return {}
    try:
        return _dict(typeurl.unpack_json(message.spec))
    except typeurl.TypeUrlError:
        return {}


def strings(value: object) -> tuple[str, ...]:
    """The strings of a JSON list, made safe; () for anything else."""
    if not isinstance(value, list):
        return ()
    return tuple(safe(item) for item in value if isinstance(item, str))


def _mounts(spec: dict[str, Any]) -> tuple[Mount, ...]:
    """The spec's mounts in its own order, shared between containers that have the same."""
    entries = spec.get("mounts")
    if not isinstance(entries, list):
        return ()
    mounts = tuple(
        Mount(
            destination=_text(entry.get("destination")),
            type=_text(entry.get("type")),
            source=_text(entry.get("source")),
            options=strings(entry.get("options")),
        )
        for entry in entries
        if isinstance(entry, dict)
    )
    if len(_MOUNTS) >= _MOUNTS_LIMIT:
        _MOUNTS.clear()
    return _MOUNTS.setdefault(mounts, mounts)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return safe(value) if isinstance(value, str) else ""
