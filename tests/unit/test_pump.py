"""Bytes both ways between two terminals, whoever is slow or gone; real pipes and a real pty."""

import os
import pty
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from ctdeck.terminal import pump
from ctdeck.terminal.detach import DetachKeys
from ctdeck.terminal.pump import MOST, MOST_TYPED, Over, Pump

PATIENCE = 10.0  # s


@dataclass
class Between:
    """A pump that runs; `user` is our side of the terminal, the others the container's."""

    pump: Pump
    thread: threading.Thread
    user: int
    typed: int
    output: int
    over: list[Over]

    def wait(self) -> Over:
        self.thread.join(PATIENCE)
        assert self.over, "it is not over"
        return self.over[0]


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def between() -> Iterator[Between]:
    user, ours = pty.openpty()
    tty.setraw(ours)
    screen = os.open(os.ttyname(ours), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    typed, stdin = os.pipe2(os.O_NONBLOCK)
    stdout, output = os.pipe2(os.O_NONBLOCK)
    os.set_blocking(user, False)
    running = Pump(ours, screen, stdin, stdout, DetachKeys(b"\x10\x11"))
    over: list[Over] = []
    thread = threading.Thread(target=lambda: over.append(running.run()))
    thread.start()
    made = Between(running, thread, user, typed, output, over)
    yield made
    running.stop()
    thread.join(PATIENCE)
    running.close()
    for fd in {made.user, made.typed, made.output, ours, screen, stdin, stdout} - {-1}:
        os.close(fd)


def read(fd: int) -> bytes:
    try:
        return os.read(fd, 1 << 20)
    except BlockingIOError:
        return b""


def reads(fd: int, wanted: bytes) -> None:
    found = b""

    def all_of_it() -> bool:
        nonlocal found
        found += read(fd)
        return found == wanted

    until(all_of_it)


def test_both_ways_and_untouched(between: Between) -> None:
    everything = bytes(range(256)).replace(b"\x10\x11", b"")
    os.write(between.user, everything)
    reads(between.typed, everything)
    os.write(between.output, everything)
    reads(between.user, everything)


def test_a_held_key_comes_by_itself(between: Between) -> None:
    os.write(between.user, b"\x10")
    reads(between.typed, b"\x10")


def test_the_keys_leave(between: Between) -> None:
    os.write(between.user, b"ab\x10\x11cd")
    assert between.wait() is Over.LEFT
    assert read(between.typed) == b"ab"


def test_a_flood_waits_for_a_terminal_that_stands(between: Between) -> None:
    """No more is taken than is bounded; keys go on; then all of it comes, in order."""
    sent = b""
    idle = 0
    while idle < 20:
        try:
            piece = bytes([len(sent) // 4096 % 251]) * 4096
            sent += piece[: os.write(between.output, piece)]
            idle = 0
        except BlockingIOError:
            idle += 1
            time.sleep(0.01)
    assert len(sent) < 4 * MOST
    os.write(between.user, b"\x03")
    reads(between.typed, b"\x03")
    reads(between.user, sent)


def test_the_other_side_closes(between: Between) -> None:
    os.write(between.output, b"last words")
    os.close(between.output)
    between.output = -1
    assert between.wait() is Over.CLOSED
    reads(between.user, b"last words")


def test_it_has_ended_and_a_child_keeps_the_terminal(between: Between) -> None:
    os.write(between.output, b"last words")
    between.pump.ended()
    assert between.wait() is Over.CLOSED
    reads(between.user, b"last words")


def test_nobody_hears_it(between: Between) -> None:
    os.close(between.typed)
    between.typed = -1
    os.write(between.user, b"hello")
    os.write(between.output, b"still here")
    reads(between.user, b"still here")
    assert not between.over


def test_our_terminal_is_gone(between: Between) -> None:
    os.close(between.user)
    between.user = -1
    assert between.wait() is Over.LOST


def test_told_to_stop(between: Between) -> None:
    between.pump.stop()
    assert between.wait() is Over.STOPPED


def send(fd: int, total: int) -> bytes:
    """Write so much, none of it ASCII; nobody need read it yet."""
    sent = bytes(index // 4096 % 128 + 128 for index in range(total))
    at = 0

    def all_of_it() -> bool:
        nonlocal at
        with suppress(BlockingIOError):
            at += os.write(fd, sent[at : at + 4096])
        return at == total

    until(all_of_it)
    return sent


def say_last(between: Between, total: int) -> bytes:
    """The other side writes so much, and is gone."""
    sent = send(between.output, total)
    os.close(between.output)
    between.output = -1
    return sent


@pytest.mark.parametrize("total", [50_000, 120_000])
def test_the_end_waits_for_a_terminal_that_is_slow(between: Between, total: int) -> None:
    sent = say_last(between, total)
    between.pump.ended()
    reads(between.user, sent)
    assert between.wait() is Over.CLOSED


def test_the_keys_leave_an_end_that_cannot_be_shown(between: Between) -> None:
    say_last(between, 120_000)
    os.write(between.user, b"\x10\x11")
    assert between.wait() is Over.LEFT


def test_the_terminal_goes_before_the_end_is_shown(between: Between) -> None:
    say_last(between, 120_000)
    os.close(between.user)
    between.user = -1
    assert between.wait() is Over.LOST


def test_a_long_paste_waits_for_a_program_that_reads_late(between: Between) -> None:
    reads(between.typed, send(between.user, 300_000))


@pytest.mark.parametrize("most", [MOST_TYPED, 8192])
def test_the_keys_leave_a_program_that_does_not_read(
    between: Between, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pump, "MOST_TYPED", most)
    sent = send(between.user, 300_000)
    os.write(between.user, b"\x10\x11")
    assert between.wait() is Over.LEFT
    assert len(between.pump._typed) <= most
    assert sent.startswith(read(between.typed))
