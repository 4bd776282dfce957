"""The audit as a user of the screen meets it: what was pressed is recorded, a fault is told."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding
from textual.pilot import Pilot

from aiocontainerd.access import FREE, Access
from aiocontainerd.models import Key
from aiocontainerd.simulator import Simulator, World, populate
from ctdeck.actions import ACTIONS
from ctdeck.app import CtdeckApp
from ctdeck.connect import look
from ctdeck.preparation import Refused, prepare
from ctdeck.screens.nodaemon import NoDaemonScreen
from ctdeck.settings import Settings
from tests.tui.apps import screen_text, until

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state directory whose path is short enough to stand in a toast with what is said of it."""
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:
        monkeypatch.setenv("XDG_STATE_HOME", folder)
        yield Path(folder, "ctdeck")


@asynccontextmanager
async def connected(access: Access = FREE) -> AsyncIterator[tuple[CtdeckApp, Pilot[None]]]:
    """An app that found a daemon as it does on any host."""
    world = World()
    populate(world, containers=3, images=1, running=3)
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:
        async with Simulator(Path(folder) / "c.sock", world) as simulator:
            app = CtdeckApp(Settings(address=simulator.address, access=access))
            async with app.run_test(size=(100, 30), notifications=True) as pilot:
                await until(pilot, lambda: app.session is not None and app.store.snapshot.loaded)
                yield app, pilot


async def stop_first(app: CtdeckApp, pilot: Pilot[None]) -> None:
    await pilot.press("2", "g", "K")
    await until(pilot, lambda: len(app.screen_stack) > 1)
    await pilot.press("enter")
    await until(pilot, lambda: "will get SIGKILL" in screen_text(app))
    await pilot.press("y")
    await until(pilot, lambda: "SIGKILL was sent" in screen_text(app))


async def test_what_was_done_is_recorded_under_its_verb(state: Path) -> None:
    async with connected() as (app, pilot):
        assert not state.exists()
        await stop_first(app, pilot)
    lines = lines_of(state)
    killed = [line for line in lines if line["action"] == "Tasks.Kill"]
    assert [line["result"] for line in killed] == ["begun", "OK"]
    assert {line["verb"] for line in lines} == {"task.kill"}
    assert killed[0]["object"].endswith(" signal 9")


async def test_that_no_audit_can_be_written_is_told_and_the_work_goes_on(state: Path) -> None:
    state.mkdir()
    state.chmod(0o777)
    async with connected() as (app, pilot):
        await stop_first(app, pilot)
        await until(pilot, lambda: "No audit is written: " in screen_text(app))
        assert any("chmod go-w" in toast.message for toast in app._notifications)  # it may wrap
    assert not list(state.iterdir())


LOCKED = Access(namespaces=frozenset({"default"}))
WORDS = {
    "pull busybox:1.36": ("image.pull", "busybox:1.36"),
    "run --name x nothing": ("run", "x"),
    "stop c0": ("task.stop", "c0"),
    "rm -f c0 c1": ("delete", "c0"),
}


def lines_of(state: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (state / "audit.log").read_text().splitlines()]


def refusals(state: Path) -> list[tuple[str, str, str]]:
    """Action, namespace and object of all lines, which are of nothing else."""
    lines = lines_of(state)
    assert {line["result"] for line in lines} == {"refused: read-only"}
    assert all(line["verb"] == line["action"] for line in lines)
    return [(line["action"], line["namespace"], line["object"]) for line in lines]


@pytest.mark.parametrize("access", [Access(read_only=True), LOCKED], ids=["whole", "namespace"])
async def test_each_key_that_is_refused_is_recorded(state: Path, access: Access) -> None:
    """Though no call is made: by its action and what it was pressed on."""
    wanted = []
    async with connected(access) as (app, pilot):
        changing = [a for a in ACTIONS if a.changes and (a.id != "task.start" or access.read_only)]
        changing = [a for a in changing if a.panes & {"images", "containers"}]
        for action in changing:  # all of them run: by namespace, to start one is no change
            app.main.show_pane("images" if "images" in action.panes else "containers")
            await until(pilot, lambda: app.main.row is not None)
            key = getattr(app.main.row, "key", None)
            assert isinstance(key, Key)
            wanted.append((action.id, "default", "" if action.id == "image.pull" else key.id))
            await pilot.press(action.keys.split(",")[0])
            await until(pilot, lambda: state.exists() and len(lines_of(state)) == len(wanted))
            await pilot.press("escape")
    assert refusals(state) == wanted


async def test_each_word_that_is_refused_is_recorded(state: Path) -> None:
    async with connected(Access(read_only=True)) as (app, pilot):
        for line in WORDS:
            app.main.open("command", text=line)
            await pilot.press("enter", "escape")
    assert [(action, name) for action, _, name in refusals(state)] == [
        *WORDS.values(),
        ("delete", "c1"),
    ]


READ_ONLY = Settings(embedded=True, access=Access(read_only=True))


async def test_no_containerd_is_started_read_only(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await look(READ_ONLY, offered=True)
    assert isinstance(found, tuple)
    assert (found[-1].problem, found[-1].remedy) == (
        "ctdeck is read-only, and this would change something",
        "Start ctdeck without --read-only.",
    )
    assert not state.exists()
    app = CtdeckApp(READ_ONLY._replace(embedded=False, address="/nowhere.sock"))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, NoDaemonScreen))
        await until(pilot, lambda: "No containerd answers" in screen_text(app))
        assert "start ctdeck's own" not in screen_text(app)
        for binding in NoDaemonScreen.BINDINGS:
            if isinstance(binding, Binding) and binding.id != "nodaemon.quit":
                await pilot.press(*binding.key.split(","))
        await until(pilot, lambda: "ctdeck is read-only" in screen_text(app))
    assert not state.exists()


def test_nothing_is_installed_read_only(state: Path) -> None:
    with pytest.raises(Refused, match="ctdeck is read-only"):
        prepare(READ_ONLY)
    assert not state.exists()
