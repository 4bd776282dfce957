"""Keys that come in one piece: those after an opener reach what it opens, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.widgets import Input

import aiocontainerd.operations
from aiocontainerd.state import StateDirectory
from aiocontainerd.store import Store
from ctdeck import keygate
from ctdeck.app import CtdeckApp
from ctdeck.screens import dialog
from ctdeck.screens.choose import ChooseScreen
from ctdeck.screens.confirm import ConfirmScreen
from ctdeck.screens.pull import PullScreen
from ctdeck.screens.run import RunScreen
from ctdeck.settings import Session
from ctdeck.terminal.keyparser import KeyParser
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_pulls import FakePulls
from tests.tui.hosts import burst, typed


class Client:
    """Stands for a client; it can only be closed."""

    async def close(self) -> None: ...


def session(tmp_path: Path) -> Session:
    return Session(Store(), client=Client(), pulls=FakePulls(), state=StateDirectory(tmp_path))  # type: ignore[arg-type]


def read(app: CtdeckApp, text: str) -> None:
    """As the driver hands on what has come from the terminal in one piece."""
    parser = KeyParser()
    for message in (*parser.feed(text), *parser.feed("")):
        app._driver.send_message(message.set_sender(app))  # type: ignore[union-attr]


def field(app: CtdeckApp, text: str) -> Callable[[], bool]:
    return lambda: isinstance(app.focused, Input) and app.focused.value == text


async def test_the_command_line(tmp_path: Path) -> None:
    async with running(session=session(tmp_path)) as (app, pilot):
        burst(app, *":run --name rs")
        await until(pilot, field(app, "run --name rs"))
        assert app.screen is app.main


async def test_a_command_and_keys_after_it(tmp_path: Path) -> None:
    async with running(session=session(tmp_path)) as (app, pilot):
        burst(app, *":images", "enter", "j", "j")
        await until(pilot, lambda: app.main.pane_id == "images")
        await until(pilot, lambda: app.main.view.table.view.index == 2)


async def test_the_filter(tmp_path: Path) -> None:
    async with running(session=session(tmp_path)) as (app, pilot):
        burst(app, *"/web2", "enter", "c")
        await until(pilot, lambda: app.clipboard == "web2")
        assert app.main.view.filter == "web2"


async def test_the_pull_dialog(tmp_path: Path) -> None:
    async with running(session=session(tmp_path)) as (app, pilot):
        burst(app, "1", "p", *"quay.io/pod")
        await until(pilot, field(app, "quay.io/pod"))
        assert isinstance(app.screen, PullScreen)


async def test_the_run_form(tmp_path: Path) -> None:
    async with running(session=session(tmp_path)) as (app, pilot):
        burst(app, "1", "r", *"sD1", "tab", *"sleep 9")
        await until(pilot, field(app, "sleep 9"))
        assert isinstance(app.screen, RunScreen)
        assert app.screen.draft.name == "sD1"


async def test_a_choice_hears_its_moves(tmp_path: Path) -> None:
    async with running(session=session(tmp_path)) as (app, pilot):
        burst(app, "n", "j", "j")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        screen = app.screen
        assert isinstance(screen, ChooseScreen)
        await until(pilot, lambda: screen.table.view.index == 2)
        assert app.main.view.table.view.index == 0


async def test_a_question_is_not_answered_and_the_list_stays(tmp_path: Path) -> None:
    async with running(session=session(tmp_path)) as (app, pilot):
        burst(app, "s", "y", "enter", "j", "p")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.pause()
        assert isinstance(app.screen, ConfirmScreen)
        assert app.main.view.table.view.index == 0


async def test_a_question_that_must_be_asked_for_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An image's question asks the daemon before it is put: the keys wait for that too."""
    go = asyncio.Event()

    async def plan(*_: Any) -> Any:
        await go.wait()
        return aiocontainerd.operations.ImagePlan(image, (), (), 5)

    monkeypatch.setattr(aiocontainerd.operations, "image_plan", plan)
    async with running(session=session(tmp_path)) as (app, pilot):
        await pilot.press("1")
        image = app.main.row.image  # type: ignore[union-attr]
        burst(app, "D", "j", "2")
        await pilot.pause(0.05)
        assert app.main.pane_id == "images"
        go.set()
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert app.main.view.table.view.index == 0


async def test_a_silent_daemon_does_not_hold_the_keys_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(aiocontainerd.operations, "image_plan", never)
    monkeypatch.setattr(keygate, "PATIENCE", 0.1)
    async with running(session=session(tmp_path)) as (app, pilot):
        burst(app, "1", "D", "2", "j")
        await until(pilot, lambda: not app.keys.is_busy)
        await pilot.press("3")
        assert app.main.pane_id == "tasks"
        assert app.main.views["images"].table.view.index == 0


