"""The pictures: how large, which keys, and what must be so when they are taken."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from ctdeck.app import CtdeckApp
from ctdeck.demo import DOWNLOAD
from tests.tui.apps import screen_text

from . import camera, stage

Wait = Callable[[CtdeckApp], Awaitable[None]]
HALF = 0.55  # of a pull
PATIENCE = 60.0  # s


async def _at_once(_: CtdeckApp) -> None:
    """Nothing to wait for."""


async def _half_done(app: CtdeckApp) -> None:
    """Until about half of the newest pull has come; it was slow while the keys were pressed."""
    assert app.pulls is not None
    assert app.session is not None
    assert app.session.demo is not None
    speed = app.session.demo.simulator.speed
    speed.download = DOWNLOAD
    progress = app.pulls.jobs[-1].progress
    while not progress.total or progress.downloaded < HALF * progress.total:
        await asyncio.sleep(0.1)
        progress = app.pulls.jobs[-1].progress
    speed.download = stage.SLOWLY


def _shows(text: str) -> Wait:
    """Until this is on the screen."""

    async def wait(app: CtdeckApp) -> None:
        async with asyncio.timeout(PATIENCE):
            while text not in screen_text(app):
                await asyncio.sleep(0.1)

    return wait


@dataclass(frozen=True)
class Picture:
    """One picture; `keys` are pressed one by one, "text:…" is typed, then `until` is awaited."""

    columns: int
    rows: int
    keys: tuple[str, ...] = ()
    scene: Callable[[], AbstractAsyncContextManager[CtdeckApp]] = stage.demo
    until: Wait = _at_once

    async def take(self, name: str) -> Path:
        """Run the app at this size, press the keys, and photograph it."""
        async with (
            self.scene() as app,
            app.run_test(size=(self.columns, self.rows)) as pilot,
        ):
            await quiet(pilot)
            for key in self.keys:
                await press(pilot, key)
            await self.until(app)
            await pilot.pause()
            return camera.take(app, name)


async def press(pilot: Pilot[None], key: str) -> None:
    """Press a key, or type "text:…", and let what follows from it be drawn."""
    kind, found, text = key.partition(":")
    if found and kind == "text":
        await pilot.press(*text)
    else:
        await pilot.press(key)
    await quiet(pilot)


async def quiet(pilot: Pilot[None]) -> None:
    """Wait until all messages are handled, and what workers do at once is done."""
    for _ in range(5):
        await pilot.pause()
        await asyncio.sleep(0.05)


API = ("j",) * 4  # from the first row to the container api
FORM = (
    *(
        "1",
        "j",
        "j",
        "j",
        "j",
        "r",
        "text:web3",
        "tab",
        "tab",
        "text:/srv/site:/usr/share/nginx/html:ro",
    ),
    *("tab", "text:/srv/cache:/var/cache/nginx", "tab", "tab", "text:TZ=Europe/Vienna", "tab"),
)
PULLS = (
    *("colon", "text:pull python:3.13", "enter"),
    *("escape", "1", "p", "text:mariadb:11", "enter"),
)

PICTURES: dict[str, Picture] = {
    "main-80x24": Picture(80, 24, API),
    "main-120x35": Picture(120, 35, API),
    "main-200x50": Picture(200, 50, API),
    "run-form": Picture(120, 35, FORM),
    "confirm-delete": Picture(120, 35, (*API, "D")),
    "disk": Picture(120, 35, ("6",), until=_shows("as of")),
    "help": Picture(120, 35, ("question_mark",)),
    "narrow": Picture(60, 18),
    "pull": Picture(120, 35, PULLS, until=_half_done),
    "no-daemon": Picture(100, 30, scene=stage.nobody),
}
