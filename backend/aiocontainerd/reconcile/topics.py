"""What an event is about: fields to show, and what to get again because of it.

Topics and payloads are those of CONTAINERD's `containerd.events` and, for images, of its image
service. The payload is never taken for the state: it only says where to look.
"""

from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Final, NamedTuple

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from aiocontainerd.models import NO_LABELS, Event, Task, TaskStatus
from aiocontainerd.pb import event_payloads_pb2, images_pb2, typeurl
from aiocontainerd.safe import safe
from aiocontainerd.services.events import Envelope

# Published by us to learn that our subscription is live. Nobody's namespace: those who follow
# only theirs, as dockerd does, never see it.
HELLO_TOPIC: Final = "/ctdeck/hello"
HELLO_NAMESPACE: Final = "ctdeck"

Identity = str | bytes  # bytes for images: what the daemon stores need not be UTF-8


class Kind(Enum):
    """What can be listed."""

    NAMESPACES = "namespaces"
    CONTAINERS = "containers"
    TASKS = "tasks"
    IMAGES = "images"
    SNAPSHOTS = "snapshots"


class Target(NamedTuple):
    """One thing to get again, or, without an `id`, all of a kind in a namespace."""

    kind: Kind
    namespace: str
    id: Identity | None = None

    @property
    def all(self) -> "Target":
        """The whole list that this is part of."""
        return Target(self.kind, self.namespace)

    def __str__(self) -> str:
        subject = safe(self.id) if self.id is not None else "list"
        return f"{self.kind.value} of {self.namespace}, {subject}"


ALL_NAMESPACES: Final = Target(Kind.NAMESPACES, "")

_KINDS: Final = {
    "containers": Kind.CONTAINERS,
    "tasks": Kind.TASKS,
    "images": Kind.IMAGES,
    "snapshot": Kind.SNAPSHOTS,
}
_SUBJECTS: Final = ("container_id", "sandbox_id", "id", "name", "digest", "key")
_INTEGERS: Final = {
    FieldDescriptor.TYPE_UINT32,
    FieldDescriptor.TYPE_INT64,
    FieldDescriptor.TYPE_UINT64,
}
_TEXTS: Final = {FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES}
_LONGEST: Final = 4096  # characters of a text that an event is shown with
# Looked up by the URL alone: a payload of another kind than its topic's is not ours to mend.
_PAYLOADS: Final[dict[str, type[Message]]] = {
    message.DESCRIPTOR.full_name: message
    for module in (event_payloads_pb2, images_pb2)
    for message in vars(module).values()
    if isinstance(message, type) and issubclass(message, Message)
}

Fields = Mapping[str, Identity]


def fields_of(envelope: Envelope) -> Fields:
    """The payload's plain fields by name, raw; {} for a payload that we cannot read."""
    payload = typeurl.name(envelope.event)
    if payload not in _PAYLOADS:
        return {}
    message = _PAYLOADS[payload]()
    try:
        message.ParseFromString(envelope.event.value)
    except DecodeError:
        return {}
    fields: dict[str, Identity] = {}
    for name, is_integer in _plain_fields(payload):
        value = getattr(message, name)
        if is_integer:  # zero is an answer too: exit_status
            fields[name] = str(value)
        elif value:
            fields[name] = value
    return fields


@cache
def _plain_fields(payload: str) -> tuple[tuple[str, bool], ...]:
    """Names of the payload's fields that hold a number or a text, and which of the two."""
    plain = _INTEGERS | _TEXTS
    fields = [field for field in _PAYLOADS[payload].DESCRIPTOR.fields if field.type in plain]
    return tuple((field.name, field.type in _INTEGERS) for field in fields)


def to_event(envelope: Envelope, fields: Fields, seq: int) -> Event:
    """The event as the world shows it, every string safe."""
    subject = next((name for name in _SUBJECTS if name in fields), "")
    attributes = {name: _shown(value) for name, value in fields.items() if name != subject}
    if subject == "container_id" and "id" in attributes:
        # Of a task it repeats the container's id; of an exec it is the exec's.
        own = attributes.pop("id")
        if own and own != _shown(fields[subject]):
            attributes["exec_id"] = own
    return Event(
        seq=seq,
        timestamp=envelope.timestamp,
        namespace=envelope.namespace,
        topic=envelope.topic,
        subject=_shown(fields[subject]) if subject else "",
        attributes=attributes or NO_LABELS,
    )


def _shown(value: Identity) -> str:
    """Safe, and not longer than anyone reads: 2,000 events are kept."""
    if len(value) <= _LONGEST:
        return safe(value)
    return safe(value[:_LONGEST]) + "…"


def targets_of(envelope: Envelope, fields: Fields) -> tuple[Target, ...]:
    """What the event says to get again; a payload that we cannot read means the whole list."""
    namespace, topic = envelope.namespace, envelope.topic
    _, area, verb = ("/" + topic.strip("/") + "//").split("/")[:3]
    if area == "namespaces":
        return (ALL_NAMESPACES,)
    kind = _KINDS.get(area)
    if kind is None:
        return ()
    if not fields:
        return (Target(kind, namespace),)
    if kind is Kind.IMAGES:
        return (Target(kind, namespace, fields.get("name", b"")),)
    if any(isinstance(fields.get(name), bytes) for name in _SUBJECTS):
        return (Target(kind, namespace),)  # not UTF-8: no such id can be asked for
    if kind is Kind.CONTAINERS:
        target = Target(kind, namespace, fields.get("id", ""))
        # Of a container without record, only the list of tasks still tells.
        return (target, Target(Kind.TASKS, namespace)) if verb == "delete" else (target,)
    if kind is Kind.TASKS:
        target = Target(kind, namespace, fields.get("container_id", ""))
        return () if _of_exec(fields) else (target,)
    return _snapshot_targets(namespace, verb, fields)


def _of_exec(fields: Fields) -> bool:
    """An exec's events change nothing of the task; kubelets' probes make them without end."""
    return bool(fields.get("exec_id")) or fields.get("id", fields.get("container_id")) not in (
        "",
        fields.get("container_id"),
    )


def _snapshot_targets(namespace: str, verb: str, fields: Fields) -> tuple[Target, ...]:
    """Only committed snapshots count, and they come and go by these two."""
    if verb == "commit":
        return (Target(Kind.SNAPSHOTS, namespace, fields.get("name", "")),)
    if verb == "remove":
        return (Target(Kind.SNAPSHOTS, namespace, fields.get("key", "")),)
    return ()


def fulfilled(topic: str, task: Task | None) -> bool:
    """Whether a task looks as the event foretold.

    Shims announce some changes a moment before the daemon itself knows of them; then it has to
    be asked again.
    """
    if topic == "/tasks/delete":
        return task is None
    if topic == "/tasks/exit":
        return task is None or task.status is TaskStatus.STOPPED
    if topic == "/tasks/start":
        return task is None or task.status is not TaskStatus.CREATED
    if topic == "/tasks/create":
        return task is not None
    if topic == "/tasks/paused":
        return task is None or task.status is not TaskStatus.RUNNING
    if topic == "/tasks/resumed":
        return task is None or task.status not in (TaskStatus.PAUSED, TaskStatus.PAUSING)
    return True