async def test_esc_and_a_letter_at_once_are_two_keys(tmp_path: Path) -> None:
    async with running(session=session(tmp_path)) as (app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await until(pilot, lambda: not app.keys.is_busy)
        alt_g = events.Key("alt+shift+g", "G")
        alt_g.time += 1  # after the question could be read
        app._driver.send_message(alt_g.set_sender(app))  # type: ignore[union-attr]
        await until(pilot, lambda: app.screen is app.main)
        await until(pilot, lambda: app.main.view.table.view.index == 5)


@pytest.mark.parametrize(
    ("key", "shows"), [("3", "[3 Tasks"), ("/", " / "), (":", " : "), ("?", "Esc closes")]
)
async def test_esc_and_a_sign_at_once_are_two_keys_too(
    key: str, shows: str, tmp_path: Path
) -> None:
    """Textual takes those of some for a letter of a Mac's option key."""
    async with running(session=session(tmp_path)) as (app, pilot):
        await pilot.press("slash", *"web", "enter")
        await until(pilot, lambda: app.main.view.filter == "web")
        read(app, f"\x1b{key}")
        await until(pilot, lambda: shows in screen_text(app))
        assert not app.main.views["containers"].filter


async def test_esc_and_enter_at_once_leave_a_dialog_and_start_nothing(tmp_path: Path) -> None:
    async with running(session=session(tmp_path)) as (app, pilot):
        await pilot.press("1", "p")
        await until(pilot, lambda: isinstance(app.screen, PullScreen))
        await pilot.press(*"busybox")
        read(app, "\x1b\r")
        await until(pilot, lambda: app.screen is app.main)
        await until(pilot, lambda: not app.keys.is_busy)
        assert app.session is not None
        assert not app.session.pulls.jobs


async def test_a_letter_of_the_option_key_is_none_of_our_keys(tmp_path: Path) -> None:
    async with running(session=session(tmp_path)) as (app, pilot):
        await pilot.press("slash", *"web", "enter")
        read(app, "£")  # option and 3
        await until(pilot, lambda: not app.keys.is_busy)
        assert app.main.view.filter == "web"


async def test_an_enter_from_before_the_terminal_was_ours_is_one(tmp_path: Path) -> None:
    async with running(session=session(tmp_path)) as (app, pilot):
        await pilot.press("slash", *"web")
        read(app, "\n3")
        await until(pilot, lambda: app.main.pane_id == "tasks")
        assert app.main.views["containers"].filter == "web"


async def test_a_long_message_waits_until_the_line_is_typed(tmp_path: Path) -> None:
    async with running(session=session(tmp_path)) as (app, pilot):
        await pilot.press("colon", *"ps a")
        app.main.tell("first\nsecond")
        await pilot.press(*"bc")
        await until(pilot, lambda: ": ps abc" in screen_text(app))
        assert app.screen is app.main
        await pilot.press("escape")
        await until(pilot, lambda: "second" in screen_text(app))


async def test_alt_in_a_field_stays_alt(tmp_path: Path) -> None:
    async with running(session=session(tmp_path)) as (app, pilot):
        burst(app, *":run")
        await until(pilot, field(app, "run"))
        app._driver.send_message(events.Key("alt+b", "b").set_sender(app))  # type: ignore[union-attr]
        await until(pilot, lambda: not app.keys.is_busy)
        assert isinstance(app.focused, Input)


# Questions


async def test_a_click_in_flight_and_a_paste_do_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 1000)
    async with running(session=session(tmp_path)) as (app, pilot):
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.click("#yes")
        await typed(pilot, "y")
        burst(app, "D", "D", "y")
        await until(pilot, lambda: not app.keys.is_busy)
        assert isinstance(app.screen, ConfirmScreen)


async def test_a_yes_waits_for_the_terminal_to_show_the_question_a_no_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = asyncio.Event()

    async def caught_up(_: object) -> None:
        await shown.wait()

    monkeypatch.setattr(dialog, "caught_up", caught_up)
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)
    async with running(session=session(tmp_path)) as (app, pilot):
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        screen = app.screen
        assert isinstance(screen, ConfirmScreen)
        armed = screen.armed
        await pilot.press("y")
        assert app.screen is screen
        shown.set()
        await until(pilot, lambda: armed._seen is not None)
        await pilot.press("y")
        await until(pilot, lambda: app.screen is not screen)
        shown.clear()
        await until(pilot, lambda: not app.main.busy)
        await pilot.press("escape", "D")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("n")
        await until(pilot, lambda: app.screen is app.main)
