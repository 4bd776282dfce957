"""While a stop waits: what was sent, how long it still may take, and that -f does not wait."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

import pytest

import aiocontainerd.operations
from aiocontainerd.models import Container, TaskStatus
from aiocontainerd.operations.stopping import Sent
from ctdeck.command.parsing import parse
from ctdeck.screens import dialog, progress
from ctdeck.underway import UnderWay, line_of, next_change
from ctdeck.verbs.typed import carry_out
from tests.tui.apps import running, screen_text, until
from tests.tui.fake_operations import asked, session
from tests.tui.worlds import container, of, task


async def test_a_wait_shows_the_signal_and_the_seconds_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken, killed, ended, late = asyncio.Event(), asyncio.Event(), asyncio.Event(), [0.0]

    async def slow(*_: Any, report: Any, **__: Any) -> int:
        report(Sent(15, 10.0, is_asked=True))
        await taken.wait()
        report(Sent(15, 10.0))
        await killed.wait()
        report(Sent(9, is_asked=True))
        report(Sent(9))
        await ended.wait()
        return 137

    monkeypatch.setattr(aiocontainerd.operations, "stop", slow)
    monkeypatch.setattr(progress, "clock", lambda: monotonic() + late[0])
    monkeypatch.setattr(progress, "next_change", lambda *_: 0.05)  # not a second
    world = of((container("web1"), task("web1", TaskStatus.RUNNING)))
    async with running(world, session=session()) as (app, pilot):
        carry_out(app.main, parse("stop -f web1"))
        await until(pilot, lambda: "stopping web1: TERM asked for, no answer" in screen_text(app))
        taken.set()
        await until(pilot, lambda: "stopping web1: TERM sent, KILL in 10 s" in screen_text(app))
        await until(pilot, lambda: screen_text(app).count("stopping") == 2)  # the row's status
        late[0] = 3.0
        await until(pilot, lambda: "KILL in 7 s" in screen_text(app))
        killed.set()
        await until(pilot, lambda: "stopping web1: KILL sent" in screen_text(app))
        ended.set()
        await until(pilot, lambda: "web1 has stopped (exit status 137)." in screen_text(app))
        (toast,) = app._notifications
        assert toast.message.endswith(" It did not heed TERM within 10 s, and got KILL.")
        await until(pilot, lambda: "stopping" not in screen_text(app))


def test_of_several_waits_the_soonest_is_told() -> None:
    works = [
        UnderWay("a", "deleted"),
        UnderWay("b in dev", "stopped", "TERM", 109.0),
        UnderWay("c", "stopped", "QUIT", 104.5),
    ]
    assert line_of(works, 100.0) == "stopping c: QUIT sent, KILL in 5 s; and 2 others"
    assert line_of(works[:1], 100.0) == "deleting a …"
    assert line_of([], 100.0) == ""
    assert line_of([UnderWay("x" * 64, "stopped", "TERM", 9.0)], 9.1) == (
        f"stopping {'x' * 33}…: TERM sent, KILL in 0 s"
    )
    assert line_of([UnderWay("a", "stopped", "TERM", 9.0, "a: ttrpc: closed")], 8.0) == (
        "stopping a: TERM sent, KILL in 1 s (a: ttrpc: closed)"
    )


def test_it_is_drawn_again_when_the_seconds_read_differently() -> None:
    works = [UnderWay("a", "stopped", "TERM", 110.0), UnderWay("b", "stopped", "TERM", 107.75)]
    assert next_change(works, 100.0) == 0.75
    assert next_change(works[:1], 100.0) == 1.0
    assert next_change(works, 111.0) is None
    assert next_change([UnderWay("a", "deleted")], 100.0) is None


@pytest.mark.parametrize(("line", "killed"), [("rm -f web1", True), ("rm web1", False)])
async def test_only_rm_with_f_kills_at_once(
    monkeypatch: pytest.MonkeyPatch, line: str, killed: bool
) -> None:
    asked_for: list[bool] = []

    async def delete(_: object, thing: Container, *, kill: bool, **__: Any) -> None:
        asked_for.append(kill)

    monkeypatch.setattr(aiocontainerd.operations, "delete_container", delete)
    monkeypatch.setattr(dialog, "ARMED_AFTER", 0)
    world = of((container("web1"), task("web1", TaskStatus.RUNNING)))
    async with running(world, session=session()) as (app, pilot):
        carry_out(app.main, parse(line))
        if not killed:
            await until(pilot, lambda: asked(app))
            await pilot.press("y")
        await until(pilot, lambda: asked_for == [killed])
