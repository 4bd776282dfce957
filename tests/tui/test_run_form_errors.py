"""What is wrong in the run form is told beside its field, and nothing typed is lost."""

from __future__ import annotations

import pytest

from aiocontainerd.errors import AlreadyExists, ContainerdError, DaemonError, RuntimeFailed
from aiocontainerd.operations import RunResult
from tests.tui.apps import screen_text, until
from tests.tui.hosts import OPEN, typed
from tests.tui.runforms import Runs, form, shows


async def test_every_mistake_is_told_beside_its_field_and_nothing_is_run() -> None:
    runs = Runs()
    async with form(runs, size=(80, 40)) as (app, pilot):
        await typed(pilot, "-bad")
        await pilot.press("down", "down")
        await typed(pilot, "www:/x")
        await pilot.press("down", "down")
        await typed(pilot, "NOVALUE")
        await pilot.press("enter")
        await until(
            pilot,
            shows(app, "this is not a container id", "source must be an absolute", "NAME=VALUE"),
        )
        assert app.focused is app.screen.query_one("#name")
        assert app.left is OPEN
        text = screen_text(app)
        for kept in ("-bad", "www:/x", "NOVALUE"):
            assert kept in text
    assert runs.asked == []


async def test_leaving_a_wrong_field_tells_at_once_and_mending_it_takes_that_away() -> None:
    async with form() as (app, pilot):
        await pilot.press("down", "down")
        await typed(pilot, "/x:y")
        await pilot.press("down")
        await until(pilot, shows(app, "destination is missing or not absolute"))
        await pilot.press("up", "backspace", "/", "y")
        await until(pilot, lambda: not shows(app, "not absolute")())


@pytest.mark.parametrize(
    ("error", "where", "words"),
    [
        (AlreadyExists("a container of this name exists already", subject="web1",
                       remedy="Choose another name."), "#name", "exists already. Choose another"),
        (RuntimeFailed("the image has no program 'ngnix'", subject="web1",
                       remedy="Give the command's full path."), "#command", "no program 'ngnix'"),
        (DaemonError("the disk [/] burns", subject="x"), "", "the disk [/] burns"),
    ],
)  # fmt: skip
async def test_the_daemons_error_comes_back_with_all_that_was_typed(
    error: ContainerdError, where: str, words: str
) -> None:
    runs = Runs([error])
    async with form(runs) as (app, pilot):
        await typed(pilot, "web1")
        await pilot.press("tab")
        await typed(pilot, "ngnix")
        await pilot.press("enter")
        await until(pilot, shows(app, words))
        assert "ngnix" in screen_text(app)
        assert "web1" in screen_text(app)
        if where:
            assert app.focused is app.screen.query_one(where)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.left, RunResult), "second try")
    assert len(runs.asked) == 2


async def test_of_several_errors_the_first_on_the_screen_gets_the_keys() -> None:
    async with form() as (app, pilot):
        await pilot.press("down", "down")
        await typed(pilot, "nonsense")
        for _ in range(7):
            await pilot.press("down")
        await typed(pilot, "much")
        await pilot.press("enter")
        await until(pilot, lambda: getattr(app.focused, "value", "") == "nonsense")
