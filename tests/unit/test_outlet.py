"""Bytes to a terminal that is slow, stalled, silent or gone; the clock is the test's."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ctdeck.terminal.driver import SparingDriver
from ctdeck.terminal.outlet import QUESTION, SMALLEST, Outlet


class Loop:
    """What an outlet takes of an event loop."""

    def __init__(self) -> None:
        self.now = 100.0
        self.writer: Callable[[], None] | None = None
        self.later: list[Callable[[], None]] = []

    def time(self) -> float:
        return self.now

    def add_writer(self, _: int, call: Callable[[], None]) -> None:
        self.writer = call

    def remove_writer(self, _: int) -> None:
        self.writer = None

    def call_later(self, _: float, call: Callable[[], None]) -> Loop:
        self.later.append(call)
        return self

    def cancel(self) -> None:
        self.later.clear()


class Line:
    """An outlet into a pipe, and what is at its other end."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.ready = 0  # how often a frame was asked for
        self.end, fd = os.pipe()
        os.set_blocking(fd, False)
        os.set_blocking(self.end, False)
        self.outlet = Outlet(fd, cast("asyncio.AbstractEventLoop", self.loop), self._on_ready)

    def _on_ready(self) -> None:
        self.ready += 1

    def read(self, most: int = 1 << 20) -> bytes:
        try:
            return os.read(self.end, most)
        except BlockingIOError:
            return b""

    def frame(self, size: int) -> None:
        """Send a frame, as the driver does."""
        self.outlet.write(b"x" * size)
        self.outlet.ask()

    def answer(self, after: float) -> None:
        """The terminal answers so many seconds later."""
        self.loop.now += after
        self.outlet.answered()

    def meet(self) -> None:
        """The terminal has answered once, at once."""
        self.outlet.ask(force=True)
        self.answer(0.01)
        self.read()
        self.ready = 0


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.outlet.close()
    os.close(line.end)


def test_what_the_line_does_not_take_waits_and_nobody_else_does(line: Line) -> None:
    line.outlet.write(b"a" * 300_000)
    assert not line.outlet.is_ready
    assert line.loop.writer is not None
    taken = 0
    while line.loop.writer is not None:
        taken += len(line.read())
        line.loop.writer()
    assert taken + len(line.read()) == 300_000
    assert line.outlet.is_ready
    assert line.ready == 1


def test_a_silent_terminal_is_never_waited_for(line: Line) -> None:
    line.outlet.ask(force=True)
    for _ in range(20):
        line.frame(3000)
        assert line.read()
        assert line.outlet.is_ready


def test_an_answering_terminal_that_is_behind_gets_no_frame(line: Line) -> None:
    line.meet()
    line.frame(5000)
    assert line.read().endswith(QUESTION)
    assert not line.outlet.is_ready
    assert line.outlet.is_asked
    line.answer(0.3)
    assert line.outlet.is_ready
    assert line.ready == 1


def test_little_is_sent_without_a_question(line: Line) -> None:
    line.meet()
    line.frame(500)
    assert QUESTION not in line.read()
    assert line.outlet.is_ready


def test_after_a_rest_nothing_is_under_way(line: Line) -> None:
    line.meet()
    for _ in range(20):
        line.frame(500)
        line.loop.now += 6
        assert line.outlet.is_ready
    assert QUESTION not in line.read()


def test_a_slow_terminal_gets_less_and_a_fast_one_more(line: Line) -> None:
    line.meet()
    assert line.outlet.share is None
    for _ in range(3):
        line.frame(5000)
        line.answer(3.0)
    assert line.outlet.share == SMALLEST
    for _ in range(8):
        while line.outlet.is_ready:
            line.frame(1000)
            line.read()
        line.answer(0.05)
    assert line.outlet.share is None
    line.frame(SMALLEST * 4)
    assert line.outlet.is_ready


def test_an_answer_that_is_lost_holds_nobody_for_ever(line: Line) -> None:
    line.meet()
    line.frame(5000)
    line.read()
    assert not line.outlet.is_ready
    line.loop.later[0]()
    assert line.outlet.is_ready
    assert line.ready == 1


def test_what_is_not_sent_is_dropped_behind_a_whole_sequence(line: Line) -> None:
    line.outlet.write(b"y" * 200_000)
    line.outlet.write(b"\x1b[1mtail\x1b[2m")
    assert line.outlet.drop()
    rest = b""
    while line.loop.writer is not None:
        rest += line.read()
        line.loop.writer()
    assert rest + line.read() == b"y" * 200_000
    assert not line.outlet.drop()


def test_a_stalled_terminal_is_given_up_in_time(line: Line) -> None:
    line.outlet.write(b"z" * 300_000)
    assert not line.outlet.drain(0.05)
    line.outlet.discard()
    assert line.outlet.drain(0.05)


def test_a_terminal_that_is_gone_is_not_written_to(line: Line) -> None:
    os.close(line.end)
    line.outlet.write(b"into the void")
    line.outlet.write(b"again")
    assert line.outlet.is_ready
    line.end = os.open(os.devnull, os.O_RDONLY)


def test_what_was_written_behind_a_question_is_asked_about_as_well(line: Line) -> None:
    line.meet()
    line.frame(1500)
    line.frame(5000)
    assert line.outlet.is_asked
    line.answer(0.2)  # to the first question, which the second frame had behind it
    line.read()
    if not line.outlet.is_ready:
        assert line.outlet.is_asked
        line.answer(0.2)
    assert line.outlet.is_ready
    assert line.ready == 1


def test_a_long_way_is_not_a_narrow_line(line: Line) -> None:
    line.outlet.ask(force=True)
    line.answer(0.7)
    for _ in range(8):
        while line.outlet.is_ready:
            line.frame(1000)
            line.read()
        line.answer(0.7)
    assert line.outlet.share is None
    line.frame(SMALLEST * 4)
    assert line.outlet.is_ready


def test_what_the_input_thread_writes_goes_by_the_loop() -> None:
    written: list[bytes] = []
    handed: list[tuple[Callable[..., None], bytes]] = []
    driver = SparingDriver.__new__(SparingDriver)
    driver._encoding, driver._farewell, driver._plain = "utf-8", None, False
    driver._outlet = cast("Outlet", SimpleNamespace(write=written.append))
    driver._loop = cast(
        "Any", SimpleNamespace(call_soon_threadsafe=lambda *call: handed.append(call))
    )
    driver._key_thread = cast("Any", threading.current_thread())
    driver.write("mode")
    assert not written
    call, data = handed[0]
    call(data)
    assert written == [b"mode"]
    driver._key_thread = None
    driver.write("frame")
    assert written == [b"mode", b"frame"]
