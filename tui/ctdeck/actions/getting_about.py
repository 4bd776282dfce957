"""Actions that move: between panes, in a list, and those that work everywhere."""

from __future__ import annotations

from collections.abc import Callable

from ctdeck import verbs
from ctdeck.actions.action import PANE_IDS, Action
from ctdeck.desk import Desk


def _pane(name: str) -> Callable[[Desk], None]:
    return lambda desk: desk.show_pane(name)


def _move(how: str) -> Callable[[Desk], None]:
    return lambda desk: desk.move(how)


def _sort(how: str) -> Callable[[Desk], None]:
    return lambda desk: desk.sort(how)


PANE_ACTIONS: tuple[Action, ...] = (
    *(
        Action(
            f"pane.{name}",
            str(number),
            name,
            f"Go to the {name}",
            _pane(name),
            words=(name,),
            footer=41 if name == "disk" else 0,  # of the others one sees that they are there
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
        "Close the details, take the marks away, clear the filter, go back",
        lambda d: d.back(),
        footer=17,
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
        "columns",
        "C",
        "columns",
        "Choose which columns this list shows",
        lambda d: d.open("columns"),
        group="In a list",
    ),
    Action(
        "copy",
        "c",
        "copy",
        "Copy the row's id, digest or reference to the clipboard",
        lambda desk: verbs.viewing.copy(desk),
        group="In a list",
    ),
    Action(
        "secrets",
        "x",
        "show secrets",
        "Show what is hidden in the details of this row, until this key again or another row",
        lambda d: d.turn_secrets(),
        group="In a list",
    ),
    Action(
        "equivalent",
        "exclamation_mark",
        "as ctr",
        "The ctr lines that do the same as the actions on this row",
        lambda desk: verbs.viewing.equivalent(desk),
        group="In a list",
    ),
)

GENERAL: tuple[Action, ...] = (
    Action(
        "namespace",
        "n",
        "namespace",
        "Choose a namespace, or all of them",
        lambda d: d.begin(verbs.viewing.choose_namespace(d), group="namespace", opens=True),
        words=("ns",),
        footer=8,
    ),
    Action(
        "lock",
        "L",
        "lock",
        "Lock again what was unlocked: what is the kubelet's, dockerd's, nerdctl's …",
        lambda desk: verbs.permitted.lock_again(desk),
        words=("lock",),
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
        words=("help",),
        footer=1,
    ),
    Action(
        "theme",
        "T",
        "theme",
        "Choose a look, and see it at once",
        lambda d: d.open("theme"),
        words=("theme",),
    ),
    Action(
        "redraw",
        "ctrl+l",
        "redraw",
        "Draw the screen anew, over what another program wrote on it",
        lambda d: d.open("redraw"),
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
