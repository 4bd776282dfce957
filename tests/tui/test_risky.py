"""`:run` of what is risky: the question, on what really is where the source leads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from aiocontainerd import operations
from aiocontainerd.run_options import RunOptions
from aiocontainerd.state import StateDirectory
from aiocontainerd.store import Store
from ctdeck.app import CtdeckApp
from ctdeck.settings import Session
from ctdeck.widgets.command import CommandInput
from tests.tui.apps import running, until
from tests.tui.fake_operations import asked, lines_of, question_of
from tests.tui.hosts import typed
from tests.tui.rundecks import Client

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[RunOptions]:
    found: list[RunOptions] = []

    async def run(_: object, options: RunOptions, **__: Any) -> Any:
        found.append(options)
        return operations.RunResult(options.id, 7, Path("/o"), None)  # type: ignore[arg-type]

    monkeypatch.setattr(operations, "run", run)
    return found


@asynccontextmanager
async def entered(tmp_path: Path, text: str) -> AsyncIterator[tuple[CtdeckApp, Pilot[None]]]:
    """The line was typed and Enter pressed."""
    session = Session(Store(), client=Client(), state=StateDirectory(tmp_path))  # type: ignore[arg-type]
    async with running(session=session) as (app, pilot):
        await pilot.press("colon")
        await until(pilot, lambda: bool(app.screen.query(CommandInput)))
        await typed(pilot, text)
        await pilot.press("enter")
        yield app, pilot


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ("-v /:/host:ro", "/: all of the host's files, read-only"),
        ("-v /etc:/x", "/etc: the host's passwords and settings, writable"),
        ("-v /var/run/docker.sock:/s", "who reaches the runtime's socket is root on the host"),
        ("-v /dev/null:/x", "/dev/null: the host's devices or kernel settings, writable"),
        ("-v /proc/1/root:/x", "/proc/1/root"),
        ("--privileged", "privileged: the container can do all that root can do on the host"),
        ("--net host", "host network: it sees and binds the host's ports"),
    ],
)
async def test_it_is_asked_first(
    tmp_path: Path, ran: list[RunOptions], flags: str, told: str
) -> None:
    async with entered(tmp_path, f"run --name web9 {flags} nginx:1.27") as (app, pilot):
        await until(pilot, lambda: asked(app))
        assert question_of(app) == "Run web9?"
        assert told in lines_of(app)
        assert not ran
        await pilot.press("enter")  # Cancel has the focus
        await until(pilot, lambda: not asked(app))
        assert not ran


async def test_yes_runs_it(tmp_path: Path, ran: list[RunOptions]) -> None:
    async with entered(tmp_path, "run --name web9 --net host nginx:1.27") as (app, pilot):
        await until(pilot, lambda: asked(app))
        await pilot.press("y")
        await until(pilot, lambda: [each.id for each in ran] == ["web9"])


@pytest.mark.parametrize("flags", ["", "-v {}:/x", "-v {}:/x:ro --memory 64m"])
async def test_what_is_harmless_starts_at_once(
    tmp_path: Path, ran: list[RunOptions], flags: str
) -> None:
    text = f"run --name web9 {flags.format(tmp_path)} nginx:1.27"
    async with entered(tmp_path, text) as (app, pilot):
        await until(pilot, lambda: [each.id for each in ran] == ["web9"])
        assert not asked(app)


async def test_where_a_link_leads_counts_also_when_it_moves_under_the_question(
    tmp_path: Path, ran: list[RunOptions]
) -> None:
    link = tmp_path / "link"
    link.symlink_to("/etc")
    async with entered(tmp_path, f"run --name web9 -v {link}:/x nginx:1.27") as (app, pilot):
        await until(pilot, lambda: asked(app))
        assert f"{link} leads to /etc: the host's passwords" in lines_of(app)
        link.unlink()
        link.symlink_to("/boot")
        await pilot.press("y")
        await until(pilot, lambda: f"{link} leads to /boot" in lines_of(app))
        assert not ran
        await pilot.press("y")
        await until(pilot, lambda: [each.id for each in ran] == ["web9"])
