"""The mounts: container, source, destination, type, options; those that people made first."""

from __future__ import annotations

from datetime import datetime

from ctdeck.formatting import UNKNOWN, short_id
from ctdeck.listings.mounts import MOUNTS as LISTING
from ctdeck.masking import masked_option, masked_source
from ctdeck.mountkinds import Kind, group_of, kind_of
from ctdeck.panes.pane import Pane, namespace_column
from ctdeck.rows import MountRow
from ctdeck.widgets.column import Cell, Column


def _source(row: MountRow, now: datetime) -> Cell:
    source = masked_source(row.mount.source)
    return source if kind_of(row.mount) is Kind.USERS else (source, "muted")


def _type(row: MountRow, now: datetime) -> Cell:
    return row.mount.type, "accent" if kind_of(row.mount) is Kind.USERS else "muted"


def _exists(row: MountRow, now: datetime) -> Cell:
    if not row.mount.is_bind:
        return ""
    if row.exists is None:
        return UNKNOWN, "muted"
    return ("exists", "good") if row.exists else ("missing", "bad")


COLUMNS: tuple[Column[MountRow], ...] = (
    namespace_column(lambda r: r.container.namespace, priority=6),
    Column(
        "container",
        "CONTAINER",
        lambda r, _: short_id(r.container.id),
        lambda r: r.container.id,
        priority=2,
        minimum=12,
        maximum=30,
        full=lambda r: f"{r.container.id} {r.container.display_name}",
    ),
    Column(
        "source",
        "SOURCE",
        _source,
        lambda r: r.mount.source,
        minimum=14,
        maximum=60,
        cut="middle",
    ),
    Column(
        "destination",
        "DESTINATION",
        lambda r, _: r.mount.destination,
        lambda r: r.mount.destination,
        priority=1,
        minimum=12,
        maximum=50,
        cut="middle",
    ),
    Column(
        "type",
        "TYPE",
        _type,
        lambda r: group_of(r.mount),
        priority=4,
        minimum=6,
        maximum=10,
    ),
    Column(
        "options",
        "OPTIONS",
        lambda r, _: (",".join(map(masked_option, r.mount.options)), "muted"),
        lambda r: r.mount.options,
        priority=5,
        minimum=8,
        maximum=40,
    ),
    Column(
        "exists",
        "ON HOST",
        _exists,
        lambda r: (r.exists is None, bool(r.exists)),
        priority=3,
        minimum=7,
    ),
)

MOUNTS = Pane(
    id="mounts",
    key="4",
    title="Mounts",
    short="Mnt",
    noun="mount",
    columns=COLUMNS,
    listing=LISTING,
    sorted_by="type",
)
