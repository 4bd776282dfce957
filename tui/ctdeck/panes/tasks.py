"""The tasks: id, pid, status, since, exit code."""

from __future__ import annotations

from datetime import datetime

from aiocontainerd.models import Snapshot, Task, TaskStatus
from ctdeck.formatting import UNKNOWN, age, short_id, status_role, status_text
from ctdeck.panes.pane import Pane, namespace_column, stamp
from ctdeck.rows import Scope, TaskRow, task_rows
from ctdeck.widgets.column import Cell, Column


def _when(task: Task) -> datetime | None:
    return task.exited_at if task.status is TaskStatus.STOPPED else task.since


def _since(row: TaskRow, now: datetime) -> Cell:
    return age(_when(row.task), now) or (UNKNOWN, "muted")


def _exit(row: TaskRow, now: datetime) -> Cell:
    if row.task.status is not TaskStatus.STOPPED:
        return ""
    return str(row.task.exit_status), "bad" if row.task.exit_status else ""


def _rows(snapshot: Snapshot, scope: Scope) -> list[TaskRow]:
    return sorted(task_rows(snapshot, scope), key=lambda r: r.task.id)


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
    Column(
        "name",
        "NAME",
        lambda r, _: r.container.display_name if r.container else ("no container", "warn"),
        lambda r: r.container.display_name if r.container else "",
        priority=2,
        minimum=16,
        maximum=44,
        cut="name",
        optional=True,
    ),
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
    rows=_rows,
    inputs=lambda s: (s.tasks, s.containers, s.loaded, s.error),
    owners=lambda s: [task.namespace for task in s.tasks.values()],
)
