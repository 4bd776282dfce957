"""Frames to the terminal: only what changed is sent, and nothing to one that is behind.

Textual sends every widget whole that has changed anywhere, and waits for a slow terminal. With
`driver_class()` and `show()` in the app's hands it does neither. Where its internals are not those
that we know, or the terminal is none that we know, both step aside and all is as in Textual.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App
    from textual.driver import Driver

# Terminals that have all we write; terminfo's names begin so.
_KNOWN = (
    "xterm", "screen", "tmux", "rxvt", "linux", "alacritty", "foot", "kitty", "vte", "gnome",
    "konsole", "st-", "st", "wezterm", "ghostty", "contour", "iterm", "putty", "mintty",
)  # fmt: skip
_log = logging.getLogger("ctdeck")


def driver_class(environment: Mapping[str, str] = os.environ) -> type[Driver] | None:
    """The driver for this terminal; None for Textual's own.

    `CTDECK_FRAMES=whole` asks for Textual's own, to compare or when in doubt.
    """
    reason = _objection(environment)
    if reason:
        _log.info("frames are sent whole: %s", reason)
        return None
    from ctdeck.terminal.driver import SparingDriver

    return SparingDriver


def _objection(environment: Mapping[str, str]) -> str:
    if environment.get("TEXTUAL_DRIVER"):
        return "TEXTUAL_DRIVER is set"
    if environment.get("CTDECK_FRAMES") == "whole":
        return "CTDECK_FRAMES=whole"
    if not environment.get("TERM", "").startswith(_KNOWN):
        return f"TERM={environment.get('TERM', '')} is not known"
    from ctdeck.terminal.updates import unknown_internals

    if part := unknown_internals():
        return f"another Textual: {part}"
    return _locked()


def _locked() -> str:
    """Why we cannot have the terminal for ourselves; empty if we can, or there is none."""
    from ctdeck.terminal.outlet import open_terminal

    if sys.__stderr__ is None or not sys.__stderr__.isatty():
        return ""
    try:
        os.close(open_terminal())
    except OSError as error:
        return f"the terminal cannot be opened: {error}"
    return ""


def show(app: App[Any], update: object) -> bool:
    """Show a frame; False if it is Textual's to show."""
    from textual._compositor import ChopsUpdate, LayoutUpdate

    from ctdeck.terminal.driver import SparingDriver

    driver = app._driver
    if not isinstance(driver, SparingDriver) or not isinstance(update, LayoutUpdate | ChopsUpdate):
        return False
    if app._running and not app._closed and not app._batch_count:
        driver.show(update, app.console, app.screen.outer_size.clamp_offset(app.cursor_position))
    app.post_display_hook()
    return True


def redraw(app: App[Any]) -> None:
    """Show all of the screen again, over what another program wrote on it."""
    from ctdeck.terminal.driver import SparingDriver

    if isinstance(app._driver, SparingDriver):
        app._driver.redraw()
    else:
        app.refresh(layout=True)
