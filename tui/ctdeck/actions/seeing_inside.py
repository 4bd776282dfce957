"""Actions that look into containers."""

from __future__ import annotations

from ctdeck.actions.action import PROCESSES, Action
from ctdeck.verbs.logs import show_logs

SEEING_INSIDE: tuple[Action, ...] = (
    Action(
        "logs",
        "l",
        "logs",
        "Its log, from the end on: follows, finds, filters, saves",
        show_logs,
        panes=PROCESSES,
        words=("logs",),
        footer=10,
        group="On containers and tasks",
    ),
)
