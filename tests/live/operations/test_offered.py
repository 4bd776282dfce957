"""The whole way: a process dies in the midst of a run, ctdeck starts, offers, and cleans up."""

from pathlib import Path

import pytest

from aiocontainerd.operations import cut_short
from ctdeck import connect
from ctdeck.app import CtdeckApp
from ctdeck.screens import dialog
from ctdeck.settings import Session, Settings
from tests.tui.apps import screen_text, until
from tests.tui.fake_operations import asked, question_of

from .conftest import Stage, written
from .dying import mortal


@pytest.fixture(autouse=True)
def at_home(stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where ctdeck keeps its files is where those of the stage are; questions are armed at once."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)
    stage.state = type(stage.state)(tmp_path / "ctdeck")


async def started(stage: Stage) -> CtdeckApp:
    """ctdeck as it starts on this daemon and namespace."""
    settings = Settings(address=str(stage.daemon.socket), namespace=stage.namespace)
    session = await connect.look(settings)
    assert isinstance(session, Session)
    return CtdeckApp(settings, session)


@pytest.mark.containerd("2")
async def test_the_next_start_offers_to_remove_what_is_left(stage: Stage) -> None:
    before = stage.everything()
    async with mortal(stage) as process:
        for calls in range(8, 30):
            assert not await process.die("run", calls)
            if stage.ctr("containers", "ls", "-q"):
                break
    app = await started(stage)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: asked(app))
        assert question_of(app) == f"Remove what is left of a run of c in {stage.namespace}?"
        assert "the container c, which never ran" in screen_text(app)
        await pilot.press("y")
        await until(pilot, lambda: not app.main.snapshot.containers, "it is gone")
        await until(pilot, lambda: not asked(app))
        while await cut_short(stage.client, [stage.namespace], state=stage.state):
            await pilot.pause(0.01)
        await pilot.press("q")
    found = stage.everything()
    assert {**found, "files": [f for f in found["files"] if "/logs/" in f]} == before


@pytest.mark.containerd("2")
async def test_the_log_of_what_others_deleted_is_offered(stage: Stage) -> None:
    """`ctr` knows nothing of our logs: what it deletes leaves one behind."""
    before = stage.everything()
    result = await stage.run("gone", "echo hello")
    await written(result.log, "hello")
    await stage.client.tasks.wait("gone", namespace=stage.namespace)
    stage.ctr("tasks", "rm", "gone")
    stage.ctr("containers", "rm", "gone")
    assert result.log.exists()
    app = await started(stage)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: asked(app))
        assert question_of(app) == "Remove logs?"
        assert "is gone will be removed: gone in" in screen_text(app)
        await pilot.press("y")
        await until(pilot, lambda: not result.log.exists())
        await until(pilot, lambda: not asked(app))
        await pilot.press("q")
    found = stage.everything()
    assert {**found, "files": [f for f in found["files"] if "/logs/" in f]} == before
