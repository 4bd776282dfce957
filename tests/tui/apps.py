"""An app on a hand-made world, and how to read its screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from aiocontainerd.models import Snapshot
from aiocontainerd.store import Store
from ctdeck.app import CtdeckApp
from ctdeck.settings import Session, Settings
from ctdeck.widgets.table import Table
from tests.tui.worlds import NOW, world

PATIENCE = 30.0  # s


@asynccontextmanager
async def running(
    snapshot: Snapshot | None = None,
    *,
    size: tuple[int, int] = (80, 24),
    settings: Settings | None = None,
    session: Session | None = None,
) -> AsyncIterator[tuple[CtdeckApp, Pilot[None]]]:
    """The app with this world on its screen; the clock stands at NOW."""
    session = session or Session(Store())
    session.store.publish(world() if snapshot is None else snapshot)
    app = CtdeckApp(settings or Settings(), session)
    Table.now = staticmethod(lambda: NOW)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.main.snapshot.generation > 0)
        yield app, pilot


async def until(pilot: Pilot[None], condition: Callable[[], bool], what: str = "") -> None:
    """Let the app work until the condition holds."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while True:
        await pilot.pause()
        if condition():
            return
        late = asyncio.get_running_loop().time() > end
        assert not late, f"not so: {what or condition}\n{screen_text(pilot.app)}"
        await pilot.pause(0.005)


def screen_text(app: App[Any]) -> str:
    """What is on the screen, line by line."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip)[:width] for strip in lines[:height])


def lines_of(table: Table) -> list[str]:
    """The text of the table's visible lines."""
    return [table.render_line(y).text.rstrip() for y in range(table.size.height)]


def titles(app: CtdeckApp) -> list[str]:
    """The titles of the columns of the list that has the focus."""
    return "".join(lines_of(app.main.view.table)[:1]).split()
