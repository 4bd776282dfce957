"""The containers: id, image, status, age, runtime, and the name that an owner gave."""

from __future__ import annotations

from datetime import UTC, datetime

from aiocontainerd.models import Snapshot, TaskStatus
from ctdeck.formatting import (
    age,
    short_id,
    short_reference,
    short_runtime,
    status_role,
    status_text,
)
from ctdeck.panes.pane import Pane, namespace_column, stamp
from ctdeck.rows import ContainerRow, Scope, container_rows
from ctdeck.widgets.column import Column

LONG_AGO = datetime.min.replace(tzinfo=UTC)
_ORDER = (TaskStatus.RUNNING, TaskStatus.PAUSED, TaskStatus.PAUSING, TaskStatus.CREATED)


def status_rank(row: ContainerRow) -> int:
    """Running ones first, those without a task last."""
    if row.task is None:
        return 9
    return _ORDER.index(row.task.status) if row.task.status in _ORDER else 8


def _rows(snapshot: Snapshot, scope: Scope) -> list[ContainerRow]:
    rows = sorted(container_rows(snapshot, scope), key=lambda r: r.container.id)
    rows.sort(key=lambda r: r.container.created_at or LONG_AGO, reverse=True)
    return rows


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
    Column(
        "name",
        "NAME",
        lambda r, _: r.container.display_name,
        lambda r: (not r.container.display_name, r.container.display_name),
        priority=2,
        minimum=16,
        maximum=44,
        cut="name",
        optional=True,
    ),
    Column(
        "status",
        "STATUS",
        lambda r, _: (status_text(r.task), status_role(r.task)),
        status_rank,
        priority=1,
        minimum=12,
        maximum=12,
    ),
    Column(
        "image",
        "IMAGE",
        lambda r, _: short_reference(r.container.image),
        lambda r: short_reference(r.container.image),
        priority=5,
        minimum=12,
        maximum=50,
        cut="host",
        full=lambda r: r.container.image,
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
)

CONTAINERS = Pane(
    id="containers",
    key="2",
    title="Containers",
    short="Con",
    noun="container",
    columns=COLUMNS,
    rows=_rows,
    inputs=lambda s: (s.containers, s.tasks, s.loaded, s.error),
    owners=lambda s: [container.namespace for container in s.containers.values()],
    invitation="press r on an image to run one",
)
