"""What a row of each pane is: model objects side by side, with one identity.

A row is what a key acts on: it holds the objects as they were at the key press. Rows are made
when they are looked at; tuples, because of a hundred thousand one looks at all, to sort them.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from aiocontainerd.models import Container, Event, Image, Mount, Task


class ImageRow(NamedTuple):
    """An image and how many containers name it."""

    image: Image
    users: int

    @property
    def key(self) -> Hashable:
        """Namespace and name."""
        return self.image.key

    @property
    def birth(self) -> object:
        """As of a container."""
        return self.image.created_at


class ContainerRow(NamedTuple):
    """A container and its task, if it has one."""

    container: Container
    task: Task | None

    @property
    def key(self) -> Hashable:
        """Namespace and id."""
        return self.container.key

    @property
    def birth(self) -> object:
        """What another one of the same identity does not have: it was made at another time."""
        return self.container.created_at


class TaskRow(NamedTuple):
    """A task and its container; the record can be gone while the task is still there."""

    task: Task
    container: Container | None

    @property
    def key(self) -> Hashable:
        """Namespace and container id."""
        return self.task.key

    @property
    def birth(self) -> object:
        """That of its container: a task that was started anew is the same one here."""
        return self.container.created_at if self.container else None


class MountRow(NamedTuple):
    """One mount of a container; `exists` is None while nobody has looked at the source."""

    container: Container
    number: int
    mount: Mount
    exists: bool | None

    @property
    def key(self) -> Hashable:
        """Namespace, container id, destination, and its place in the spec."""
        return (*self.container.key, self.mount.destination, self.number)


class EventRow(NamedTuple):
    """One event."""

    event: Event

    @property
    def key(self) -> Hashable:
        """The number of the event in this session."""
        return self.event.seq


Row = ImageRow | ContainerRow | TaskRow | MountRow | EventRow
Scope = str | None  # a namespace, or None for all of them
