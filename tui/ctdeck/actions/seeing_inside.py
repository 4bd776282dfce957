"""Actions that look into containers."""

from __future__ import annotations

from ctdeck import verbs
from ctdeck.actions.action import PROCESSES, Action

SEEING_INSIDE: tuple[Action, ...] = (
    Action(
        "logs",
        "l",
        "logs",
        "Its log, from the end on: follows, finds, filters, saves",
        lambda desk: verbs.logs.show_logs(desk),
        panes=PROCESSES,
        words=("logs",),
        footer=10,
        group="On containers and tasks",
    ),
    Action(
        "stats",
        "t",
        "numbers",
        "What it uses, over time: cpu, memory, network, disk; beside its limits",
        lambda desk: desk.open("details", tab="Stats"),
        panes=PROCESSES,
        words=("stats",),
        group="On containers and tasks",
    ),
    Action(
        "processes",
        "u",
        "processes",
        "Its processes, with their command lines",
        lambda desk: desk.open("details", tab="Processes"),
        panes=PROCESSES,
        words=("top",),
        group="On containers and tasks",
    ),
)
