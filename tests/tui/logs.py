"""The log screen of a container whose log is a file of the test's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from aiocontainerd.models import LOG_LABEL, TaskStatus
from aiocontainerd.operations.keeper import Stream
from aiocontainerd.procfs import HostView
from aiocontainerd.services.tasks import Stdio
from aiocontainerd.state import OUTPUT, StateDirectory
from aiocontainerd.store import Store
from ctdeck.app import CtdeckApp
from ctdeck.screens.logs import LogScreen
from ctdeck.settings import Session, Settings
from tests.tui.apps import running, screen_text, until
from tests.tui.worlds import container, of, task


class Tasks:
    """Says where the output of a task goes."""

    uri = ""

    async def stdio(self, id: str, *, namespace: str) -> Stdio:
        return Stdio("", self.uri, False)


class Client:
    """Stands for a client that is asked for a log."""

    address = "/run/containerd/containerd.sock"

    def __init__(self) -> None:
        self.tasks = Tasks()

    async def close(self) -> None: ...

    async def locate(self) -> HostView:
        return HostView(root="")


class Log:
    """The log of a container that ctdeck ran, as its keeper writes it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "logs" / "default" / "web1" / OUTPUT
        self.file.parent.mkdir(parents=True)
        self.file.touch()
        self.labels = {LOG_LABEL: str(self.file)}
        self._streams = {"out": Stream(b"stdout"), "err": Stream(b"stderr")}

    def write(self, *lines: str, to: str = "out") -> None:
        self.add("".join(f"{line}\n" for line in lines).encode(), to)

    def add(self, data: bytes, to: str = "out") -> None:
        """Whether it ends a line or not."""
        stream = self._streams[to]
        made = stream.lines(data) + (stream.rest() if stream.due is not None else b"")
        with self.file.open("ab") as file:
            file.write(made)


def json_line(text: str, time: str, stream: str = "stdout") -> str:
    """As Docker and nerdctl write it."""
    return json.dumps({"log": f"{text}\n", "stream": stream, "time": time}) + "\n"


@asynccontextmanager
async def reading(
    *,
    uri: str = "",
    size: tuple[int, int] = (80, 24),
    settings: Settings | None = None,
    **more: Any,
) -> AsyncIterator[tuple[CtdeckApp, Pilot[None], LogScreen]]:
    """The log of web1; `uri` is where its task writes, `more` goes to its record."""
    client = Client()
    client.tasks.uri = uri
    session = Session(
        Store(),
        client=client,  # type: ignore[arg-type]
        state=StateDirectory(Path("/nonexistent/ctdeck")),
        address=client.address,
    )
    snapshot = of((container("web1", **more), task("web1", TaskStatus.RUNNING)))
    async with running(snapshot, size=size, settings=settings, session=session) as (app, pilot):
        await until(pilot, lambda: "web1" in screen_text(app))
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, LogScreen))
        screen = app.screen
        assert isinstance(screen, LogScreen)
        await until(pilot, lambda: screen.feed.source is not None or bool(screen.trouble))
        yield app, pilot, screen


def body(app: CtdeckApp) -> list[str]:
    """The lines between the first and the last of the screen."""
    return [line.rstrip() for line in screen_text(app).splitlines()[1:-1]]
