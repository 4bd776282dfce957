"""Actions that go into a container: they take the row at the key press."""

from __future__ import annotations

from ctdeck.actions.action import PROCESSES, Action
from ctdeck.desk import Desk
from ctdeck.rows import ContainerRow, TaskRow
from ctdeck.verbs import inside


def _exec(desk: Desk) -> None:
    row = desk.row
    if isinstance(row, ContainerRow | TaskRow):
        desk.begin(inside.execute(desk, row), group="task.exec", opens=True)
    else:
        desk.tell("There is no container here to execute something in.")


INSIDE: tuple[Action, ...] = (
    Action(
        "task.exec",
        "e",
        "shell",
        "A shell inside it, or the command you type, on the whole terminal",
        _exec,
        panes=PROCESSES,
        changes=True,
        words=("exec",),
        footer=9,
        group="On containers and tasks",
    ),
)
