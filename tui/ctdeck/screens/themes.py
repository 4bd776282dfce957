"""The look: chosen from a list that shows each at once, and remembered."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ctdeck.colours import THEMES
from ctdeck.desk import Choice
from ctdeck.screens.choose import ChooseScreen
from ctdeck.terminal.kind import Colours, colours_for
from ctdeck.theme import ALL, SIXTEEN

if TYPE_CHECKING:
    from ctdeck.screens.main import MainScreen


def _is_kept(main: MainScreen) -> bool:
    """Whether the terminal can show no other look; says so."""
    few = colours_for(os.environ) < Colours.PALETTE
    if few:
        main.tell("This terminal has few colours or none: it keeps its own look.")
    return few


def set_theme(main: MainScreen, name: str) -> None:
    """Take this look from now on."""
    if not _is_kept(main):
        main.app.theme = name
        _remember(main, name)


async def choose_theme(main: MainScreen) -> None:
    """Choose from a list; Esc brings the look back that was there."""
    if _is_kept(main):
        return
    app, before = main.app, main.app.theme

    def preview(name: str) -> None:
        app.theme = name

    names = [name for name in THEMES if name in ALL and name != SIXTEEN.name]
    choice = Choice("Theme", tuple((name, name) for name in names), before)
    chosen = await app.push_screen_wait(ChooseScreen(choice, preview))
    app.theme = chosen or before
    if chosen:
        _remember(main, chosen)


def _remember(main: MainScreen, name: str) -> None:
    main.remembered.set_theme(name)
    if (said := main.settings.theme) and said != name:
        main.tell(f"Until ctdeck ends: the configuration says theme = {said}.")
