"""The one table: key bindings, bottom line, help and palette are made from it.

To add an action, add an entry; its id is what a configuration will remap. `run` gets the
Desk at the key press and takes the row from it then, so that the row stays the one meant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ctdeck.desk import Desk
from ctdeck.rows import ContainerRow, EventRow, ImageRow, MountRow, TaskRow
from ctdeck.verbs import delete, tasks, viewing

EVERYWHERE: frozenset[str] = frozenset()
IMAGES = frozenset({"images"})
PROCESSES = frozenset({"containers", "tasks"})
PANE_IDS = ("images", "containers", "tasks", "mounts", "events")


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done.

    `keys` are Textual's names, with commas between. `panes` are those on whose rows it
    works, empty for everywhere. `changes` is true if it changes what the daemon holds: such
    an action is refused in read-only mode. `words` are its words on the `:` line. `footer`
    orders the bottom line, 0 for not there. `group` is its heading in the help.
    """

    id: str
    keys: str
    title: str
    tooltip: str
    run: Callable[[Desk], None]
    panes: frozenset[str] = EVERYWHERE
    changes: bool = False
    words: tuple[str, ...] = ()
    footer: int = 0
    group: str = "Everywhere"

    def works_in(self, pane: str) -> bool:
        """Whether it is for the rows of this pane."""
        return not self.panes or pane in self.panes

    @property
    def shown_keys(self) -> str:
        """The keys as people write them: ``j ↓``, ``ctrl+d``."""
        return " ".join(KEY_NAMES.get(key, key) for key in self.keys.split(","))


KEY_NAMES = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "plus": "+",
    "equals_sign": "=",
    "underscore": "_",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "exclamation_mark": "!",
    "up": "↑",
    "down": "↓",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "shift+left": "shift+←",
    "shift+right": "shift+→",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "shift+tab": "shift+Tab",
    "delete": "Delete",
}


def _on_process(verb: Callable[..., Any], group: str) -> Callable[[Desk], None]:
    """Run a verb on the container or task under the cursor at this moment."""

    def run(desk: Desk) -> None:
        row = desk.row
        if isinstance(row, ContainerRow | TaskRow):
            desk.begin(verb(desk, [row]), group=group)
        else:
            desk.tell("There is no container here to do this to.")

    return run


def _delete(desk: Desk) -> None:
    row = desk.row
    if isinstance(row, ImageRow):
        desk.begin(delete.delete_images(desk, [row]), group="delete")
    elif isinstance(row, ContainerRow | TaskRow):
        desk.begin(delete.delete_containers(desk, [row]), group="delete")
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


def _pane(name: str) -> Callable[[Desk], None]:
    return lambda desk: desk.show_pane(name)


def _move(how: str) -> Callable[[Desk], None]:
    return lambda desk: desk.move(how)


def _sort(how: str) -> Callable[[Desk], None]:
    return lambda desk: desk.sort(how)


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
        _on_process(tasks.stop, "task.stop"),
        panes=PROCESSES,
        changes=True,
        words=("stop",),
        footer=5,
        group="On containers and tasks",
    ),
    Action(
        "task.start",
        "S",
        "start",
        "Start a container that has no running task",
        _on_process(tasks.start, "task.start"),
        panes=PROCESSES,
        changes=True,
        words=("start",),
        footer=6,
        group="On containers and tasks",
    ),
    Action(
        "task.restart",
        "R",
        "restart",
        "Stop it, then start it again; asks",
        _on_process(tasks.restart, "task.restart"),
        panes=PROCESSES,
        changes=True,
        footer=9,
        group="On containers and tasks",
    ),
    Action(
        "task.kill",
        "K",
        "kill",
        "Send it a signal: choose one, KILL first; asks",
        _on_process(tasks.kill, "task.kill"),
        panes=PROCESSES,
        changes=True,
        words=("kill",),
        footer=10,
        group="On containers and tasks",
    ),
    Action(
        "task.pause",
        "z",
        "pause",
        "Pause it, or let it go on if it is paused",
        _on_process(tasks.pause, "task.pause"),
        panes=PROCESSES,
        changes=True,
        words=("pause", "resume"),
        footer=11,
        group="On containers and tasks",
    ),
    Action(
        "delete",
        "D,delete",
        "delete",
        "Delete the image, or the container with task, snapshot and logs; asks",
        _delete,
        panes=IMAGES | PROCESSES,
        changes=True,
        words=("rm", "rmi"),
        footer=7,
        group="On images, containers and tasks",
    ),
)

