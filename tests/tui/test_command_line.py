"""The `:` line by keys: what it completes, refuses and remembers, and how it looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiocontainerd.models import Snapshot
from ctdeck.command.history import History
from ctdeck.widgets.command import CommandInput, CommandLine
from tests.tui.apps import running, screen_text, until
from tests.tui.commandlines import gone, line, shows
from tests.tui.hosts import typed


async def test_a_word_without_a_question(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, "images")
        await pilot.press("enter")
        await until(pilot, lambda: app.main.pane_id == "images")
        await until(pilot, gone(app))
        await until(pilot, lambda: app.focused is app.main.view.table)


@pytest.mark.parametrize("keys", [["escape"], ["enter"], ["backspace"]])
async def test_leaving(tmp_path: Path, keys: list[str]) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await pilot.press(*keys)
        await until(pilot, gone(app))


async def test_a_mistake_keeps_the_text_and_says_what_to_do(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, "stpo web1")
        await pilot.press("enter")
        await until(pilot, shows(app, "no such command", "Did you mean stop"))
        assert app.screen.query_one(CommandInput).value == "stpo web1"
        await pilot.press("space")
        await until(pilot, lambda: "no such command" not in screen_text(app))


async def test_an_id_that_is_not_there(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, "rm -f web9")
        await pilot.press("enter")
        await until(pilot, shows(app, "web9", "no such container", "Did you mean web"))


async def test_tab_completes_words_ids_and_flags(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        entry = app.screen.query_one(CommandInput)
        await typed(pilot, "sto")
        await pilot.press("tab", "w", "tab")
        await until(pilot, shows(app, "web1 web2"))
        assert entry.value == "stop web"
        await pilot.press("1", "tab")
        assert entry.value == "stop web1 "
        await pilot.press("-", "-", "f", "tab")
        assert entry.value == "stop web1 --force "


async def test_tab_completes_host_paths_in_the_shells_quoting(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    async with line(tmp_path) as (app, pilot, _):
        entry = app.screen.query_one(CommandInput)
        await typed(pilot, f"run -v {tmp_path}/a")
        await pilot.press("tab")
        await until(pilot, lambda: entry.value == f"run -v {tmp_path}/a\\ b/")


@pytest.mark.parametrize("colours", [True, False])
async def test_the_suggestion_looks_unlike_what_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, colours: bool
) -> None:
    if not colours:
        monkeypatch.setenv("NO_COLOR", "1")
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, "pa")
        await until(pilot, shows(app, "pause"))
        styles = {
            segment.text.strip(): segment.style
            for strip in app.screen._compositor.render_strips()
            for segment in strip
        }
        said, added = styles["pa"], styles["se"]  # the cursor is on the u
        assert said is not None
        assert added is not None
        if colours:  # Textual makes a paler colour of dim
            assert said.color != added.color
            assert (said.italic, added.italic) == (None, True)
        else:
            assert (said.dim, added.dim) == (None, True)
            assert (said.underline, added.underline) == (None, True)
        assert "take what is dim" in screen_text(app)


async def test_the_suggestion_is_taken_with_the_arrow(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, "pau")
        await until(pilot, shows(app, "pause"))
        await pilot.press("right")
        assert app.screen.query_one(CommandInput).value == "pause"


async def test_the_history_goes_up_and_down_and_over_sessions(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        for text in ("images", "tasks"):
            await typed(pilot, text)
            await pilot.press("enter")
            await until(pilot, gone(app))
            await pilot.press("colon")
            await until(pilot, lambda: bool(app.screen.query(CommandInput)))
        await typed(pilot, "half")
        entry = app.screen.query_one(CommandInput)
        keys = ("up", "up", "up", "down", "down")
        for key, value in zip(keys, ("tasks", "images", "images", "tasks", "half"), strict=True):
            await pilot.press(key)
            assert entry.value == value
        await until(pilot, lambda: (tmp_path / "history").exists())
        await until(pilot, lambda: (tmp_path / "history").read_text() == "images\ntasks\n")
    async with line(tmp_path) as (app, pilot, _):
        entry = app.screen.query_one(CommandInput)

        async def older() -> bool:
            await pilot.press("up")
            return entry.value == "tasks"

        for _ in range(200):
            if await older():
                break
        assert entry.value == "tasks"


async def test_a_line_that_failed_can_be_had_again_and_mended(tmp_path: Path) -> None:
    async with line(tmp_path) as (app, pilot, _):
        await typed(pilot, "rm web9")
        await pilot.press("enter")
        await until(pilot, shows(app, "no such container"))
        await pilot.press("escape", "colon")
        await until(pilot, lambda: bool(app.screen.query(CommandInput)))
        await pilot.press("up")
        assert app.screen.query_one(CommandInput).value == "rm web9"


async def test_a_line_taken_away_before_it_was_composed() -> None:
    async with running() as (app, _):
        with app._context():
            left = CommandLine(world=lambda: (Snapshot(), None), carry_out=print, history=History())
            left.on_mount()
            left.complete()
            left.recall(-1)
