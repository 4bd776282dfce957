"""What a row of each pane is: model objects side by side, with one identity.

A row is what a key acts on: it holds the objects as they were at the key press. Rows are made
when they are looked at; tuples, because of a hundred thousand one looks at all, to sort them.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, NamedTuple

from aiocontainerd.models import Container, Event, Image, Mount, Task

if TYPE_CHECKING:
    from aiocontainerd.disk.report import Report
    from aiocontainerd.disk.things import Thing


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


class DiskRow(NamedTuple):
    """A thing that takes room, and the report that tells of it."""

    report: Report
    thing: Thing

    @property
    def key(self) -> Hashable:
        """Namespace, kind and name."""
        return self.thing.node

    @property
    def name(self) -> str:
        """Its name, digest, id or key."""
        key = self.thing.node.key
        return key.partition("/")[2] if self.thing.node.kind == "snapshot" else key

    @property
    def kind(self) -> str:
        """What it is, in a word."""
        from aiocontainerd.disk.reasons import kind_of

        return kind_of(self.thing, self.report.survey)

    @property
    def size(self) -> int | None:
        """Bytes that it keeps on disk."""
        return self.report.sizes[self.thing.node]

    @property
    def frees(self) -> int:
        """Bytes that its delete, or of garbage its collection, brings."""
        return self.report.holdings.frees(self.thing.node)

    @property
    def is_garbage(self) -> bool:
        """Nothing holds it."""
        return self.thing.node in self.report.holdings.garbage

    @property
    def is_root(self) -> bool:
        """It is kept for its own sake: its delete may free something."""
        return self.thing.node in self.report.holdings.root_set

    @property
    def held(self) -> tuple[str, str]:
        """Who holds it, and the role that colours this."""
        from ctdeck.diskwords import held_by

        return held_by(self)


Row = ImageRow | ContainerRow | TaskRow | MountRow | EventRow | DiskRow
Scope = str | None  # a namespace, or None for all of them
