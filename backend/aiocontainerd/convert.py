"""Protobuf → models: every outside string is made safe here, once.

What containerd stores is not checked by it: a spec can be any JSON, a name any bytes. Parts that
are not what they should be are left out, so that one odd record never hides the others. The .proto
files let text through that is not UTF-8 (1.6 stores it): it comes as `bytes`, whatever the stubs'
types say, and cannot be set in a `string` field. What is sent back is a `bytes` field there.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.unknown_fields import UnknownFieldSet

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
from aiocontainerd.safe import exact, safe

_EPOCH = datetime.fromtimestamp(0, UTC)
# What thousands of records have in common is kept once. The caches are bounded in number and, by
# these lengths in characters, in size: all of it comes from outside.
_SHARED = 4096
_SHORT = 256
_SHORT_LIST = 1024
_LONGEST = 1 << 17  # characters of one text of a spec; Linux takes no longer argument or path

_CRI_METADATA = ("io.cri-containerd.container.metadata", "io.cri-containerd.sandbox.metadata")

_shared = lru_cache(_SHARED)(safe)


def shared(text: str | bytes) -> str:
    """As `safe`, and one object for equal texts: for what repeats from record to record."""
    return _shared(text) if len(text) <= _SHORT else safe(text)


def as_bytes(text: str | bytes) -> bytes:
    """A name as it goes back to the daemon; bytes that os gave for undecodable ones return."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def time_of(stamp: Timestamp, present: bool = True) -> datetime | None:
    """The moment in UTC; None when it is unset, or year 1, containerd's "not yet"."""
    if not present or stamp.seconds <= 0:
        return None
    try:
        return _EPOCH + timedelta(0, stamp.seconds, stamp.nanos // 1000)
    except OverflowError:
        return None


def labels_of(message: Message, name: str = "labels") -> Mapping[str, str]:
    """A read-only copy of a message's label map, keys and values safe."""
    labels = getattr(message, name)
    if not labels:
        return NO_LABELS
    try:
        return MappingProxyType({shared(key): shared(value) for key, value in labels.items()})
    except UnicodeDecodeError:
        items = _raw_items(message, name)
        return MappingProxyType({shared(key): shared(value) for key, value in items})


def _raw_items(message: Message, name: str) -> Iterator[tuple[bytes, bytes]]:
    """The items of a map with a key that is not UTF-8, which protobuf lists but never gives."""
    wanted = message.DESCRIPTOR.fields_by_name[name].number
    for number, item in _fields(message.SerializeToString()):
        if number == wanted:
            found = dict(_fields(item))
            yield found.get(1, b""), found.get(2, b"")


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field, read without any knowledge of the message."""
    fields = UnknownFieldSet(Empty.FromString(message))
    for each in map(fields.__getitem__, range(len(fields))):
        yield each.field_number, each.data


def descriptor(message: types_pb2.Descriptor) -> Descriptor:
    """containerd.types.Descriptor as our own."""
    return Descriptor(
        shared(message.media_type),
        safe(message.digest),
        message.size,
        labels_of(message, "annotations"),
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
    name, exact_name = _named(message.name)
    return Image(
        namespace=namespace,
        name=name,
        raw_name=message.name,
        target=descriptor(message.target),
        labels=labels_of(message),
        created_at=time_of(message.created_at, message.HasField("created_at")),
        updated_at=time_of(message.updated_at, message.HasField("updated_at")),
        exact_name=exact_name,
    )


def _named(text: str | bytes) -> tuple[str, str]:
    """A name as it is shown, and `exact`, "" where that is the same."""
    shown, told = safe(text), exact(text)
    return shown, "" if told == shown else told


_shared_named = lru_cache(_SHARED)(_named)


def container(message: containers_pb2.Container, namespace: str) -> Container:
    """A container record, with what the lists show of its spec; the spec itself is not kept."""
    spec = spec_of(message)
    process = _dict(spec.get("process"))
    id, raw_key = safe(message.id), message.snapshot_key
    key = safe(raw_key)
    named = _shared_named if len(message.image) <= _SHORT else _named
    image, exact_image = named(message.image)
    return Container(
        namespace=namespace,
        id=id,
        image=image,
        runtime=shared(message.runtime.name),
        snapshotter=shared(message.snapshotter),
        snapshot_key=id if key == id else key,
        created_at=time_of(message.created_at, message.HasField("created_at")),
        updated_at=time_of(message.updated_at, message.HasField("updated_at")),
        labels=labels_of(message),
        mounts=_mounts(spec),
        args=_words(process.get("args")),
        terminal=process.get("terminal") is True,
        exact_image=exact_image,
        odd_snapshot_key=b"" if key == raw_key else as_bytes(raw_key),
        attempt=_attempt(message) if message.extensions else None,
    )


def _attempt(message: containers_pb2.Container) -> int | None:
    """Of what the CRI plugin keeps with its containers and sandboxes; 0 is left out there."""
    for name in _CRI_METADATA:
        if name in message.extensions:
            kept = _json_of(message.extensions[name]).get("Metadata")
            metadata = _dict(_dict(_dict(kept).get("Config")).get("metadata"))
            attempt = metadata.get("attempt", 0)
            return attempt if metadata and type(attempt) is int else None
    return None


def same_container(message: containers_pb2.Container, known: Container) -> bool:
    """Whether nothing of the record has changed: the daemon dates each creation and update."""
    created = time_of(message.created_at, message.HasField("created_at"))
    updated = time_of(message.updated_at, message.HasField("updated_at"))
    return (
        updated is not None
        and (created, updated) == (known.created_at, known.updated_at)
        and (message.image, message.snapshot_key) == (known.image, known.snapshot_key)
        and known.labels == _plain(message.labels)
    )


def _plain(labels: Mapping[str, str]) -> Mapping[str, str] | None:
    """The labels raw, None if one of the keys is not UTF-8."""
    try:
        return dict(labels)
    except UnicodeDecodeError:
        return None


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
    return _json_of(message.spec)


def _json_of(value: AnyMessage) -> dict[str, Any]:
    if not value.value:
        return {}
    try:
        return _dict(typeurl.unpack_json(value))
    except typeurl.TypeUrlError:
        return {}


def strings(value: object) -> tuple[str, ...]:
    """The strings of a JSON list, made safe; () for anything else."""
    return tuple(safe(item) for item in _raw_strings(value))


def _raw_strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple([text[:_LONGEST] for text in value if isinstance(text, str)])


def _words(value: object) -> tuple[str, ...]:
    """As `strings`, and one tuple for equal lists."""
    words = _raw_strings(value)
    if sum(map(len, words)) > _SHORT_LIST:
        return strings(value)
    return _shared_words(words)


@lru_cache(_SHARED)
def _shared_words(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(safe(word) for word in words)


# Destination, type, source and options as the spec has them.
_RawMount = tuple[str, str, str, tuple[str, ...]]


def _mounts(spec: dict[str, Any]) -> tuple[Mount, ...]:
    """The spec's mounts in its own order.

    One tuple for containers with the same mounts, and one `Mount` for the same one in any: most
    of them are the runtime's defaults.
    """
    entries = spec.get("mounts")
    if not isinstance(entries, list):
        return ()
    raw = tuple([_raw_mount(entry) for entry in entries if isinstance(entry, dict)])
    if sum([len(d) + len(t) + len(s) + sum(map(len, o)) for d, t, s, o in raw]) > _SHORT_LIST:
        return tuple(_mount(mount) for mount in raw)
    return _shared_mounts(raw)


@lru_cache(_SHARED // 4)
def _shared_mounts(raw: tuple[_RawMount, ...]) -> tuple[Mount, ...]:
    return tuple(_shared_mount(mount) for mount in raw)


def _mount(raw: _RawMount) -> Mount:
    destination, type, source, options = raw
    return Mount(safe(destination), shared(type), safe(source), tuple(map(shared, options)))


_shared_mount = lru_cache(_SHARED)(_mount)


def _raw_mount(entry: dict[str, Any]) -> _RawMount:
    return (
        _text(entry.get("destination")),
        _text(entry.get("type")),
        _text(entry.get("source")),
        _raw_strings(entry.get("options")),
    )


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""
