"""Which keys the bottom line names: those that do something here, as many as fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len

from aiocontainerd.models import Key, TaskStatus
from ctdeck.actions import ACTIONS, BY_ID, Action, KeyMap
from ctdeck.keynames import first_key
from ctdeck.rows import ContainerRow, DiskRow, EventRow, MountRow, Row, TaskRow
from ctdeck.verbs.doing import key_of

if TYPE_CHECKING:
    from ctdeck.screens.main import MainScreen

ALWAYS = frozenset({"image.pull", "survey"})
ON_A_ROW = frozenset({"open", "copy", "equivalent", "raw"})


def takes_a_row(action: Action) -> bool:
    """Whether it does something to rows of its panes."""
    return bool(action.panes) and action.id not in ALWAYS


NEEDS_A_ROW = {"open", "copy", "raw"} | {a.id for a in ACTIONS if takes_a_row(a)}
ALIVE_ONLY = frozenset(
    {
        "task.stop",
        "task.restart",
        "task.kill",
        "task.pause",
        "task.exec",
        "task.debug",
        "task.attach",
    }
)


IN_DETAILS = {"back": 1, "tab.next": 2, "help": 4, "copy": 20}


def is_useful(action: Action, row: Row | None, *, marks: bool = False) -> bool:
    """Whether the action makes sense for this row in its present state, or for marked ones."""
    if marks and takes_a_row(action):
        return action.many
    if not isinstance(row, ContainerRow | TaskRow):
        return row is not None or not (action.panes or action.id in ON_A_ROW) or action.id in ALWAYS
    alive = row.task is not None and row.task.status is not TaskStatus.STOPPED
    if action.id == "task.attach":
        return alive and bool(row.task and row.task.terminal)
    if action.id in ALIVE_ONLY:
        return alive
    return not (action.id == "task.start" and alive)


def says_where(main: MainScreen, action: Action) -> str:
    """On which panes an action works that was asked for on another one; what does there."""
    *others, last = sorted(action.panes)
    panes = f"{', '.join(others)} and {last}" if others else last
    words = f"{action.title} works on {panes}, not on {main.pane_id}."
    if action.id == "delete" and main.pane_id == "disk":
        words += f" {main.way_to('prune')} lists what could go from here, and asks."
    return words


def title_for(action: Action, row: Row | None, *, marks: bool = False) -> str:
    """The title; `resume` where pause would resume, and what Esc does where rows are marked."""
    if marks:
        return "unmark" if action.id == "back" else action.title
    paused = isinstance(row, ContainerRow | TaskRow) and row.task is not None
    if action.id == "task.pause" and paused and row.task.status is TaskStatus.PAUSED:  # type: ignore[union-attr]
        return "resume"
    return action.title


def order_of(main: MainScreen, action: Action) -> int:
    """The action's place in the order of wanting, 0 if it is not for the line now."""
    if main.in_details:
        return IN_DETAILS.get(action.id, action.footer if action.panes else 0)
    if action.id == "back":
        return 1 if main.view.table.view.marks else 0
    if action.id == "filter":
        return action.footer if main.view.total or main.view.filter else 0
    if action.id == "pane.disk":
        return action.footer if main.has_class("-stacked") and main.pane_id != "disk" else 0
    if action.id == "zoom.out":
        return action.footer if main.zoomed else 0
    if action.id == "zoom.in":
        return action.footer if main.has_class("-stacked") else 0
    return action.footer


def place_of(main: MainScreen, action: Action) -> str:
    """The namespace that the action would change."""
    return object_of(main, action).namespace


def object_of(main: MainScreen, action: Action) -> Key:
    """What the action would change: the row's object, or only where something new would be."""
    row = main.row
    if row is None or isinstance(row, EventRow) or action.id in ALWAYS:
        return Key(main.new_namespace, "")
    if isinstance(row, DiskRow):
        return Key(row.thing.node.namespace, row.thing.node.key)
    return row.container.key if isinstance(row, MountRow) else key_of(row)


def refused(main: MainScreen, action: Action) -> bool:
    """Whether it is read-only where this action would change something."""
    return main.settings.access.is_read_only(place_of(main, action))


def refusal_here(main: MainScreen) -> str:
    """How to have what is refused on the row under the cursor; empty if nothing is."""
    access, place = main.settings.access, place_of(main, BY_ID["delete"])
    return access.refusal(place).remedy if access.is_read_only(place) else ""


def footer_keys(main: MainScreen, width: int) -> list[tuple[str, str, str]]:
    """(id, key, title) of the actions that fit, the most wanted first to be kept."""
    row = main.row
    if main.filtering:
        return [("", "Enter", "keep"), ("", "Esc", "clear")]
    if main.commanding:
        return [("", key, title) for key, title in _commanding(main.settings.keys) if key]
    marks = bool(main.view.table.view.marks)
    if main.view.table.view.missing is not None and not main.in_details and not marks:
        return _unchosen(main)
    wanted = [
        action
        for action in ACTIONS
        if order_of(main, action)
        and _key(main, action)
        and action.works_in(main.pane_id)
        and not (action.changes and refused(main, action))
        and is_useful(action, row, marks=marks)
    ]
    titles = {
        action: title_for(action, row, marks=marks and not main.in_details) for action in wanted
    }
    room = width - 1
    kept: list[Action] = []
    for action in sorted(wanted, key=lambda a: order_of(main, a)):
        length = cell_len(_key(main, action)) + cell_len(titles[action]) + 3
        if length > room:
            break
        room -= length
        kept.append(action)
    return [(a.id, _key(main, a), titles[a]) for a in ACTIONS if a in kept]


def _commanding(keymap: KeyMap) -> Iterator[tuple[str, str]]:
    """The keys of the `:` line; Enter, Esc and the arrow to the right are the input's own."""
    yield "Enter", "run it"
    yield first_key(keymap, "command.complete", "tab"), "complete"
    yield "→", "take what is dim"
    ways = (("command.older", "up"), ("command.newer", "down"))
    yield " ".join(filter(None, (first_key(keymap, *way) for way in ways))), "history"
    yield "Esc", "close"


def _unchosen(main: MainScreen) -> list[tuple[str, str, str]]:
    """The row under the cursor has vanished: no key may hit the one that took its place unseen."""
    if not main.view.table.view.keys:
        way = ("back", main.way_to("back"), "clears the filter")
        return [*([way] if main.view.filter else ()), ("help", main.way_to("help"), "help")]
    return [
        ("", "nothing is selected:", "its row is gone"),
        ("move.down", f"{main.way_to('move.down')} {main.way_to('move.up')}", "choose one"),
        ("help", main.way_to("help"), "help"),
    ]


def _key(main: MainScreen, action: Action) -> str:
    return next(iter(action.shown_keys(main.settings.keys)), "")
