"""The working copy of what the daemon holds, from which immutable snapshots are cut."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypedDict, Unpack

from aiocontainerd.models import (
    Container,
    Event,
    Image,
    ImageDetails,
    Key,
    Phase,
    ServerInfo,
    Snapshot,
    Task,
    TaskStatus,
)
from aiocontainerd.reconcile.records import Change, Record, Records
from aiocontainerd.reconcile.topics import Identity, Kind, Target

EVENTS_KEPT = 2_000
SOON = 0.005  # s
LATER = 0.04  # s: an event's line can wait for the row that changes with it
_SHOWN = (Kind.CONTAINERS, Kind.TASKS, Kind.IMAGES)


class Plain(TypedDict, total=False):
    """Fields of a `Snapshot` that are set as they are."""

    phase: Phase
    error: str
    loaded: bool
    server: ServerInfo | None
    namespaces: tuple[str, ...]
    sources: Mapping[str, bool]


class World:
    """Records of all namespaces, what was found out about them, and the last events.

    `changed` is called, often, whenever the next snapshot would differ from the last one; with
    how soon that is worth publishing, in seconds. A mapping is the same object in two snapshots
    when nothing of that kind has changed.
    """

    def __init__(self, changed: Callable[[float], None]) -> None:
        self.records = Records()
        self.names: tuple[str, ...] = ()  # of all namespaces
        self.namespaces: tuple[str, ...] = ()  # those that are followed
        self.details: dict[tuple[str, str], ImageDetails] = {}  # by namespace and target digest
        self.started: dict[tuple[Key, int], datetime | None] = {}  # by task and pid
        self.sources: dict[str, bool] = {}
        self.events_total = 0  # since the start; the number of the newest one
        self._changed = changed
        self._views: dict[Kind, dict[Key, Any]] = {kind: {} for kind in _SHOWN}
        self._stale: set[Kind] = set()
        self._events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self._next = Snapshot()

    @property
    def phase(self) -> Phase:
        """The phase that the next snapshot will have."""
        return self._next.phase

    def put(self, target: Target, record: Record | None, number: int) -> None:
        """Take the answer to question `number` about one record."""
        if target.namespace in self.namespaces:
            self._apply(self.records.put(target, record, number))

    def put_all(self, target: Target, records: Mapping[Identity, Record], number: int) -> None:
        """Take the answer to question `number` about a whole list."""
        if target.namespace in self.namespaces:
            first = not self.records.is_listed(target.kind, target.namespace)
            changes = self.records.put_all(target, records, number)
            if target.kind is Kind.SNAPSHOTS:
                if first or changes:
                    self._review(self.records.of(Kind.IMAGES, target.namespace).values())
            else:
                self._apply(changes)

    def put_namespaces(self, names: Iterable[str], followed: Iterable[str]) -> None:
        """All namespaces that there are, and those to follow; what was known of others goes."""
        self.namespaces, before = tuple(sorted(followed)), self.namespaces
        for name in before:
            if name not in self.namespaces:
                self._apply(self.records.drop(name))
        self.names = tuple(sorted(names))
        self.set(namespaces=self.names)

    def put_details(self, namespace: str, digest: str, details: ImageDetails) -> None:
        """Take what the content store says of an image's target."""
        if self.details.get((namespace, digest)) != details:
            self.details[namespace, digest] = details
            self._review(self._pointing_at(namespace, digest))

    def put_started(self, task: Task, moment: datetime | None) -> None:
        """Take when the process of this task began, None if that cannot be known."""
        self.started[task.key, task.pid] = moment
        self._review(r for r in [self.records.of(Kind.TASKS, task.namespace).get(task.id)] if r)

    def put_sources(self, sources: Mapping[str, bool]) -> None:
        """Take which bind sources exist; replaces what was known."""
        if sources != self.sources:
            self.sources = dict(sources)
            self.set(sources=dict(sources))

    def note(self, event: Event) -> None:
        """Take one more event."""
        self._events.append(event)
        self.events_total = event.seq
        self._changed(LATER)

    def set(self, **fields: Unpack[Plain]) -> None:
        """Change plain fields of the next snapshot."""
        if any(getattr(self._next, name) != value for name, value in fields.items()):
            self._next = replace(self._next, **fields)
            self._changed(SOON)

    def freeze(self) -> Snapshot:
        """The present state as a snapshot; the same object when nothing has changed."""
        changes: dict[str, Any] = {kind.value: dict(self._views[kind]) for kind in self._stale}
        self._stale.clear()
        if self.events_total != self._next.events_total:
            changes |= {"events": tuple(self._events), "events_total": self.events_total}
        if changes:
            self._next = replace(self._next, **changes)
        return self._next

    def forget_unused(self) -> None:
        """Drop what was found out about things that are gone."""
        targets = {
            (image.namespace, image.target.digest)
            for image in self.records.all(Kind.IMAGES)
            if isinstance(image, Image)
        }
        tasks = {
            (task.key, task.pid) for task in self.records.all(Kind.TASKS) if isinstance(task, Task)
        }
        self.details = {key: value for key, value in self.details.items() if key in targets}
        self.started = {key: value for key, value in self.started.items() if key in tasks}

    def _apply(self, changes: Iterable[Change]) -> None:
        for kind, namespace, old, new in changes:
            if kind is Kind.SNAPSHOTS:
                self._review(self._on_chain(namespace, str(new or old)))
            elif new is not None:
                self._show(kind, new)
            elif isinstance(old, Container | Task | Image):
                self._views[kind].pop(old.key, None)
                self._stale.add(kind)
                self._changed(SOON)

    def _show(self, kind: Kind, record: Record) -> None:
        """Bring the view of one record up to date."""
        shown = self._complete(record)
        assert isinstance(shown, Container | Task | Image)
        if self._views[kind].get(shown.key) != shown:
            self._views[kind][shown.key] = shown
            self._stale.add(kind)
            self._changed(SOON)

    def _review(self, records: Iterable[Record]) -> None:
        """Something was found out about these."""
        for record in records:
            self._show(Kind.IMAGES if isinstance(record, Image) else Kind.TASKS, record)

    def _complete(self, record: Record) -> Record:
        """The record with what was found out about it."""
        if isinstance(record, Image):
            details = self.details.get((record.namespace, record.target.digest))
            unpacked = self._unpacked(record.namespace, details)
            return replace(record, details=details, unpacked=unpacked) if details else record
        if isinstance(record, Task) and record.status is not TaskStatus.STOPPED:
            since = self.started.get((record.key, record.pid))
            return replace(record, since=since) if since else record
        return record

    def _unpacked(self, namespace: str, details: ImageDetails | None) -> bool | None:
        if details is None or not self.records.is_listed(Kind.SNAPSHOTS, namespace):
            return None
        return details.chain_id in self.records.of(Kind.SNAPSHOTS, namespace)

    def _pointing_at(self, namespace: str, digest: str) -> list[Record]:
        images = self.records.of(Kind.IMAGES, namespace).values()
        return [i for i in images if isinstance(i, Image) and i.target.digest == digest]

    def _on_chain(self, namespace: str, chain_id: str) -> list[Record]:
        found: list[Record] = []
        for image in self.records.of(Kind.IMAGES, namespace).values():
            if isinstance(image, Image):
                details = self.details.get((namespace, image.target.digest))
                if details is not None and details.chain_id == chain_id:
                    found.append(image)
        return found
