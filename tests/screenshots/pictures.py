"""The pictures: how large, which keys, and what must be so when they are taken."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from ctdeck.app import CtdeckApp
from ctdeck.settings import Session, Settings

from . import camera

Wait = Callable[[Session | None], Awaitable[None]]


async def _at_once(_: Session | None) -> None:
    """Nothing to wait for."""


async def _stuck(session: Session | None) -> None:
    """Until the pulls have all that the registry sends."""
    assert session is not None
    assert session.pulls is not None
    seen, since = -1, 0
    while since < 8:
        downloaded = sum(job.progress.downloaded for job in session.pulls.jobs)
        since = since + 1 if downloaded == seen and downloaded else 0
        seen = downloaded
        await asyncio.sleep(0.25)


@dataclass(frozen=True)
class Picture:
    """One picture; `keys` are pressed one by one, "text:…" is typed, then `until` is awaited."""

    columns: int
    rows: int
    keys: tuple[str, ...] = ()
    daemon: bool = True
    until: Wait = _at_once

    async def take(self, name: str, session: Session | None) -> Path:
        """Run the app at this size, press the keys, and photograph it."""
        app = CtdeckApp(Settings(), session)
        async with app.run_test(size=(self.columns, self.rows)) as pilot:
            await quiet(pilot)
            for key in self.keys:
                await press(pilot, key)
            await self.until(session)
            await quiet(pilot)
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


WEB1 = ("j",) * 4  # from the first row to the container web1
FORM = (
    *("1", "j", "j", "r", "text:web3", "tab", "tab", "text:/srv/site:/usr/share/nginx/html:ro"),
    *("tab", "text:/srv/cache:/var/cache/nginx", "tab", "tab", "text:TZ=Europe/Vienna", "tab"),
)
PULLS = (
    *("colon", "text:pull registry.shop.example/shop/web:8a1f", "enter"),
    *("escape", "1", "p", "text:registry.shop.example/shop/api:2.5", "enter"),
)

PICTURES: dict[str, Picture] = {
    "main-80x24": Picture(80, 24, WEB1),
    "main-120x35": Picture(120, 35, WEB1),
    "main-200x50": Picture(200, 50, WEB1),
    "run-form": Picture(120, 35, FORM),
    "confirm-delete": Picture(120, 35, (*WEB1, "D")),
    "help": Picture(120, 35, ("question_mark",)),
    "narrow": Picture(60, 18),
    "pull": Picture(120, 35, PULLS, until=_stuck),
    "no-daemon": Picture(100, 30, daemon=False),
}
