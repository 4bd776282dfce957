"""Our terminal, lent: raw meanwhile, and as it was afterwards, be it that we are killed."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from aiocontainerd import watcher
from ctdeck.terminal.lent import lent

PATIENCE = 30.0  # s
LENDER = """
import asyncio, sys
from ctdeck.terminal.lent import lent
async def main():
    async with lent(0):
        print("lent", flush=True)
        await asyncio.sleep(1000)
asyncio.run(main())
"""


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The user's end, and ours."""
    user, ours = pty.openpty()
    yield user, ours
    os.close(user)
    os.close(ours)


def is_raw(terminal: int) -> bool:
    return not termios.tcgetattr(terminal)[3] & termios.ICANON


def test_killed_it_is_given_back(terminal: tuple[int, int]) -> None:
    user, ours = terminal
    before = termios.tcgetattr(ours)
    with subprocess.Popen(
        [sys.executable, "-c", LENDER], stdin=ours, stdout=subprocess.PIPE
    ) as lender:
        assert lender.stdout is not None
        assert lender.stdout.readline() == b"lent\n"
        assert is_raw(ours)
        lender.kill()
    shown, end = b"", time.monotonic() + PATIENCE
    while b"\x1b[?1049l" not in shown or b"\x1b[?25h" not in shown:
        assert time.monotonic() < end
        shown += os.read(user, 1024)
    assert termios.tcgetattr(ours) == before


async def test_given_back_nothing_more_is_written(terminal: tuple[int, int]) -> None:
    user, ours = terminal
    before = termios.tcgetattr(ours)
    async with lent(ours):
        assert is_raw(ours)
        assert holders(ours) > 1
    assert termios.tcgetattr(ours) == before
    end = time.monotonic() + PATIENCE
    while holders(ours) > 1:
        assert time.monotonic() < end
        await asyncio.sleep(0.01)
    os.set_blocking(user, False)
    with pytest.raises(BlockingIOError):
        os.read(user, 1)


def holders(terminal: int) -> int:
    """How many processes have it open: this one, and who watches."""
    name, found = os.ttyname(terminal), set()
    for each in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if str(each.readlink()) == name:
                found.add(each.parts[2])
    return len(found)


@pytest.mark.parametrize("script", ['sleep 0.3; exec /bin/sh "$@"', "sleep 1000"])
async def test_a_shell_that_takes_its_time_does_not_hold_the_loop(
    terminal: tuple[int, int], script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that takes too much of it is not waited for."""
    slow = tmp_path / "sh"
    slow.write_text(f"#!/bin/sh\n{script}\n")
    slow.chmod(0o755)
    monkeypatch.setattr(watcher, "SHELL", str(slow))
    monkeypatch.setattr(watcher, "_PATIENCE", 1.0)
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.01)
            turns += 1

    turning = asyncio.ensure_future(turn())
    async with lent(terminal[1]):
        assert turns >= 5
        assert is_raw(terminal[1])
    turning.cancel()


async def test_a_host_without_a_shell(
    terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "SHELL", "/no/such")
    async with lent(terminal[1]):
        assert is_raw(terminal[1])
    assert not is_raw(terminal[1])
