"""Texts name keys as the configuration binds them, and none that does nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiocontainerd.models import TaskStatus
from ctdeck.settings import Settings
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_operations import session
from tests.tui.handing import play
from tests.tui.logs import Log, reading
from tests.tui.worlds import container, of, snapshot, task

KEYS = {
    "run": "f5",
    "back": "f6",
    "task.start": "",
    "message.copy": "ctrl+y",
    "message.close": "",
    "text.find": "f3",
    "text.next": "f7",
    "logs.help": "",
    "command.complete": "ctrl+t",
    "command.older": "",
}
OWN = Settings(keys=KEYS)


async def test_an_empty_list_and_a_filtered_one() -> None:
    async with running(snapshot(), settings=OWN) as (app, pilot):
        await until(pilot, lambda: "press f5 on an image to run one" in screen_text(app))
    async with running(settings=OWN) as (app, pilot):
        await pilot.press("slash", *"zzz", "enter")
        await until(pilot, lambda: "matches zzz: f6 clears the filter" in screen_text(app))


async def test_what_has_no_key_is_named_by_its_word(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch)
    stopped = of((container("web1"), task("web1", TaskStatus.STOPPED)))
    async with running(stopped, settings=OWN, session=session()) as (app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: "does not run: :start starts it." in screen_text(app))


async def test_the_line_below_the_command_line() -> None:
    async with running(settings=OWN) as (app, pilot):
        await pilot.press("colon")
        await until(pilot, lambda: "ctrl+t complete  → take" in screen_text(app))
        assert "  ↓ history  Esc close" in screen_text(app)


async def test_a_dialog_names_only_keys_that_do_something() -> None:
    async with running(settings=OWN) as (app, pilot):
        app.main.open("message", title="Words", text="to read")
        await until(pilot, lambda: "to read" in screen_text(app))
        border = next(line for line in screen_text(app).splitlines() if "copies" in line)
        assert border.strip("╰╯─ ") == "ctrl+y copies"


async def test_a_log_names_them_at_the_bottom_in_its_help_and_in_words(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.write("one", "two")
    async with reading(settings=OWN, labels=log.labels) as (app, pilot, screen):
        await until(pilot, lambda: "q back  f3 find  & only with" in screen_text(app))
        assert "? help" not in screen_text(app)
        await pilot.press("N")
        await until(pilot, lambda: "searched for yet: press f3 first" in screen_text(app))
        await pilot.press("q")
        await until(pilot, lambda: not screen.is_attached and not screen.page.is_attached)
        screen.tell()  # as a read of it that comes late does
