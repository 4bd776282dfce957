"""What a row of each pane is: model objects side by side, with one identity.

A row is what a key acts on: it holds the objects as they were at the key press.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeVar

from aiocontainerd.models import Container, Event, Image, Mount, Snapshot, Task

T = TypeVar("T", Container, Image, Task, Event)


@dataclass(frozen=True, slots=True)
class ImageRow:
    """An image and how many containers name it."""

    image: Image
    users: int

    @property
    def key(self) -> Hashable:
        """Namespace and name."""
        return self.image.key


@dataclass(frozen=True, slots=True)
class ContainerRow:
    """A container and its task, if it has one."""

    container: Container
    task: Task | None

    @property
    def key(self) -> Hashable:
        """Namespace and id."""
        return self.container.key


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task and its container; the record can be gone while the task is still there."""

    task: Task
    container: Container | None

    @property
    def key(self) -> Hashable:
        """Namespace and container id."""
        return self.task.key


@dataclass(frozen=True, slots=True)
class MountRow:
    """One mount of a container; `exists` is None while nobody has looked at the source."""

    container: Container
    number: int
    mount: Mount
    exists: bool | None

    @property
    def key(self) -> Hashable:
        """Namespace, container id, destination, and its place in the spec."""
        return (*self.container.key, self.mount.destination, self.number)


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event."""

    event: Event

    @property
    def key(self) -> Hashable:
        """The number of the event in this session."""
        return self.event.seq


Row = ImageRow | ContainerRow | TaskRow | MountRow | EventRow
Scope = str | None  # a namespace, or None for all of them


def _in(scope: Scope, items: Iterable[T]) -> Iterable[T]:
    return items if scope is None else (item for item in items if item.namespace == scope)


def image_rows(snapshot: Snapshot, scope: Scope) -> list[ImageRow]:
    """All images of the scope."""
    uses = Counter((c.namespace, c.image) for c in snapshot.containers.values())
    return [ImageRow(i, uses[i.key]) for i in _in(scope, snapshot.images.values())]


def container_rows(snapshot: Snapshot, scope: Scope) -> list[ContainerRow]:
    """All containers of the scope, each with its task."""
    task_at = snapshot.tasks.get
    found = snapshot.containers.items()
    return [ContainerRow(c, task_at(key)) for key, c in found if scope in (None, key[0])]


def task_rows(snapshot: Snapshot, scope: Scope) -> list[TaskRow]:
    """All tasks of the scope, each with its container."""
    containers = snapshot.containers
    return [TaskRow(t, containers.get(t.key)) for t in _in(scope, snapshot.tasks.values())]


def mount_rows(snapshot: Snapshot, scope: Scope) -> list[MountRow]:
    """All mounts of the containers of the scope: bind mounts first, then by container."""
    source_at = snapshot.sources.get
    containers = sorted(_in(scope, snapshot.containers.values()), key=attrgetter("id"))
    rows = [
        MountRow(container, number, mount, source_at(mount.source))
        for container in containers
        for number, mount in enumerate(container.mounts)
    ]
    binds = [row for row in rows if row.mount.is_bind]
    return [*binds, *(row for row in rows if not row.mount.is_bind)] if binds else rows


def event_rows(snapshot: Snapshot, scope: Scope) -> list[EventRow]:
    """The events of the scope that are still kept."""
    return [EventRow(event) for event in _in(scope, snapshot.events)]


RowsOf = Callable[[Snapshot, Scope], "list[ImageRow] | list[ContainerRow] | list[TaskRow]"]
