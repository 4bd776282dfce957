"""Actions on what fills the disk."""

from __future__ import annotations

from ctdeck import verbs
from ctdeck.actions.action import DISK, Action
from ctdeck.desk import Desk


def _prune(desk: Desk) -> None:
    desk.begin(verbs.prune.prune(desk), group="prune", opens=True)


def _whose(desk: Desk) -> None:
    desk.open("command", text="whose ")


ON_DISK: tuple[Action, ...] = (
    Action(
        "prune",
        "P",
        "prune",
        "What could go: stopped containers, unused images, what nothing holds; asks",
        _prune,
        panes=DISK,
        changes=True,
        words=("prune",),
        footer=3,
        group="On the disk",
    ),
    Action(
        "whose",
        "w",
        "whose",
        "Whose a path, a pid, a digest or a cgroup is",
        _whose,
        words=("whose",),
        group="Everywhere",
    ),
    Action(
        "survey",
        "ctrl+r",
        "read again",
        "Ask the daemon again what fills the disk",
        lambda d: d.survey(),
        panes=DISK,
        footer=18,
        group="On the disk",
    ),
)
