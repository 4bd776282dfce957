"""How long it takes until the end of a large log is on the screen."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from aiocontainerd.logs import LogFile, LogSource
from ctdeck.screens.logs import Found, LogScreen
from ctdeck.styles import add_sheet

from .figures import Measure
from .made_up import host
from .pace import Pace
from .quiet_driver import QuietDriver
from .views import Rig, rig

SIZE = 2_000_000_000  # bytes
WRITTEN = 8 << 20  # of its end; what is before that is a hole, in the file and for who reads it
GOAL = 0.3  # s
FRAME = 1_000  # bytes to the terminal that are less than a screen of lines, and more than all else
LINE = b'2026-11-23T12:00:00.123456789Z stdout F GET /index.html 200 1.234 ms "curl/8.5.0"\n'


async def measure(pace: Pace) -> list[Measure]:
    """From asking for it until its last lines are painted; with times (CRI), on a fresh screen."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "0.log")
        _write(path)
        async with rig(host(10), (200, 50)) as (deck, _):
            for sheet in ("prompts", "text"):
                add_sheet(deck.app, sheet)
            (times,) = await pace.rounds(lambda: _opened(deck, path))
    return [Measure("a log of 2 GB, to its last lines", times, goal=GOAL)]


def _write(path: Path) -> None:
    with path.open("wb") as file:
        file.seek(SIZE - WRITTEN)
        file.write(b"\n" + LINE * (WRITTEN // len(LINE)))


async def _opened(deck: Rig, path: Path) -> float:
    app, container = deck.app, next(iter(deck.store.snapshot.containers.values()))
    assert isinstance(app._driver, QuietDriver)
    source = LogSource((LogFile(str(path), "cri"),), "the bench")

    async def find() -> Found:
        return source, ""

    begun = time.perf_counter()
    screen = LogScreen(container, find, lambda: None, app.main.keys.opened)
    app.push_screen(screen)
    while not screen.view.lines:
        await asyncio.sleep(0)
    written = app._driver.written
    while app._driver.written < written + FRAME:
        await asyncio.sleep(0.001)
    taken = time.perf_counter() - begun
    await screen.dismiss()
    await deck.settle()
    return taken
