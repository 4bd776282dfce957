"""Whether the terminal shows what was drawn: it is asked, and only its answer counts."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from ctdeck.terminal import driver as driver_module
from ctdeck.terminal.driver import SparingDriver
from ctdeck.terminal.frames import Frames
from tests.unit.test_outlet import Line


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.outlet.close()
    os.close(made.end)


def test_a_terminal_that_never_answered_shows_what_the_kernel_took(line: Line) -> None:
    line.frame(500)
    assert line.outlet.has_shown(line.outlet.total)
    line.frame(1 << 20)  # more than the pipe holds
    assert not line.outlet.has_shown(line.outlet.total)


def test_one_that_answers_has_shown_what_it_answered_behind(line: Line) -> None:
    line.meet()
    line.frame(500)
    drawn = line.outlet.total
    assert not line.outlet.has_shown(drawn)  # and asks
    line.answer(9.0)
    assert line.outlet.has_shown(drawn)
    line.frame(10)
    assert line.outlet.has_shown(drawn)
    assert not line.outlet.has_shown(line.outlet.total)


def test_an_answer_that_is_lost_shows_nothing(line: Line) -> None:
    line.meet()
    line.frame(500)
    drawn = line.outlet.total
    assert not line.outlet.has_shown(drawn)
    for call in [*line.loop.later]:
        call()  # nobody waits for it any more
    assert not line.outlet.has_shown(drawn)
    line.answer(1.0)
    assert line.outlet.has_shown(drawn)


async def test_what_waits_for_its_turn_is_not_shown(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver_module, "_LOOK", 0)
    made = SparingDriver.__new__(SparingDriver)
    due = SimpleNamespace(is_due=True)
    made._outlet, made._frames = line.outlet, cast("Frames", due)
    waiting = asyncio.ensure_future(made.caught_up())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not waiting.done()
    due.is_due = False
    line.frame(100)
    await waiting
