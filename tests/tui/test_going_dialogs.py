"""A dialog takes itself away and nothing else, however often and whenever it is told to go."""

from __future__ import annotations

import asyncio

import pytest
from textual.widgets import Button

from ctdeck.desk import Question
from ctdeck.screens import dialog, waiting
from ctdeck.screens.confirm import ConfirmScreen
from ctdeck.screens.message import MessageScreen
from tests.tui.apps import running, screen_text, until

TURNS = 10  # of the loop; a dialog that was opened is there after some of them


async def test_what_ends_while_its_dialog_comes_takes_that_away_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In each turn of the loop between the two."""
    monkeypatch.setattr(waiting, "SOON", 0.0)

    async def work(turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)

    async with running() as (app, pilot):
        for turns in range(TURNS):
            await app.push_screen(MessageScreen("A message", "that is being read"))
            wait = waiting.wait(app, "It takes long", work(turns), lambda: "it goes on")
            assert await app.run_worker(wait).wait()
            await pilot.pause()
            assert [type(each) for each in app.screen_stack[1:]] == [MessageScreen], turns
            app.screen.dismiss()
            await until(pilot, lambda: app.screen is app.main)


async def test_a_button_that_is_pressed_twice_answers_one_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", -1e9)  # a click is no key: it has no time
    answers: list[tuple[str, bool | None]] = []
    async with running() as (app, pilot):
        for title in ("Below?", "Above?"):
            question = ConfirmScreen(Question(title, (), "Yes"))
            await app.push_screen(question, lambda yes, title=title: answers.append((title, yes)))
            await until(pilot, lambda title=title: title in screen_text(app))
        screen = app.screen
        assert isinstance(screen, ConfirmScreen)
        await until(pilot, lambda: screen.armed.accepts(app))
        button = screen.query_one("#yes", Button)
        button.press()
        button.press()
        await until(pilot, lambda: bool(answers))
        await pilot.pause(0.05)
        assert answers == [("Above?", True)]
        assert "Below?" in screen_text(app)


async def test_one_that_ends_below_another_goes_with_that() -> None:
    async with running() as (app, pilot):
        below, above = MessageScreen("Below", "the first"), MessageScreen("Above", "the second")
        for screen in (below, above):
            await app.push_screen(screen)
            await until(pilot, lambda screen=screen: app.screen is screen)
        below.dismiss()
        await pilot.pause(0.05)
        assert app.screen is above
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.main)
        assert len(app.screen_stack) == 1
