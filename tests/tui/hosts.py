"""A bare app that shows one screen of ours, and says with what it was left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual import events
from textual.app import App
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.screen import Screen

from ctdeck.theme import DARK

OPEN = object()


class Host(App[None], inherit_bindings=False):
    """Shows `shown`; `left` is its result once it was dismissed."""

    def __init__(self, shown: Screen[Any]) -> None:
        super().__init__()
        self.animation_level = "none"
        self.register_theme(DARK)
        self.theme = DARK.name
        self.shown = shown
        self.left: object = OPEN

    def on_mount(self) -> None:
        def left(result: object) -> None:
            self.left = result

        self.push_screen(self.shown, left)


@asynccontextmanager
async def hosted(
    shown: Screen[Any], size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Host, Pilot[None]]]:
    """The screen, ready for keys."""
    app = Host(shown)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


async def typed(pilot: Pilot[Any], text: str) -> None:
    """Write this text at once, as a terminal hands over what is pasted: fast."""
    if pilot.app.focused is not None:
        pilot.app.focused.post_message(events.Paste(text))
    await pilot.pause()


def burst(app: App[Any], *keys: str) -> None:
    """Keys that reach the terminal in one piece: a single character is typed as it is."""
    for key in keys:
        single = len(key) == 1
        name = _character_to_key(key) if single else key
        event = events.Key(name, key if single else None)
        event.set_sender(app)
        assert app._driver is not None
        app._driver.send_message(event)
