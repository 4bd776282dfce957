"""The tasks: id, pid, status, since, exit code."""

from __future__ import annotations

from datetime import datetime

from aiocontainerd.models import Task, TaskStatus
from ctdeck.formatting import UNKNOWN, age, short_id, status_role, status_text, status_words
from ctdeck.listing import stamp
from ctdeck.listings.containers import TASKS as LISTING
from ctdeck.panes.owned import owned_columns
from ctdeck.panes.pane import Pane, namespace_column
from ctdeck.rows import TaskRow
from ctdeck.widgets.column import Cell, Column


def _when(task: Task) -> datetime | None:
    return task.exited_at if task.status is TaskStatus.STOPPED else task.since


def _since(row: TaskRow, now: datetime) -> Cell:
    return age(_when(row.task), now) or (UNKNOWN, "muted")


def _exit(row: TaskRow, now: datetime) -> Cell:
    if row.task.status is not TaskStatus.STOPPED:
        return ""
    return str(row.task.exit_status), "bad" if row.task.exit_status else ""


COLUMNS: tuple[Column[TaskRow], ...] = (
    namespace_column(lambda r: r.task.namespace, priority=6),
    Column(
        "id",
        "TASK",
        lambda r, _: short_id(r.task.id),
        lambda r: r.task.id,
        minimum=12,
        maximum=36,
        full=lambda r: r.task.id,
    ),
    *owned_columns(lambda r: r.container),
    Column(
        "pid",
        "PID",
        lambda r, _: str(r.task.pid) if r.task.pid else "",
        lambda r: r.task.pid,
        priority=3,
        minimum=5,
        right=True,
    ),
    Column(
        "status",
        "STATUS",
        lambda r, _: (status_text(r.task), status_role(r.task)),
        lambda r: r.task.status.value,
        priority=1,
        minimum=12,
        maximum=12,
        full=lambda r: status_words(r.task),
    ),
    Column(
        "since",
        "SINCE",
        _since,
        lambda r: stamp(_when(r.task)),
        priority=4,
        minimum=6,
        right=True,
        when=lambda r: _when(r.task),
    ),
    Column("exit", "EXIT", _exit, lambda r: r.task.exit_status, priority=5, minimum=4, right=True),
)

TASKS = Pane(
    id="tasks",
    key="3",
    title="Tasks",
    short="Tsk",
    noun="task",
    columns=COLUMNS,
    listing=LISTING,
    sorted_by="id",
)
