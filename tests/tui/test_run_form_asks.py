"""The run form with what is risky: the question of `:run`, each time, before anything starts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from aiocontainerd import operations
from aiocontainerd.run_options import RunOptions
from ctdeck.app import CtdeckApp
from ctdeck.screens import dialog
from ctdeck.screens.run import RunScreen
from tests.tui.apps import screen_text, until
from tests.tui.fake_operations import asked, lines_of, question_of
from tests.tui.hosts import burst, typed
from tests.tui.rundecks import deck, opened


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[RunOptions]:
    found: list[RunOptions] = []

    async def run(_: object, options: RunOptions, **__: Any) -> Any:
        found.append(options)
        return operations.RunResult(options.id, 7, Path("/o"), None)  # type: ignore[arg-type]

    monkeypatch.setattr(operations, "run", run)
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)
    return found


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path fits into a line of the form, however deep pytest's own is."""
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:
        yield Path(folder)


def text(app: CtdeckApp) -> str:
    return " ".join(screen_text(app).replace("│", "").split())


async def filled(app: CtdeckApp, pilot: Pilot[None], mount: str = "", *keys: str) -> None:
    await opened(app, pilot)
    await typed(pilot, "web9")
    await pilot.press("tab", "tab")
    if mount:
        await typed(pilot, mount)
    await pilot.press(*keys)


@pytest.mark.parametrize(
    ("mount", "keys", "told"),
    [
        ("/etc:/x", (), "/etc: the host's passwords and settings, writable"),
        ("", ("tab", "tab", "right"), "host network: it sees and binds the host's ports"),
    ],
)
async def test_each_enter_asks_and_cancel_has_the_focus(
    tmp_path: Path, ran: list[RunOptions], mount: str, keys: tuple[str, ...], told: str
) -> None:
    async with deck(tmp_path) as (app, pilot):
        await filled(app, pilot, mount, *keys)
        for _ in range(2):  # the same form again is no smaller matter
            await pilot.press("enter")
            await until(pilot, lambda: asked(app))
            assert question_of(app) == "Run web9?"
            assert told in lines_of(app)
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, RunScreen))
            assert not ran
        assert "Enter runs" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: asked(app))
        await pilot.press("y")
        await until(pilot, lambda: [each.id for each in ran] == ["web9"])
        await until(pilot, lambda: app.screen is app.main)


async def test_what_is_harmless_runs_at_once(tmp_path: Path, ran: list[RunOptions]) -> None:
    async with deck(tmp_path) as (app, pilot):
        await filled(app, pilot, f"{tmp_path}:/x")
        await pilot.press("enter")
        await until(pilot, lambda: [each.id for each in ran] == ["web9"])


async def test_keys_before_the_question_was_seen_do_not_answer_it(
    tmp_path: Path, ran: list[RunOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0.3)
    async with deck(tmp_path) as (app, pilot):
        await filled(app, pilot, "/etc:/x")
        burst(app, "enter", "y", "y")
        await until(pilot, lambda: asked(app))
        await pilot.pause()
        assert asked(app)
        assert not ran
        assert "/etc:/xy" not in screen_text(app)


async def test_a_link_that_leads_elsewhere_by_now_is_asked_as_what_it_is(
    tmp_path: Path, short: Path, ran: list[RunOptions]
) -> None:
    link = short / "link"
    link.symlink_to("/srv")
    async with deck(tmp_path) as (app, pilot):
        await filled(app, pilot, f"{link}:/x")
        await until(pilot, lambda: bool(app.screen._facts))  # type: ignore[attr-defined]
        link.unlink()
        link.symlink_to("/etc")
        await pilot.press("enter")
        await until(pilot, lambda: f"{link} leads to /etc: the host's passwords" in lines_of(app))
        link.unlink()
        link.symlink_to("/boot")
        await pilot.press("y")
        await until(pilot, lambda: f"{link} leads to /boot" in lines_of(app))
        assert not ran
        await pilot.press("n")
        await until(pilot, lambda: f"{link.name} leads to /boot" in text(app))
