"""Leaving: what is under way is named first, for nobody goes on with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aiocontainerd.models import Key
from aiocontainerd.pull.progress import PullProgress
from ctdeck.underway import UnderWay
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_operations import asked, lines_of, question_of, session

pytestmark = pytest.mark.usefixtures("at_once")


async def test_a_stop_or_restart_under_way_is_named() -> None:
    async with running() as (app, pilot):
        app.main.busy[Key("default", "web1")] = UnderWay("web1", "restarted")
        await pilot.press("q")
        await until(pilot, lambda: question_of(app) == "Leave ctdeck?")
        assert "web1 is being restarted: the rest of that will not be done." in lines_of(app)
        await pilot.press("n")
        await until(pilot, lambda: not asked(app))
        app.main.busy.clear()
        await pilot.press("q")
        await until(pilot, lambda: app._exit)


async def test_of_many_under_way_some_are_named_and_the_others_counted() -> None:
    async with running() as (app, pilot):
        for number in range(12):
            name = f"c{number} in dev"
            app.main.busy[Key("dev", f"c{number}")] = UnderWay(name, "deleted")
        await pilot.press("q")
        await until(pilot, lambda: asked(app))
        (line,) = lines_of(app).splitlines()
        assert line.startswith("c0 in dev, c1 in dev,")
        assert line.endswith("and 4 more are being deleted: the rest of that will not be done.")


async def test_quit_asks_only_while_a_pull_runs() -> None:
    class Job:
        reference = "docker.io/library/busybox:1.36"
        done = False

        async def cancel(self) -> None:
            self.done = True

        progress = PullProgress(reference)

    class Pulls:
        jobs = (Job(),)

    async with running(session=replace(session(), pulls=Pulls())) as (app, pilot):  # type: ignore[arg-type]
        await pilot.press("ctrl+c")
        await until(pilot, lambda: asked(app))
        assert "The pull of docker.io/library/busybox:1.36 will be cancelled." in screen_text(app)
        assert "Stay (n)" in screen_text(app)
        assert "Cancel" not in screen_text(app)
        assert app.focused is not None
        assert app.focused.id == "no"
        await pilot.press("n")
        await until(pilot, lambda: not asked(app))
        assert app.is_running
        Pulls.jobs[0].done = True
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
