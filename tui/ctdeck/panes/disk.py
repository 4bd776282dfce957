"""What fills the disk: kind, name, size, what a delete frees, who holds it; the largest first."""

from __future__ import annotations

from datetime import datetime

from aiocontainerd.models import Snapshot
from ctdeck.filtering import BETWEEN
from ctdeck.formatting import GLYPHS, age, clock, short_digest, short_reference, size
from ctdeck.listing import stamp
from ctdeck.listings.disk import DISK as LISTING
from ctdeck.panes.pane import Pane, namespace_column
from ctdeck.rows import DiskRow
from ctdeck.widgets.column import Cell, Column


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
        full=lambda r: f"{_name(r)}{BETWEEN}{r.thing.node.key}",
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
        lambda r: stamp(r.thing.created_at),
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
    listing=LISTING,
    sorted_by="size",
    alone=True,
    told=_told,
    waits=_waits,
)
