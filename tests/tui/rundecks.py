"""The app with a session in which the run form opens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from aiocontainerd.models import Key
from aiocontainerd.procfs import HostView
from aiocontainerd.state import StateDirectory
from aiocontainerd.store import Store
from ctdeck.app import CtdeckApp
from ctdeck.screens.run import RunScreen
from ctdeck.settings import Session
from tests.tui.apps import running, until

NGINX = "docker.io/library/nginx:1.27"


class Client:
    """A client of a daemon on this host."""

    async def locate(self) -> HostView:
        return HostView(root="")

    async def close(self) -> None:
        return


@asynccontextmanager
async def deck(tmp_path: Path, **more: Any) -> AsyncIterator[tuple[CtdeckApp, Pilot[None]]]:
    session = Session(Store(), client=Client(), state=StateDirectory(tmp_path))  # type: ignore[arg-type]
    async with running(session=session, **more) as (app, pilot):
        yield app, pilot


async def opened(app: CtdeckApp, pilot: Pilot[None]) -> None:
    app.main.open("run", image=app.main.snapshot.images[Key("default", NGINX)])
    await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.is_active)
    await until(pilot, lambda: bool(app.screen.query("#name")))
