"""The text of each journey's screens, kept in snapshots/: no change of the looks goes unseen.

`CTDECK_UPDATE_SNAPSHOTS=1 pytest tests/tui/test_snapshots.py` writes them again: read the diff.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual.pilot import Pilot

from aiocontainerd.discovery import Probe
from aiocontainerd.errors import Unavailable
from aiocontainerd.models import Phase
from aiocontainerd.procfs import HostView
from aiocontainerd.pull.progress import LayerProgress
from aiocontainerd.state import StateDirectory
from aiocontainerd.store import Store
from ctdeck.app import CtdeckApp
from ctdeck.screens import forms, pull
from ctdeck.screens.nodaemon import NoDaemonScreen
from ctdeck.settings import Session, Settings
from tests.tui import measured
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_pulls import FakePulls
from tests.tui.handing import play
from tests.tui.hosts import burst
from tests.tui.neighbours import neighbours
from tests.tui.worlds import snapshot, world

FOLDER = Path(__file__).with_name("snapshots")
UPDATE = bool(os.environ.get("CTDECK_UPDATE_SNAPSHOTS"))
SIZES = ((80, 24), (200, 50))
A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


class Client:
    """Stands for a client whose daemon is away; it can only be closed."""

    async def close(self) -> None: ...

    async def locate(self) -> HostView:
        return HostView(root="")

    async def server_info(self) -> None:
        raise Unavailable("it is away")


@dataclass
class Stage:
    """An app, its keys, and the pulls that a test moves on."""

    app: CtdeckApp
    pilot: Pilot[None]
    pulls: FakePulls

    async def keys(self, *keys: str) -> None:
        burst(self.app, *keys)
        await until(self.pilot, lambda: not self.app.keys.is_busy)

    async def shows(self, text: str) -> None:
        await until(self.pilot, lambda: text in screen_text(self.app), text)


@pytest.fixture(autouse=True)
def same_everywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("socket.gethostname", lambda: "node7")
    monkeypatch.setattr(forms, "generate_name", lambda *_: "nginx-7f3a")
    monkeypatch.setattr(pull, "time", SimpleNamespace(monotonic=lambda: 100.0))
    play(monkeypatch)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@asynccontextmanager
async def stage(size: tuple[int, int], folder: Path, **more: Any) -> AsyncIterator[Stage]:
    pulls = FakePulls()
    session = Session(
        Store(),
        client=Client(),  # type: ignore[arg-type]
        pulls=pulls,  # type: ignore[arg-type]
        state=StateDirectory(folder),
        address="unix:///run/containerd/containerd.sock",
    )
    async with running(more.pop("world", None), size=size, session=session, **more) as (app, pilot):
        yield Stage(app, pilot, pulls)


async def pressing(at: Stage, *keys: str, shows: str = "") -> None:
    await at.keys(*keys)
    await at.shows(shows)


def keys(*names: str, shows: str = "") -> Callable[[Stage], Awaitable[None]]:
    return lambda at: pressing(at, *names, shows=shows)


async def run_form(at: Stage) -> None:
    await at.keys(
        "1", "j", "j", "r", "tab", *"nginx -v", "tab", *"/srv/www:/usr/share/nginx/html:ro"
    )
    await at.keys("tab", "tab", *"GREETING=hello", "enter")
    await at.shows("ctr --address")


async def run_form_with_an_error(at: Stage) -> None:
    await at.keys("1", "j", "j", "r", "tab", "tab", *"srv/www:/www", "enter")
    await at.shows("⚠")


async def pull_running(at: Stage) -> None:
    await at.keys("1", "p", *"nginx:1.27", "enter")
    at.pulls.jobs[0].set(
        "pulling",
        LayerProgress(A, 10_000_000, 5_000_000, "downloading"),
        LayerProgress(B, 2_000_000, 2_000_000, "unpacking"),
    )
    await at.shows("unpacking")


async def pull_failed(at: Stage) -> None:
    await at.keys("1", "p", *"nginx:9", "enter")
    at.pulls.jobs[0].set("failed", error="docker.io says: there is no tag 9 (404).")
    await at.shows("no tag 9")


async def no_daemon(at: Stage) -> None:
    screen = NoDaemonScreen(Settings(), at.app.keys)
    await at.app.push_screen(screen)
    remedy = "Start it, or name another with --address."
    screen.show(
        [Probe(f"/run/{name}.sock", None, "there is no such socket", remedy) for name in "ab"]
    )
    await at.shows("no such socket")


async def numbers(at: Stage) -> None:
    measured.fill(at.app.main.sampling.numbers)
    at.app.main.sampling.show(new={*at.app.main.snapshot.tasks})
    await at.shows("143")


async def stats(at: Stage) -> None:
    await numbers(at)
    await at.keys("j", "j", "t")
    await at.shows("% of a core")


async def processes(at: Stage) -> None:
    client = at.app.client
    client.tasks, client.proc = measured.Tasks(), measured.Proc()  # type: ignore[union-attr, misc, assignment]
    await at.keys("j", "j", "u")
    await at.shows("nginx: worker")


JOURNEYS: dict[str, Callable[[Stage], Awaitable[None]]] = {
    "main-images": keys("1", shows="nginx"),
    "main-containers": keys(shows="web1"),
    "main-tasks": keys("3", shows="9120"),
    "main-mounts": keys("4", shows="/srv/www"),
    "main-events": keys("5", shows="started, pid"),
    "details": keys("j", "j", "enter", shows="io.containerd.runc.v2"),
    "numbers": numbers,
    "stats": stats,
    "processes": processes,
    "confirm-stop": keys("s", shows="Stop (y)"),
    "confirm-delete": keys("D", shows="Delete (y)"),
    "marks": keys("space", "j", "space", "k", shows="✓"),
    "confirm-marked": keys("space", "space", "slash", *"web2", "enter", "D", shows="filtered out"),
    "exec": keys("e", shows="Execute in"),
    "columns": keys("C", "j", "j", "space", shows="Columns of"),
    "themes": keys("T", "j", shows="textual-dark"),
    "debug": keys("E", shows="A toolbox for"),
    "help": keys("question_mark", shows="Keys on the containers"),
    "filter": keys("slash", *"web", shows="3/6"),
    "namespaces": keys("n", shows="6 containers"),
    "as-ctr": keys("exclamation_mark", shows="tasks kill"),
    "command": keys("colon", *"run --na", shows="run --na"),
    "run-form": run_form,
    "run-form-error": run_form_with_an_error,
    "pull-running": pull_running,
    "pull-failed": pull_failed,
    "no-daemon": no_daemon,
}
WORLDS = {
    "empty": snapshot(),
    "pods": neighbours(),
    "lost": replace(world(), phase=Phase.LOST, error="the socket is gone"),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", JOURNEYS)
async def test_journey(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    async with stage(size, tmp_path) as at:
        await JOURNEYS[name](at)
        await check(at, name)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", WORLDS)
async def test_world(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    async with stage(size, tmp_path, world=WORLDS[name]) as at:
        await check(at, name)


def picture(app: CtdeckApp) -> str:
    return "".join(f"{line.rstrip()}\n" for line in screen_text(app).splitlines())


async def check(at: Stage, name: str) -> None:
    """Compare with what is kept, once the screen has come to rest."""
    await at.pilot.pause()
    file = FOLDER / f"{name}-{at.app.size.width}x{at.app.size.height}.txt"
    if UPDATE:
        FOLDER.mkdir(exist_ok=True)
        file.write_text(picture(at.app))
        return
    kept = file.read_text()
    for _ in range(100):
        if picture(at.app) == kept:
            return
        await at.pilot.pause(0.01)
    assert picture(at.app) == kept, file.name
