"""Actions on images, containers and tasks: they take the row at the key press."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ctdeck import verbs
from ctdeck.actions.action import IMAGES, PROCESSES, Action
from ctdeck.desk import Desk
from ctdeck.rows import ContainerRow, EventRow, ImageRow, MountRow, TaskRow


def _on_process(
    verb: Callable[[], Callable[..., Any]], group: str, *, asks: bool = True
) -> Callable[[Desk], None]:
    """Run a verb on the marked containers or tasks, else on that under the cursor, of this moment.

    What asks nothing about the row one looks at asks about marked ones: they may be out of sight.
    """

    def run(desk: Desk) -> None:
        rows = [row for row in desk.rows if isinstance(row, ContainerRow | TaskRow)]
        if rows:
            ask = asks or rows != [desk.row]
            opens = ask or verbs.permitted.will_ask(desk, rows)
            desk.begin(verb()(desk, rows, ask=ask), group=group, opens=opens)
        else:
            desk.tell("There is no container here to do this to.")

    return run


def _delete(desk: Desk) -> None:
    rows = desk.rows
    images = [row for row in rows if isinstance(row, ImageRow)]
    others = [row for row in rows if isinstance(row, ContainerRow | TaskRow)]
    if images:
        desk.begin(verbs.delete.delete_images(desk, images), group="delete", opens=True)
    elif others:
        desk.begin(verbs.delete.delete_containers(desk, others), group="delete", opens=True)
    else:
        desk.tell("There is nothing here to delete.")


def _pull(desk: Desk) -> None:
    desk.open("pull")


def _run(desk: Desk) -> None:
    row = desk.row
    if isinstance(row, ImageRow):
        desk.open("run", image=row.image)
    elif isinstance(row, ContainerRow | TaskRow | MountRow):
        desk.open("run", container=row.container)
    elif not isinstance(row, EventRow):
        desk.open("run")


def _copy_files(desk: Desk) -> None:
    row = desk.row
    if isinstance(row, ContainerRow | TaskRow):
        desk.open("command", text=f"cp {row.key[1]}:/")  # type: ignore[index]
    else:
        desk.tell("There is no container here to copy files of.")


ON_ROWS: tuple[Action, ...] = (
    Action(
        "image.pull",
        "p",
        "pull",
        "Pull an image from a registry: a one-line dialog, Enter starts it",
        _pull,
        panes=IMAGES,
        changes=True,
        words=("pull",),
        footer=3,
        group="On images",
    ),
    Action(
        "run",
        "r",
        "run",
        "Run this image, or another container like this one: opens a form",
        _run,
        panes=IMAGES | PROCESSES,
        changes=True,
        words=("run",),
        footer=4,
        group="On images, containers and tasks",
    ),
    Action(
        "task.stop",
        "s",
        "stop",
        "Stop it: the stop signal, then KILL after the grace time; asks",
        _on_process(lambda: verbs.tasks.stop, "task.stop"),
        panes=PROCESSES,
        changes=True,
        words=("stop",),
        footer=5,
        group="On containers and tasks",
        many=True,
    ),
    Action(
        "task.start",
        "S",
        "start",
        "Start a container that has no running task",
        _on_process(lambda: verbs.tasks.start, "task.start", asks=False),
        panes=PROCESSES,
        changes=True,
        words=("start",),
        footer=6,
        group="On containers and tasks",
        many=True,
    ),
    Action(
        "task.restart",
        "R",
        "restart",
        "Stop it, then start it again; asks",
        _on_process(lambda: verbs.tasks.restart, "task.restart"),
        panes=PROCESSES,
        changes=True,
        words=("restart",),
        footer=18,
        group="On containers and tasks",
        many=True,
    ),
    Action(
        "task.kill",
        "K",
        "kill",
        "Send it a signal: choose one, KILL first; asks",
        _on_process(lambda: verbs.tasks.kill, "task.kill"),
        panes=PROCESSES,
        changes=True,
        words=("kill",),
        footer=19,
        group="On containers and tasks",
        many=True,
    ),
    Action(
        "task.pause",
        "z",
        "pause",
        "Pause it at once, or resume a paused one",
        _on_process(lambda: verbs.tasks.pause, "task.pause", asks=False),
        panes=PROCESSES,
        changes=True,
        words=("pause", "resume"),
        footer=11,
        group="On containers and tasks",
        many=True,
    ),
    Action(
        "files.copy",
        "F",
        "copy files",
        "Copy files out of it, or into it: begins the line for it",
        _copy_files,
        panes=PROCESSES,
        words=("cp",),
        group="On containers and tasks",
    ),
    Action(
        "delete",
        "D,delete",
        "delete",
        "Delete the image, or the container with task, snapshot and logs; asks "
        "(:rm -f does not, and kills what runs at once)",
        _delete,
        panes=IMAGES | PROCESSES,
        changes=True,
        words=("rm", "rmi"),
        footer=7,
        group="On images, containers and tasks",
        many=True,
    ),
)
