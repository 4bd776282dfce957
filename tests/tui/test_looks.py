"""Keys, themes, order and columns as one wants them: seen, and there again at the next start."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import OptionList

from aiocontainerd.state import StateDirectory
from aiocontainerd.store import Store
from ctdeck import app as app_module
from ctdeck.app import CtdeckApp
from ctdeck.colours import THEMES
from ctdeck.remembered import FILE
from ctdeck.screens.columns import ColumnsScreen
from ctdeck.screens.palette import PaletteScreen
from ctdeck.settings import Session, Settings
from tests.tui.apps import lines_of, running, screen_text, titles, until
from tests.tui.fake_operations import noted, question_of, session

pytestmark = pytest.mark.usefixtures("at_once")


def at(folder: Path) -> Session:
    return Session(Store(), state=StateDirectory(folder))


KEYS = Settings(
    keys={
        "task.stop": "ctrl+s,f9",
        "task.start": "s",
        "lock": "",
        "palette": "f2",
        "confirm.yes": "j",
        "confirm.down": "down",
    }
)


async def test_remapped_keys_work_and_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    done = noted(monkeypatch)
    async with running(session=session(), settings=KEYS, size=(120, 35)) as (app, pilot):
        assert " ctrl+s stop " in screen_text(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: question_of(app) == "Stop web2?")
        assert "Stop (j)" in screen_text(app)
        await pilot.press("y")  # not any more
        assert question_of(app) == "Stop web2?"
        await pilot.press("j")
        await until(pilot, lambda: done == [("stop", "web2")])
        await pilot.press("j", "s")  # the former key of stop starts
        await until(pilot, lambda: done[1:] == [("start", "never-started")])
        await pilot.press("L")
        assert not app._notifications or "Nothing was unlocked" not in screen_text(app)
        await pilot.press("question_mark")
        await until(pilot, lambda: "ctrl+s f9" in screen_text(app))


async def test_the_palette_has_its_key_and_shows_those_of_the_actions() -> None:
    async with running(settings=KEYS, size=(120, 35)) as (app, pilot):
        await pilot.press("ctrl+p")
        assert len(app.screen_stack) == 1
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(app.screen, PaletteScreen))
        await until(pilot, lambda: bool(app.screen.query_one(OptionList).option_count))
        await pilot.press(*"stop")
        await until(pilot, lambda: "stop  (ctrl+s f9)" in screen_text(app))


async def test_a_theme_of_the_configuration_and_its_colours() -> None:
    async with running(settings=Settings(theme="nord"), size=(80, 24)) as (app, _):
        assert app.theme == "nord"
        assert app.get_css_variables()["quiet"].startswith("#")


async def test_every_theme_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(size=(100, 30)) as (app, pilot):
        await pilot.press("space")
        for name in THEMES:
            app.theme = name
            await pilot.pause()
            assert "web1" in screen_text(app)
            assert lines_of(app.main.view.table)


async def test_a_theme_is_seen_while_one_chooses_and_remembered_when_taken(
    tmp_path: Path,
) -> None:
    async with running(session=at(tmp_path), size=(80, 24)) as (app, pilot):
        await pilot.press("T", "j")
        await until(pilot, lambda: app.theme == THEMES[1])
        await pilot.press("escape")
        await until(pilot, lambda: app.theme == "ctdeck")
        await pilot.press("T", "j", "j", "j", "enter")
        await until(pilot, lambda: app.theme == THEMES[3] and len(app.screen_stack) == 1)
    async with running(session=at(tmp_path)) as (app, _):
        assert app.theme == THEMES[3]
    async with running(session=at(tmp_path), settings=Settings(theme="nord")) as (app, _):
        assert app.theme == "nord"


async def test_the_line_takes_a_theme(tmp_path: Path) -> None:
    async with running(session=at(tmp_path), size=(80, 24)) as (app, pilot):
        await pilot.press("colon", *"theme dracula", "enter")
        await until(pilot, lambda: app.theme == "dracula")
        await until(pilot, lambda: "run it" not in screen_text(app))  # the keys of the list again


async def test_a_terminal_of_few_colours_keeps_its_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLORTERM", "")
    async with running(session=at(tmp_path), settings=Settings(theme="nord")) as (app, pilot):
        assert app.theme == "ctdeck-16"
        await pilot.press("T")
        await until(pilot, lambda: "keeps its own look" in screen_text(app))


async def test_order_and_columns_are_there_again(tmp_path: Path) -> None:
    async with running(session=at(tmp_path), size=(120, 24)) as (app, pilot):
        app.main.view.table.sort_by("image")
        await pilot.press("shift+right", "o", "C")
        await until(pilot, lambda: isinstance(app.screen, ColumnsScreen))
        assert "CONTAINER (always)" in screen_text(app)
        await pilot.press("space", "j", "space")  # the id stays
        await until(pilot, lambda: titles(app)[0] == "CONTAINER")
        await pilot.press("escape")
        assert titles(app)[0] == "CONTAINER"
        assert "AGE▼" in titles(app)
        rows = lines_of(app.main.view.table)
    async with running(session=at(tmp_path), size=(120, 24)) as (app, pilot):
        assert lines_of(app.main.view.table) == rows
        await pilot.press("C", "r", "escape")
        assert titles(app)[1] == "CONTAINER"
        assert app.main.view.table.sort_column is None
    assert (tmp_path / FILE).read_text() == ""


async def test_it_is_written_once_for_many_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_module, "REMEMBERED_AFTER", 0.05)
    async with running(session=at(tmp_path)) as (app, pilot):
        saves: list[int] = []
        save = app.remembered.save
        monkeypatch.setattr(app.remembered, "save", lambda: (saves.append(1), save()))
        for _ in range(3):
            app.main.sort("next")
        await until(pilot, lambda: (tmp_path / FILE).exists())
        assert len(saves) == 1
        assert (tmp_path / FILE).read_text().startswith("sort containers ")


async def test_a_broken_file_is_told_once(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("not ours\n")
    (tmp_path / FILE).chmod(0o600)
    async with running(session=at(tmp_path)) as (app, pilot):
        await until(pilot, lambda: "line 1 is not ctdeck's" in screen_text(app))
        await pilot.press("shift+right")
    async with running(session=at(tmp_path)) as (app, _):
        assert app.remembered.trouble == ""


async def test_what_no_column_is_called_is_left_out(tmp_path: Path) -> None:
    text = "theme nope\nsort containers nope down\nhide containers nope id\nhide nope x\n"
    (tmp_path / FILE).write_text(text)
    (tmp_path / FILE).chmod(0o600)
    async with running(session=at(tmp_path), size=(120, 24)) as (app, _):
        assert app.theme == "ctdeck"
        assert titles(app)[1] == "CONTAINER"
        assert app.main.view.table.view.reverse is False


async def test_a_click_on_a_title_is_remembered(tmp_path: Path) -> None:
    async with running(session=at(tmp_path), size=(120, 24)) as (app, pilot):
        await pilot.click(app.main.view.table, offset=(14, 0))
        await until(pilot, lambda: app.remembered.sorts["containers"].column == "id")


async def test_the_demo_keeps_nothing() -> None:
    assert CtdeckApp(Settings(demo=True)).remembered._root == ""
