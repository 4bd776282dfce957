"""The containers: id, image, status, age, runtime, and the name that an owner gave."""

from __future__ import annotations

from aiocontainerd.models import TaskStatus
from aiocontainerd.owners import owner_of
from ctdeck.formatting import (
    age,
    short_id,
    short_reference,
    short_runtime,
    status_role,
    status_text,
    status_words,
)
from ctdeck.listing import stamp
from ctdeck.listings.containers import CONTAINERS as LISTING
from ctdeck.panes.owned import owned_columns
from ctdeck.panes.pane import Pane, namespace_column, said_and_whole
from ctdeck.rows import ContainerRow
from ctdeck.widgets.column import Column

_ORDER = (TaskStatus.RUNNING, TaskStatus.PAUSED, TaskStatus.PAUSING, TaskStatus.CREATED)


def status_rank(row: ContainerRow) -> int:
    """Running ones first, those without a task last."""
    if row.task is None:
        return 9
    return _ORDER.index(row.task.status) if row.task.status in _ORDER else 8


def _owner(row: ContainerRow) -> str:
    """Who else has it in his books, in a word."""
    owner = owner_of(row.container)
    return owner.short if owner else ""


COLUMNS: tuple[Column[ContainerRow], ...] = (
    namespace_column(lambda r: r.container.namespace, priority=4),
    Column(
        "id",
        "CONTAINER",
        lambda r, _: short_id(r.container.id),
        lambda r: r.container.id,
        minimum=12,
        maximum=36,
        full=lambda r: r.container.id,
    ),
    *owned_columns(lambda r: r.container),
    Column(
        "status",
        "STATUS",
        lambda r, _: (status_text(r.task), status_role(r.task)),
        status_rank,
        priority=1,
        minimum=12,
        maximum=12,
        full=lambda r: status_words(r.task),
    ),
    Column(
        "image",
        "IMAGE",
        lambda r, _: short_reference(r.container.image or r.container.told.image),
        lambda r: short_reference(r.container.image or r.container.told.image),
        priority=5,
        minimum=12,
        maximum=50,
        cut="host",
        full=lambda r: said_and_whole(r.container.image or r.container.told.image),
    ),
    Column(
        "age",
        "AGE",
        lambda r, now: age(r.container.created_at, now),
        lambda r: stamp(r.container.created_at),
        priority=3,
        minimum=6,
        right=True,
        when=lambda r: r.container.created_at,
    ),
    Column(
        "runtime",
        "RUNTIME",
        lambda r, _: (short_runtime(r.container.runtime), "muted"),
        lambda r: r.container.runtime,
        priority=6,
        minimum=7,
        maximum=16,
    ),
    Column(
        "owner",
        "OWNER",
        lambda r, _: (_owner(r), "muted"),
        lambda r: _owner(r) or None,
        priority=7,
        minimum=7,
        optional=True,
    ),
)

CONTAINERS = Pane(
    id="containers",
    key="2",
    title="Containers",
    short="Con",
    noun="container",
    columns=COLUMNS,
    listing=LISTING,
    sorted_by="age",
    invitation=("run", "press {} on an image to run one"),
)
