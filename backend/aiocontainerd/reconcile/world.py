"""The working copy of what the daemon holds, from which immutable snapshots are cut."""

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
    Told,
)
from aiocontainerd.reconcile.binds import Binds
from aiocontainerd.reconcile.findings import Findings, target_of
from aiocontainerd.reconcile.records import Change, Record, Records
from aiocontainerd.reconcile.ring import Ring
from aiocontainerd.reconcile.topics import Identity, Kind, Target

AT_ONCE = 0.0
SOON = 0.005  # s
LATER = 0.04  # s: an event's line can wait for the row that changes with it
SELDOM = 0.5  # s: while the first lists are being read, every snapshot delays the next row
SCREENFUL = 100  # containers that are worth a snapshot before their list is whole
_SHOWN = (Kind.CONTAINERS, Kind.TASKS, Kind.IMAGES)


class Plain(TypedDict, total=False):
    """Fields of a `Snapshot` that are set as they are."""

    phase: Phase
    error: str
    heard_at: datetime | None
    loaded: bool
    server: ServerInfo | None
    namespaces: tuple[str, ...]
    sources: Mapping[str, bool]
    events: tuple[Event, ...]
    behind: int


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
        self.findings = Findings()
        self.binds = Binds()
        self.sources: dict[str, bool] = {}
        self.changes = 0  # how often records were found to differ
        self.events_total = 0  # since the start; the number of the newest one
        self._changed = changed
        self._views: dict[Kind, dict[Key, Any]] = {kind: {} for kind in _SHOWN}
        self._stale: set[Kind] = set()
        self._events = Ring()
        self._next = Snapshot()
        self._read: set[Target] = set()  # lists that this session has read
        self._offered = False  # there was a snapshot of the first of them

    @property
    def loaded(self) -> bool:
        """Whether there was a whole picture."""
        return self._next.loaded

    @property
    def server(self) -> ServerInfo | None:
        """Who answered last."""
        return self._next.server

    @property
    def rows(self) -> int:
        """How many containers there are so far."""
        return len(self._views[Kind.CONTAINERS])

    @property
    def phase(self) -> Phase:
        """The phase that the next snapshot will have."""
        return self._next.phase

    def put(self, target: Target, record: Record | None, number: int) -> None:
        """Take the answer to question `number` about one record."""
        if target.namespace in self.namespaces:
            self._apply(self.records.put(target, record, number))

    def put_some(self, target: Target, records: Mapping[Identity, Record], number: int) -> None:
        """Take a part of that list; whatever else is held stays."""
        if target.namespace in self.namespaces:
            within = SOON if self.records.is_listed(target.kind, target.namespace) else SELDOM
            self._apply(self.records.put_some(target, records, number), within)
            self._offer()

    def remove(self, target: Target, gone: Iterable[Identity], number: int) -> None:
        """These were not in that whole list."""
        if target.namespace in self.namespaces:
            self._apply(self.records.remove(target, gone, number))

    def read_anew(self) -> None:
        """A session begins: it has read no list yet."""
        self._read.clear()
        self.set(behind=0)
        self._changed(SELDOM)

    def complete(self, target: Target, number: int) -> None:
        """That list, the answer to question `number`, has been taken: what it lacked is gone."""
        if target.namespace not in self.namespaces:
            return
        first = target not in self._read
        self._read.add(target)
        self.records.complete(target, number)
        if first and target.kind in _SHOWN:
            self._changed(SOON)
            self._offer()

    def forget(self) -> None:
        """What was held is another daemon's: nothing of it is shown any more."""
        self.put_namespaces((), ())
        self._events.clear()
        self._offered = False
        self.set(loaded=False, phase=Phase.CONNECTING, error="", events=())

    def put_namespaces(self, names: Iterable[str], followed: Iterable[str]) -> None:
        """All namespaces that there are, and those to follow; what was known of others goes."""
        self.namespaces, before = tuple(sorted(followed)), self.namespaces
        for name in before:
            if name not in self.namespaces:
                self._apply(self.records.drop(name))
        self._read = {target for target in self._read if target.namespace in self.namespaces}
        self.names = tuple(sorted(names))
        self.set(namespaces=self.names)

    def put_details(self, namespace: str, digest: str, details: ImageDetails) -> None:
        """Take what the content store says of an image's target."""
        if self.findings.set_details((namespace, digest), details):
            self.review(self.findings.pointing_at((namespace, digest)))

    def put_started(self, task: Task, moment: datetime | None) -> None:
        """Take when the process of this task began, None if that cannot be known."""
        held = self.records.of(Kind.TASKS, task.namespace).get(task.id)
        if isinstance(held, Task) and held.pid == task.pid:
            self.findings.started[task.key, task.pid] = moment
            self.review([held])

    def put_sources(self, sources: Mapping[str, bool]) -> None:
        """Take which bind sources exist; replaces what was known."""
        if sources is not self.sources and sources != self.sources:
            self.sources = dict(sources)
            self.set(sources=self.sources)

    def put_told(self, told: Mapping[Key, Told]) -> None:
        """Take what dockerd's files say of its containers; replaces what was known."""
        before, self.findings.told = self.findings.told, dict(told)
        news = [key for key in before.keys() | told.keys() if before.get(key) != told.get(key)]
        held = (self.records.of(Kind.CONTAINERS, key.namespace).get(key.id) for key in news)
        self.review(filter(None, held))

    def note(self, event: Event) -> None:
        """Take one more event."""
        self._events.add(event)
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
            changes |= {"events": self._events.kept(), "events_total": self.events_total}
        if (reading := self._reading()) != self._next.reading:
            changes["reading"] = reading
        if changes:
            self._next = replace(self._next, **changes)
        return self._next

    def _reading(self) -> frozenset[str]:
        """The lists that this session has not read yet; after that they are kept up to date."""
        lists = ((kind, name) for kind in _SHOWN for name in self.namespaces)
        return frozenset(kind.value for kind, name in lists if Target(kind, name) not in self._read)

    def is_whole(self, kind: Kind) -> bool:
        """Whether that list has been read of each namespace."""
        return all(self.records.is_listed(kind, name) for name in self.namespaces)

    def _offer(self) -> None:
        """The first rows at once: those that come after them can wait for their turn.

        A container's row is not true before it is known whether it has a task.
        """
        due = not (self.loaded or self._offered)
        if due and self.rows >= SCREENFUL and self.is_whole(Kind.TASKS):
            self._offered = True
            self._changed(AT_ONCE)

    def _apply(self, changes: Iterable[Change], within: float = SOON) -> None:
        seen = [self._take(change) for change in changes]
        if any(seen):
            self.changes += 1
            self._changed(within)

    def _take(self, change: Change) -> bool:
        """Whether the view differs by it."""
        kind, namespace, old, new = change
        if kind is Kind.SNAPSHOTS:
            images = self.findings.on_chain((namespace, str(new or old)))
            shown = [self._show(Kind.IMAGES, image) for image in images]
            return any(shown)
        if kind is Kind.CONTAINERS:
            assert not isinstance(old, str | Image | Task)
            assert not isinstance(new, str | Image | Task)
            self.binds.replace(old, new)
        self.findings.replace(old, new)
        if new is not None:
            return self._show(kind, new)
        assert isinstance(old, Container | Task | Image)
        self._stale.add(kind)
        return self._views[kind].pop(old.key, None) is not None

    def _show(self, kind: Kind, record: Record) -> bool:
        """Bring the view of one record up to date; whether it differs."""
        shown = self._complete(record)
        assert isinstance(shown, Container | Task | Image)
        key = shown.key
        if self._views[kind].get(key) == shown:
            return False
        self._views[kind][key] = shown
        self._stale.add(kind)
        return True

    def review(self, records: Iterable[Record]) -> None:
        """Something was found out about these."""
        shown = [self._show(_kind_of(record), record) for record in records]
        if any(shown):
            self._changed(SOON)

    def _complete(self, record: Record) -> Record:
        """The record with what was found out about it."""
        if isinstance(record, Container):
            told = self.findings.told.get(record.key) if self.findings.told else None
            return replace(record, told=told) if told else record
        if isinstance(record, Image):
            details = self.findings.details.get(target_of(record))
            unpacked = self._unpacked(record.namespace, details)
            return replace(record, details=details, unpacked=unpacked) if details else record
        if isinstance(record, Task) and record.status is not TaskStatus.STOPPED:
            since = self.findings.started.get((record.key, record.pid))
            return replace(record, since=since) if since else record
        return record

    def _unpacked(self, namespace: str, details: ImageDetails | None) -> bool | None:
        if details is None or not self.records.is_listed(Kind.SNAPSHOTS, namespace):
            return None
        return details.chain_id in self.records.of(Kind.SNAPSHOTS, namespace)


def _kind_of(record: Record) -> Kind:
    if isinstance(record, Container):
        return Kind.CONTAINERS
    return Kind.IMAGES if isinstance(record, Image) else Kind.TASKS
