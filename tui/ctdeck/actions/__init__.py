"""The one table: key bindings, bottom line, help and palette are made from it.

To add an action, add an entry; its id is what a configuration will remap. `run` gets the
Desk at the key press and takes the row from it then, so that the row stays the one meant.
"""

from __future__ import annotations

from ctdeck.actions.action import KEY_NAMES, PANE_IDS, Action
from ctdeck.actions.disk import ON_DISK
from ctdeck.actions.getting_about import GENERAL, MOVES, PANE_ACTIONS
from ctdeck.actions.inside import INSIDE
from ctdeck.actions.inspecting import INSPECTING
from ctdeck.actions.marking import marking
from ctdeck.actions.on_rows import ON_ROWS
from ctdeck.actions.seeing_inside import SEEING_INSIDE

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

__all__ = ["ACTIONS", "BY_ID", "KEY_NAMES", "PANE_IDS", "Action"]
