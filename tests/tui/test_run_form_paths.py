"""Tab in a mount of the run form completes paths of the host, as a shell does."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from ctdeck.forms import host_paths
from ctdeck.widgets import path_field
from tests.tui.apps import screen_text, until
from tests.tui.hosts import typed
from tests.tui.runforms import form, shows


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("site one", "shop", "shared"):
        (tmp_path / name).mkdir()
    (tmp_path / "shop" / "conf:d").touch()
    return tmp_path


async def test_tab_completes_as_a_shell_does(tree: Path) -> None:
    async with form(size=(120, 40)) as (app, pilot):
        await pilot.press("down", "down")
        field_ = app.screen.query_one(path_field.PathField)
        await typed(pilot, f"{tree}/si")
        await pilot.press("tab")
        await until(pilot, lambda: field_.value == f"{tree}/site one/")
        assert app.focused is field_


async def test_tab_shows_the_candidates_when_more_than_one_fits(tree: Path) -> None:
    async with form(size=(120, 40)) as (app, pilot):
        await pilot.press("down", "down")
        field_ = app.screen.query_one(path_field.PathField)
        await typed(pilot, f"{tree}/sh")
        await pilot.press("tab")
        await until(pilot, shows(app, "shared/ shop/"))
        assert field_.value == f"{tree}/sh"
        await pilot.press("o", "tab")
        await until(pilot, lambda: field_.value == f"{tree}/shop/")
        assert "shared/" not in screen_text(app)
        await pilot.press("tab")
        await until(pilot, lambda: field_.value == f"{tree}/shop/conf\\:d")
        assert app.focused is field_


@pytest.mark.parametrize("text", ["", "/srv/w:/ww", "/no-such-place-at-all"])
async def test_tab_moves_on_where_there_is_nothing_to_complete(text: str) -> None:
    async with form() as (app, pilot):
        await pilot.press("down", "down")
        field_ = app.focused
        await typed(pilot, text)
        await pilot.press("tab")
        await until(pilot, lambda: app.focused is not field_)


async def test_a_hung_file_system_does_not_freeze_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    hang = Event()

    def hung(query: host_paths.PathQuery) -> host_paths.Listing:
        hang.wait(30)
        return host_paths.Listing()

    monkeypatch.setattr(path_field, "read_directory", hung)
    monkeypatch.setattr(path_field, "PATIENCE", 0.05)
    try:
        async with form() as (app, pilot):
            await pilot.press("down", "down")
            field_ = app.screen.query_one(path_field.PathField)
            await typed(pilot, "/nfs/x")
            await pilot.press("tab", "y")
            await until(pilot, lambda: field_.value == "/nfs/xy")
            await pilot.press("tab")
            await until(pilot, shows(app, "does not answer"))
    finally:
        hang.set()
