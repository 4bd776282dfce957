"""Actions that go into a container: they take the row at the key press."""

from __future__ import annotations

from ctdeck import verbs
from ctdeck.actions.action import PROCESSES, Action
from ctdeck.desk import Desk
from ctdeck.rows import ContainerRow, TaskRow


def _exec(desk: Desk) -> None:
    row = desk.row
    if isinstance(row, ContainerRow | TaskRow):
        desk.begin(verbs.inside.execute(desk, row), group="task.exec", opens=True)
    else:
        desk.tell("There is no container here to execute something in.")


def _attach(desk: Desk) -> None:
    row = desk.row
    if isinstance(row, ContainerRow | TaskRow):
        desk.begin(verbs.inside.attach(desk, row), group="task.attach", opens=True)
    else:
        desk.tell("There is no container here to attach to.")


def _debug(desk: Desk) -> None:
    row = desk.row
    if isinstance(row, ContainerRow | TaskRow):
        desk.begin(verbs.toolbox.debug(desk, row), group="task.debug", opens=True)
    else:
        desk.tell("There is no container here to look into.")


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
    Action(
        "task.attach",
        "a",
        "attach",
        "Attach to the terminal of a container that was started with one; it can be left again",
        _attach,
        panes=PROCESSES,
        words=("attach",),
        footer=22,
        group="On containers and tasks",
    ),
    Action(
        "task.debug",
        "E",
        "toolbox",
        "A toolbox in it, for one without a shell: an image of yours joined to its namespaces",
        _debug,
        panes=PROCESSES,
        changes=True,
        words=("debug",),
        group="On containers and tasks",
    ),
)
