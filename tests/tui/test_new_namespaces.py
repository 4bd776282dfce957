"""A namespace that is not there is made by the call, without a word of containerd's: ours asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ctdeck.settings import Settings
from tests.tui.apps import running, until
from tests.tui.fake_operations import asked, lines_of, question_of, session
from tests.tui.fake_pulls import FakePulls
from tests.tui.worlds import world

GONE = Settings(namespace="gone")


pytestmark = pytest.mark.usefixtures("at_once")


async def test_a_pull_into_one_that_vanished_asks_before_it_is_made_anew() -> None:
    pulls = FakePulls()
    own = replace(session(), pulls=pulls)  # type: ignore[arg-type]
    async with running(session=own, settings=GONE) as (app, pilot):
        await pilot.press("1", "p")
        await until(pilot, lambda: question_of(app) == "Make namespace gone?")
        assert "To pull something into it makes it." in lines_of(app)
        await pilot.press("n")
        await until(pilot, lambda: not asked(app))
        assert app.screen is app.main
        await pilot.press("p")
        await until(pilot, lambda: question_of(app) == "Make namespace gone?")
        await pilot.press("y")
        await until(pilot, lambda: type(app.screen).__name__ == "PullScreen")


async def test_the_usual_one_needs_no_question() -> None:
    own = replace(session(), pulls=FakePulls())  # type: ignore[arg-type]
    empty = replace(world(), namespaces=())
    async with running(empty, session=own) as (app, pilot):
        await pilot.press("1", "p")
        await until(pilot, lambda: type(app.screen).__name__ == "PullScreen")
