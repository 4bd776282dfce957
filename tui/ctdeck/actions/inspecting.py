"""Actions that show what the daemon has, and what is wrong with it."""

from __future__ import annotations

from ctdeck import verbs
from ctdeck.actions.action import Action

INSPECTING: tuple[Action, ...] = (
    Action(
        "raw",
        "y",
        "json",
        "The object as JSON, as the daemon has it: find in it, copy it, save it",
        lambda desk: verbs.inspecting.show_raw(desk),
        words=("inspect",),
        footer=21,
        group="In a list",
    ),
    Action(
        "doctor",
        "H",
        "doctor",
        "What is wrong with the daemon and its host, and what helps",
        lambda desk: verbs.inspecting.show_doctor(desk),
        words=("doctor",),
    ),
)
