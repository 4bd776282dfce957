"""The audit as a user of the screen meets it: what was pressed is recorded, a fault is told."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from aiocontainerd.access import Access
from aiocontainerd.simulator import Simulator, World, populate
from ctdeck.app import CtdeckApp
from ctdeck.connect import look
from ctdeck.preparation import Refused, prepare
from ctdeck.screens import dialog
from ctdeck.screens.nodaemon import NoDaemonScreen
from ctdeck.settings import Settings
from tests.tui.apps import screen_text, until


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "ctdeck"


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[CtdeckApp, Pilot[None]]]:
    """An app that found a daemon as it does on any host."""
    world = World()
    populate(world, containers=3, images=1, running=3)
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:
        async with Simulator(Path(folder) / "c.sock", world) as simulator:
            app = CtdeckApp(Settings(address=simulator.address))
            async with app.run_test(size=(100, 30), notifications=True) as pilot:
                await until(pilot, lambda: app.session is not None and app.store.snapshot.loaded)
                yield app, pilot


async def stop_first(app: CtdeckApp, pilot: Pilot[None]) -> None:
    await pilot.press("2", "g", "K")
    await until(pilot, lambda: len(app.screen_stack) > 1)
    await pilot.press("enter")
    await until(pilot, lambda: "gets SIGKILL now" in screen_text(app))
    await pilot.press("y")
    await until(pilot, lambda: "SIGKILL was sent" in screen_text(app))


async def test_what_was_done_is_recorded_under_its_verb(state: Path) -> None:
    async with connected() as (app, pilot):
        assert not state.exists()
        await stop_first(app, pilot)
    lines = [json.loads(line) for line in (state / "audit.log").read_text().splitlines()]
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
        assert "chmod go-w" in screen_text(app)
    assert not list(state.iterdir())


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
        await pilot.press("e")
        await until(pilot, lambda: "ctdeck is read-only" in screen_text(app))
    assert not state.exists()


def test_nothing_is_installed_read_only(state: Path) -> None:
    with pytest.raises(Refused, match="ctdeck is read-only"):
        prepare(READ_ONLY)
    assert not state.exists()
