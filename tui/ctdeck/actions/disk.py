"""Actions on what fills the disk."""

from __future__ import annotations

from ctdeck.actions.action import DISK, Action

ON_DISK: tuple[Action, ...] = (
    Action(
        "survey",
        "ctrl+r",
        "read again",
        "Ask the daemon again what fills the disk",
        lambda d: d.survey(),
        panes=DISK,
        footer=42,
        group="On the disk",
    ),
)
