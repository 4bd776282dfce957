"""The run form is left once, also when a second key leaves it before it has gone."""

from __future__ import annotations

from ctdeck.screens.run import RunScreen
from tests.tui.apps import until
from tests.tui.hosts import OPEN
from tests.tui.runforms import Runs, form


async def test_two_ways_out_at_once() -> None:
    runs = Runs()
    async with form(runs) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, RunScreen)
        screen.action_leave()
        screen.action_leave()
        screen.action_run()
        await until(pilot, lambda: app.left is not OPEN, "left")
    assert app.left is None
    assert not runs.asked
