"""What fills the disk: kind, name, size, what a delete frees, who holds it; the largest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence, Set
from datetime import datetime

from aiocontainerd.models import Snapshot
from ctdeck import listing
from ctdeck.formatting import GLYPHS, age, clock, short_digest, short_reference, size
from ctdeck.listing import Listing
from ctdeck.panes.pane import Pane, namespace_column
from ctdeck.rows import DiskRow, Scope
from ctdeck.widgets.column import Cell, Column


def _row(snapshot: Snapshot, key: Hashable) -> DiskRow | None:
    report = snapshot.disk
    thing = report.survey.things.get(key) if report else None  # type: ignore[call-overload]
    return DiskRow(report, thing) if report and thing else None


def _rows(snapshot: Snapshot, keys: Sequence[Hashable]) -> Iterable[DiskRow]:
    return (row for key in keys if (row := _row(snapshot, key)))


def _keys(snapshot: Snapshot, scope: Scope) -> list[Hashable]:
    order = snapshot.disk.order if snapshot.disk else ()
    return [node for node in order if scope is None or node.namespace == scope]


def _order(snapshot: Snapshot, key: Hashable) -> int | None:
    return snapshot.disk.places.get(key) if snapshot.disk else None  # type: ignore[call-overload]


def _touched(old: Snapshot, new: Snapshot, scope: Scope) -> Set[Hashable] | None:
    return frozenset() if old.disk is new.disk else None


def _count(counts: Counter[str], old: Snapshot, new: Snapshot) -> None:
    if old.disk is not new.disk:
        counts.clear()
        counts.update(new.disk.counts if new.disk else ())


def _name(row: DiskRow) -> str:
    node = row.thing.node
    if node.kind == "snapshot":
        snapshotter, _, key = node.key.partition("/")
        # containerd's own default goes without saying: its word took the room of the name
        return _digest(key) if snapshotter == "overlayfs" else f"{_digest(key)} ({snapshotter})"
    return short_reference(node.key) if node.kind == "image" else _digest(node.key)


def _digest(key: str) -> str:
    return short_digest(key) if key.startswith("sha256:") else key


def _size(row: DiskRow, now: datetime) -> Cell:
    known = row.size
    return size(known) if known is not None else (GLYPHS.ellipsis, "muted")


def _frees(row: DiskRow, now: datetime) -> Cell:
    if row.is_garbage:
        return size(row.frees), "warn"
    if not row.is_root:
        return "held", "muted"
    return size(row.frees)


def _held(row: DiskRow, now: datetime) -> Cell:
    words, role = row.held
    return words, role


COLUMNS: tuple[Column[DiskRow], ...] = (
    namespace_column(lambda r: r.thing.node.namespace, priority=4),
    Column("kind", "KIND", lambda r, _: r.kind, lambda r: r.kind, priority=2, minimum=9),
    Column(
        "name",
        "NAME",
        lambda r, _: _name(r),
        _name,
        minimum=20,
        maximum=44,
        cut="host",
        full=lambda r: r.thing.node.key,
    ),
    Column(
        "size",
        "SIZE",
        _size,
        lambda r: -(r.size or 0),
        priority=1,
        minimum=7,
        maximum=8,
        right=True,
        falling=True,
    ),
    Column(
        "frees",
        "FREES",
        _frees,
        lambda r: -r.frees,
        priority=3,
        minimum=7,
        maximum=8,
        right=True,
        falling=True,
    ),
    Column(
        "held",
        "HELD BY",
        _held,
        lambda r: r.held[0],
        priority=5,
        minimum=16,
        maximum=36,
        cut="host",
    ),
    Column(
        "age",
        "AGE",
        lambda r, now: age(r.thing.created_at, now),
        lambda r: listing.stamp(r.thing.created_at),
        priority=6,
        minimum=6,
        right=True,
        when=lambda r: r.thing.created_at,
    ),
)


def _told(snapshot: Snapshot) -> str:
    """``12.3 GB, 310 MB of it garbage, as of 12:04:01``; beside the count in the title."""
    report = snapshot.disk
    if report is None:
        return ""
    garbage = f", {size(report.garbage)} of it garbage" if report.garbage else ""
    more = "" if report.survey.is_whole else ", still measuring " + GLYPHS.ellipsis
    unread = ", not all could be read" if report.survey.problems else ""
    return f"{size(report.used)}{garbage}, as of {clock(report.taken_at)}{more}{unread}"


def _waits(snapshot: Snapshot) -> str:
    return "" if snapshot.disk else f"asking what fills the disk {GLYPHS.ellipsis}"


DISK = Pane(
    id="disk",
    key="6",
    title="Disk",
    short="Dsk",
    noun="thing",
    columns=COLUMNS,
    listing=Listing(_keys, _row, _rows, _order, _touched, _count),
    sorted_by="size",
    alone=True,
    told=_told,
    waits=_waits,
)
