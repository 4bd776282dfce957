"""Toasts never cover an open dialog: they wait until it is closed."""

from __future__ import annotations

import pytest

from ctdeck.screens.reading import ReadingScreen
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_operations import asked, noted, session

pytestmark = pytest.mark.usefixtures("at_once")


async def test_what_is_told_behind_a_question_is_seen_when_it_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = noted(monkeypatch)
    async with running(session=session()) as (app, pilot):
        app.main.tell("Told before.")
        await until(pilot, lambda: "Told before." in screen_text(app))
        await pilot.press("s")
        await until(pilot, lambda: asked(app) and "Told before." not in screen_text(app))
        app.main.tell("Told meanwhile.", bad=True)
        app.main.tell("Told meanwhile.", bad=True)
        for _ in range(3):
            await pilot.pause()
            assert "Told" not in screen_text(app)
        await pilot.press("y")
        await until(pilot, lambda: done == [("stop", "web2")])
        await until(pilot, lambda: "Told before." in screen_text(app))
        await until(pilot, lambda: screen_text(app).count("Told meanwhile.") == 1)
        await until(pilot, lambda: "web2 has stopped" in screen_text(app))


async def test_the_same_again_takes_the_place_of_the_earlier_one() -> None:
    async with running() as (app, pilot):
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, ReadingScreen))
        await pilot.press(*"nnN")  # a word of a screen of its own, not by the main one
        await until(pilot, lambda: "Nothing is searched for yet" in screen_text(app))
        await pilot.press("n")
        await pilot.pause()
        assert screen_text(app).count("Nothing is searched for yet") == 1
        assert len(app._notifications) == 1
