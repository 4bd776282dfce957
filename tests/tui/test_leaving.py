"""Leaving: what is under way is named first, for nobody goes on with it."""

from __future__ import annotations

import pytest

from aiocontainerd.models import Key
from ctdeck.screens import dialog
from tests.tui.apps import running, until
from tests.tui.fake_operations import asked, lines_of, question_of


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)


async def test_a_stop_or_restart_under_way_is_named() -> None:
    async with running() as (app, pilot):
        app.main.busy[Key("default", "web1")] = "restarted"
        await pilot.press("q")
        await until(pilot, lambda: question_of(app) == "Leave ctdeck?")
        assert "web1 is being restarted: the rest of that will not be done." in lines_of(app)
        await pilot.press("n")
        await until(pilot, lambda: not asked(app))
        app.main.busy.clear()
        await pilot.press("q")
        await until(pilot, lambda: app._exit)
