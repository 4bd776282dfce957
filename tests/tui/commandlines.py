"""The `:` line, opened, in an app whose client can only be closed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from aiocontainerd.access import Access
from aiocontainerd.models import Snapshot
from aiocontainerd.procfs import HostView
from aiocontainerd.state import StateDirectory
from aiocontainerd.store import Store
from ctdeck.app import CtdeckApp
from ctdeck.settings import Session, Settings
from ctdeck.widgets.command import CommandInput, CommandLine
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_pulls import FakePulls


class NoClient:
    """Is there, and is closed at the end."""

    audit = None

    async def close(self) -> None: ...

    async def locate(self) -> HostView:
        return HostView(root="")


@asynccontextmanager
async def line(
    tmp_path: Path, *, read_only: bool = False, size: tuple[int, int] = (80, 24),
    snapshot: Snapshot | None = None,
) -> AsyncIterator[tuple[CtdeckApp, Pilot[None], FakePulls]]:  # fmt: skip
    pulls = FakePulls()
    session = Session(Store(), client=NoClient(), pulls=pulls, state=StateDirectory(tmp_path))  # type: ignore[arg-type]
    settings = Settings(access=Access(read_only=read_only))
    async with running(snapshot, session=session, settings=settings, size=size) as (app, pilot):
        await pilot.press("colon")
        await until(pilot, lambda: bool(app.screen.query(CommandInput)))
        yield app, pilot, pulls


def shows(app: CtdeckApp, *words: str) -> Callable[[], bool]:
    return lambda: all(word in " ".join(screen_text(app).split()) for word in words)


def gone(app: CtdeckApp) -> Callable[[], bool]:
    return lambda: not app.main.query(CommandLine)
