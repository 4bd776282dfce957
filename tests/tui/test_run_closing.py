"""The run form is left once, also when a second key leaves it before it has gone."""

from __future__ import annotations

import asyncio

from textual.worker import WorkerState

from aiocontainerd.run_options import RunOptions
from ctdeck.forms.risks import Facts
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


async def test_what_is_found_out_too_late_is_told_nobody() -> None:
    """The source is known just when the fields go."""
    found = asyncio.Event()

    async def late(options: RunOptions) -> Facts:
        await found.wait()
        return {}

    async with form(examine=late) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, RunScreen)
        await pilot.press("tab", "tab", *"/srv:/srv")
        looking = [worker for worker in screen.workers if worker.group == "look"]
        assert looking
        screen.action_leave()
        await screen.fields.query_one("#network").remove()
        found.set()
        await until(pilot, lambda: all(worker.is_finished for worker in looking), "all is over")
        assert {worker.state for worker in looking} == {WorkerState.CANCELLED}
