"""The one table: key bindings, bottom line, help and palette are made from it.

To add an action, add an entry; its id is what a configuration will remap. `run` gets the
Desk at the key press and takes the row from it then, so that the row stays the one meant.
"""

from __future__ import annotations

from ctdeck.actions.action import PANE_IDS, Action, KeyMap
from ctdeck.actions.disk import ON_DISK
from ctdeck.actions.getting_about import GENERAL, MOVES, PANE_ACTIONS
from ctdeck.actions.inside import INSIDE
from ctdeck.actions.inspecting import INSPECTING
from ctdeck.actions.marking import marking
from ctdeck.actions.on_rows import ON_ROWS
from ctdeck.actions.seeing_inside import SEEING_INSIDE
from ctdeck.keynames import first_key

ACTIONS: tuple[Action, ...] = (
    *ON_ROWS,
    *INSIDE,
    *SEEING_INSIDE,
    *marking(ON_ROWS),
    *ON_DISK,
    *PANE_ACTIONS,
    *MOVES,
    *INSPECTING,
    *GENERAL,
)
BY_ID = {action.id: action for action in ACTIONS}


def way_to(id: str, keymap: KeyMap) -> str:
    """How a text names what does it: its key, where it has none its word of the `:` line."""
    action = BY_ID[id]
    word = f":{action.words[0]}" if action.words else action.title
    return first_key(keymap, id, action.keys) or word


__all__ = ["ACTIONS", "BY_ID", "PANE_IDS", "Action", "KeyMap", "way_to"]
