"""The whole terminal for a program, on one that takes its time: a real pty."""

import asyncio
import os
import pty
import signal
import time
import tty
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from ctdeck.terminal import handover
from ctdeck.terminal.handover import Outcome
from ctdeck.terminal.lent import RESET
from ctdeck.terminal.pump import Over
from ctdeck.terminal.sturdy import SturdyDriver

PATIENCE = 20.0  # s
GREETING = b"ctdeck: hello.\n"


@dataclass
class Program:
    """A line to a program that hears nothing and has said all that it ever says."""

    stdout: int
    stdin: int | None = None

    async def ended(self) -> int | None:
        return 3


class Terminal:
    """A terminal that shows nothing until it is read."""

    def __init__(self) -> None:
        self.user, self.ours = pty.openpty()
        tty.setraw(self.ours)
        os.set_blocking(self.user, False)
        self.shown = b""
        self.followed = asyncio.Event()  # its size, and the signals that stop us

    def open(self) -> int:
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
        return os.open(os.ttyname(self.ours), flags)

    def fill(self) -> None:
        """With signs that come before all others; the kernel makes room in turns of its own."""
        screen, idle = self.open(), 0
        while idle < 20:
            try:
                os.write(screen, b".")
                idle = 0
            except BlockingIOError:
                idle += 1
                time.sleep(0.001)
        os.close(screen)

    def read(self) -> None:
        with suppress(BlockingIOError):
            self.shown += os.read(self.user, 512)

    async def shows(self, text: bytes) -> None:
        async with asyncio.timeout(PATIENCE):
            while text not in self.shown:
                await asyncio.sleep(0.001)
                self.read()

    async def lend(self, line: Program, *, stay: bool = False) -> Outcome:
        loop = asyncio.get_running_loop()
        driver: Any = SturdyDriver.__new__(SturdyDriver)
        driver.fileno, driver._loop = self.ours, loop
        app: Any = SimpleNamespace(_driver=driver, batch_update=nullcontext, suspend=nullcontext)
        greeting = GREETING.decode().strip()
        try:
            return await handover.hand_over(
                app,
                line,
                lambda *_: self.followed.set(),
                keys=b"\x10\x11",
                greeting=greeting,
                stay=stay,
            )
        finally:
            for number in (signal.SIGTSTP, signal.SIGCONT):
                loop.remove_signal_handler(number)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    made = Terminal()
    monkeypatch.setattr(handover, "open_terminal", made.open)
    yield made
    os.close(made.user)
    os.close(made.ours)


def saying(text: bytes) -> Program:
    stdout, output = os.pipe2(os.O_NONBLOCK)
    assert os.write(output, text) == len(text)
    os.close(output)
    return Program(stdout)


async def test_nothing_is_lost_on_a_terminal_that_is_full(terminal: Terminal) -> None:
    """The greeting, the end of the output, our words below it, and what switches modes off."""
    line = saying(b"x" * 60_000 + b"the end")
    terminal.fill()
    lent = asyncio.ensure_future(terminal.lend(line, stay=True))
    await terminal.shows(b"Any key goes back.")
    os.write(terminal.user, b"k")
    assert await lent == Outcome(Over.CLOSED, 3)
    await terminal.shows(b"goes back." + RESET + b"\r\n")
    after = terminal.shown.lstrip(b".").replace(b"\r\n", b"\n")
    assert after == (
        GREETING
        + b"x" * 60_000
        + b"the end"
        + RESET
        + b"\nctdeck: it ended with exit status 3. Any key goes back."
        + RESET
        + b"\n"
    )
    os.close(line.stdout)


async def test_left_on_a_terminal_that_stands(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it will never show gives way to what switches modes off."""
    monkeypatch.setattr(handover, "FULL", 0.05)
    line = saying(b"\x1b[4h" + b"x" * 60_000)
    terminal.fill()
    os.write(terminal.user, b"\x10\x11")
    assert (await terminal.lend(line)).over is Over.LEFT
    await terminal.shows(RESET)
    os.close(line.stdout)


async def test_stopped_on_a_terminal_that_stands(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "FULL", 0.05)
    stopped = asyncio.Event()
    monkeypatch.setattr(handover.jobs, "stop", lambda _: stopped.set())
    stdout, output = os.pipe2(os.O_NONBLOCK)
    lent = asyncio.ensure_future(terminal.lend(Program(stdout)))
    await terminal.shows(GREETING.rstrip())
    async with asyncio.timeout(PATIENCE):
        await terminal.followed.wait()
    terminal.fill()
    os.kill(os.getpid(), signal.SIGTSTP)
    async with asyncio.timeout(PATIENCE):
        await stopped.wait()
    await terminal.shows(RESET)
    os.write(terminal.user, b"\x10\x11")
    await lent
    os.close(stdout)
    os.close(output)