PANE_ACTIONS: tuple[Action, ...] = (
    *(
        Action(
            f"pane.{name}",
            str(number),
            name,
            f"Go to the {name}",
            _pane(name),
            words=(name,),
            group="Panes",
        )
        for number, name in enumerate(PANE_IDS, 1)
    ),
    Action("pane.next", "tab", "next pane", "Next pane", lambda d: d.next_pane(1), group="Panes"),
    Action(
        "pane.previous",
        "shift+tab",
        "previous pane",
        "Previous pane",
        lambda d: d.next_pane(-1),
        group="Panes",
    ),
    Action(
        "zoom.in",
        "plus,equals_sign",
        "whole screen",
        "Give this pane the whole screen, with all its columns",
        lambda d: d.zoom(True),
        footer=15,
        group="Panes",
    ),
    Action(
        "zoom.out",
        "underscore,minus",
        "side by side",
        "All the panes again",
        lambda d: d.zoom(False),
        footer=15,
        group="Panes",
    ),
    Action(
        "tab.previous",
        "left_square_bracket",
        "previous tab",
        "Previous tab of the details",
        lambda d: d.turn_tab(-1),
        group="Panes",
    ),
    Action(
        "tab.next",
        "right_square_bracket",
        "next tab",
        "Next tab of the details",
        lambda d: d.turn_tab(1),
        group="Panes",
    ),
)

MOVES: tuple[Action, ...] = (
    Action("move.down", "j,down", "down", "One row down", _move("down"), group="In a list"),
    Action("move.up", "k,up", "up", "One row up", _move("up"), group="In a list"),
    Action("move.first", "g,home", "first", "First row", _move("first"), group="In a list"),
    Action("move.last", "G,end", "last", "Last row", _move("last"), group="In a list"),
    Action(
        "move.page.down",
        "pagedown",
        "page down",
        "One page down",
        _move("page down"),
        group="In a list",
    ),
    Action("move.page.up", "pageup", "page up", "One page up", _move("page up"), group="In a list"),
    Action(
        "move.half.down",
        "ctrl+d",
        "half a page down",
        "Half a page down",
        _move("half down"),
        group="In a list",
    ),
    Action(
        "move.half.up",
        "ctrl+u",
        "half a page up",
        "Half a page up",
        _move("half up"),
        group="In a list",
    ),
    Action(
        "open",
        "enter",
        "details",
        "Details of the row",
        lambda d: d.open_row(),
        footer=12,
        group="In a list",
    ),
    Action(
        "back",
        "escape",
        "back",
        "Close the details, clear the filter, go back",
        lambda d: d.back(),
        group="In a list",
    ),
    Action(
        "filter",
        "slash",
        "filter",
        "Filter as you type: a word, !not this, -f fuzzy, ~regular expression",
        lambda d: d.open("filter"),
        footer=2,
        group="In a list",
    ),
    Action(
        "sort.previous",
        "shift+left",
        "sort left",
        "Sort by the column to the left",
        _sort("previous"),
        group="In a list",
    ),
    Action(
        "sort.next",
        "shift+right",
        "sort right",
        "Sort by the column to the right",
        _sort("next"),
        group="In a list",
    ),
    Action(
        "sort.reverse",
        "o",
        "reverse order",
        "Reverse the order",
        _sort("reverse"),
        group="In a list",
    ),
    Action(
        "copy",
        "c",
        "copy",
        "Copy the row's id, digest or reference to the clipboard",
        viewing.copy,
        group="In a list",
    ),
    Action(
        "equivalent",
        "exclamation_mark",
        "as ctr",
        "The ctr lines that do the same as the actions on this row",
        viewing.equivalent,
        group="In a list",
    ),
)

GENERAL: tuple[Action, ...] = (
    Action(
        "namespace",
        "n",
        "namespace",
        "Choose a namespace, or all of them",
        lambda d: d.begin(viewing.choose_namespace(d), group="namespace"),
        words=("ns",),
        footer=8,
    ),
    Action(
        "command",
        "colon",
        "command",
        "The command line: pull, run, stop, rm … with the flags of ctr and docker",
        lambda d: d.open("command"),
        footer=13,
    ),
    Action(
        "palette",
        "ctrl+p",
        "palette",
        "All actions by name",
        lambda d: d.open("palette"),
    ),
    Action(
        "help",
        "question_mark",
        "help",
        "All the keys that work here",
        lambda d: d.open("help"),
        footer=1,
    ),
    Action(
        "suspend",
        "ctrl+z",
        "suspend",
        "Suspend to the shell; fg comes back",
        lambda d: d.open("suspend"),
    ),
    Action(
        "quit",
        "q",
        "quit",
        "Leave; asks only while work of ours is under way",
        lambda d: d.leave(),
        words=("quit",),
        footer=14,
    ),
)

ACTIONS: tuple[Action, ...] = (*ON_ROWS, *PANE_ACTIONS, *MOVES, *GENERAL)
BY_ID = {action.id: action for action in ACTIONS}

__all__ = ["ACTIONS", "BY_ID", "Action"]
