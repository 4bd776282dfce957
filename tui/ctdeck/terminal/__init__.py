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
    """The driver for this terminal; None for one that sends whole frames (`whole_driver`).

    `CTDECK_FRAMES=whole` asks for those, to compare or when in doubt.
    """
    reason = objection(environment) or _other_textual() or _locked()
    if reason:
        _log.info("frames are sent whole: %s", reason)
        return None
    from ctdeck.terminal.driver import SparingDriver

    return SparingDriver


def whole_driver(environment: Mapping[str, str] = os.environ) -> type[Driver] | None:
    """The driver that sends Textual's frames; None for Textual's own."""
    if environment.get("TEXTUAL_DRIVER") or _other_textual():
        return None
    if _locked():
        from ctdeck.terminal.sturdy import SturdyDriver

        return SturdyDriver
    from ctdeck.terminal.whole import WholeDriver

    return WholeDriver


def objection(environment: Mapping[str, str]) -> str:
    """Why frames are to be sent whole here, as far as that is known without Textual."""
    if environment.get("TEXTUAL_DRIVER"):
        return "TEXTUAL_DRIVER is set"
    if environment.get("CTDECK_FRAMES") == "whole":
        return "CTDECK_FRAMES=whole"
    if not environment.get("TERM", "").startswith(_KNOWN):
        return f"TERM={environment.get('TERM', '')} is not known"
    return ""


def _other_textual() -> str:
    from ctdeck.terminal.updates import unknown_internals

    part = unknown_internals()
    return f"another Textual: {part}" if part else ""


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
    """Show a frame; False if it is Textual's to show: it is harmless then."""
    from textual._compositor import ChopsUpdate, LayoutUpdate

    from ctdeck.terminal.driver import SparingDriver
    from ctdeck.terminal.guard import guard

    driver = app._driver
    if isinstance(driver, SparingDriver) and isinstance(update, LayoutUpdate | ChopsUpdate):
        gone = not app._running or app._closed or app._batch_count
        cursor = app.screen.outer_size.clamp_offset(app.cursor_position)
        if gone or driver.show(update, app.console, cursor):
            app.post_display_hook()
            return True
    if not app.is_headless:
        guard(update)
    return False


def is_behind(app: App[Any]) -> bool:
    """The terminal has not drawn what was drawn before: nothing new needs to be found out."""
    from ctdeck.terminal.driver import SparingDriver

    return isinstance(app._driver, SparingDriver) and app._driver.is_behind


async def caught_up(app: App[Any]) -> None:
    """Wait until the terminal shows what is drawn now; at once where that cannot be known."""
    from ctdeck.terminal.driver import SparingDriver

    if isinstance(app._driver, SparingDriver):
        await app._driver.caught_up()


def redraw(app: App[Any]) -> None:
    """Show all of the screen again, over what another program wrote on it."""
    from ctdeck.terminal.driver import SparingDriver

    if isinstance(app._driver, SparingDriver):
        app._driver.redraw()
    else:
        app.refresh(layout=True)
