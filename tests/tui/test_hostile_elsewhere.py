"""What looks like markup stands on the screen letter by letter, in each kind of widget."""

from __future__ import annotations

import socket

import pytest

from ctdeck.desk import Question
from ctdeck.screens import dialog
from ctdeck.screens.confirm import ConfirmScreen
from ctdeck.screens.message import MessageScreen
from tests import hostile
from tests.tui.apps import running, screen_text, until
from tests.tui.test_hostile_screens import check
from tests.tui.worlds import container, snapshot

WORDS = " ".join(hostile.MARKUP[name] for name in ("close", "click", "backslash", "open"))


async def test_the_name_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"{hostile.MARKUP['close']}{hostile.SEQUENCES['title']}"
    monkeypatch.setattr(socket, "gethostname", lambda: name)
    async with running(size=(120, 30)) as (app, pilot):
        await until(pilot, lambda: "[/]\u241b]0;pwned\u2407" in screen_text(app))
        check(app)


async def test_dialogs_and_their_titles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)
    async with running(size=(160, 40)) as (app, pilot):
        for screen, times in (
            (MessageScreen(WORDS, WORDS), 2),
            (ConfirmScreen(Question(WORDS, (WORDS,), "Agree", WORDS)), 3),
        ):
            app.push_screen(screen)
            await until(pilot, lambda times=times: screen_text(app).count(WORDS) >= times)  # type: ignore[misc]
            check(app)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.main)


async def test_toasts_lists_details_and_the_filter() -> None:
    labels = {WORDS: WORDS, "nerdctl/name": WORDS}
    world = snapshot(containers=[container("web1", labels=labels, image=WORDS)])
    async with running(world, size=(220, 40)) as (app, pilot):
        app.main.tell(WORDS)
        await until(pilot, lambda: WORDS in screen_text(app))
        app.main.tell(WORDS, bad=True)
        await until(pilot, lambda: screen_text(app).count(hostile.MARKUP["click"]) > 4)
        check(app)
        await pilot.press("slash", *"web")
        await until(pilot, lambda: f"labels     {WORDS} =" in screen_text(app))
        check(app)
