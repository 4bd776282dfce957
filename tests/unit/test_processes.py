"""What /proc tells of processes: hostile words, bounds, those that have gone, those that hold."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd import processes
from aiocontainerd.metrics import Usage
from aiocontainerd.processes import (
    LONGEST,
    LocalProc,
    Traffic,
    args_in,
    process_in,
    traffic_in,
    with_traffic,
)
from aiocontainerd.safe import safe

NET = b"""Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop
    lo: 9000 90 0 0 0 0 0 0 9000 90 0 0 0 0 0 0
  eth0: 1200 10 0 0 0 0 0 0 340 4 0 0 0 0 0 0
eth0:1: 5 1 0 0 0 0 0 0 6 1 0 0 0 0 0 0
"""


def stat(name: bytes, state: bytes = b"S", user: int = 250, system: int = 50) -> bytes:
    tail = b" 1 1 1 0 -1 4194560 1 0 0 0 %d %d 0 0 20 0 1 0 12345 9000 7 1 1 1" % (user, system)
    return b"42 (" + name + b") " + state + tail


def test_a_process() -> None:
    found = process_in(42, stat(b"nginx"))
    tick = os.sysconf("SC_CLK_TCK")
    assert (found.name, found.state, found.parent) == ("nginx", "S", 1)
    assert (found.cpu, found.memory) == (300 / tick, 7 * os.sysconf("SC_PAGE_SIZE"))
    assert found.began is not None


def test_a_name_that_looks_like_the_fields_behind_it() -> None:
    found = process_in(42, stat(b"a) R 9 (b \x1b[2J\xff"))
    assert (found.name, found.state, found.parent) == ("a) R 9 (b ␛[2J�", "S", 1)


@given(st.binary(max_size=200))
def test_a_command_line_is_safe_whatever_is_in_it(line: bytes) -> None:
    for word in args_in(line):
        assert safe(word) == word


def test_the_words_of_a_command_line() -> None:
    assert args_in(b"nginx\0-g\0daemon off;\0") == ("nginx", "-g", "daemon off;")
    assert args_in(b"sh\0-c\0\0x\0") == ("sh", "-c", "", "x")
    assert args_in(b"") == args_in(b"\0\0") == ()
    cut = args_in(b"a\0" + b"b" * LONGEST)
    assert cut[-1].endswith("…")


def test_the_traffic_of_all_interfaces_but_the_loopback() -> None:
    assert traffic_in(NET) == Traffic(1205, 346)


def test_the_traffic_of_the_host_is_no_containers() -> None:
    usage = Usage(1.0)
    assert with_traffic(usage, Traffic(of_host=True)) == Usage(1.0, of_host=True)
    assert with_traffic(usage, None) == usage
    assert with_traffic(usage, Traffic(3, 4)) == Usage(1.0, received=3, sent=4)


async def test_processes_of_this_machine() -> None:
    child = await asyncio.create_subprocess_exec("sleep", "1000")
    try:
        found = await LocalProc().processes([os.getpid(), child.pid, 1 << 22])
        traffic = await LocalProc().traffic([child.pid, 1 << 22])
    finally:
        child.kill()
        await child.wait()
    assert [each.pid for each in found] == [os.getpid(), child.pid]
    assert found[1].args == ("sleep", "1000")
    assert (found[1].parent, found[1].user) == (os.getpid(), os.geteuid())
    assert traffic == {child.pid: Traffic(of_host=True)}


async def test_of_thousands_of_processes_some_are_read() -> None:
    found = await LocalProc().processes([os.getpid()] * (processes.MOST + 100))
    assert len(found) == processes.MOST


@contextmanager
def holding(folder: Path, pid: int) -> Iterator[int]:
    """A process whose command line does not answer; yields what lets it go."""
    here = folder / str(pid)
    here.mkdir()
    (here / "stat").write_bytes(stat(b"holds"))
    os.mkfifo(here / "cmdline")
    end = os.open(here / "cmdline", os.O_RDWR)
    try:
        yield end
    finally:
        os.write(end, b"late\0")
        os.close(end)


async def test_a_process_that_holds_its_readers_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PATIENCE", 0.05)
    proc = LocalProc(tmp_path)
    with holding(tmp_path, 42):
        with pytest.raises(TimeoutError):
            await proc.processes([42])
        (found,) = await proc.processes([42])  # without its words
        assert (found.name, found.args) == ("holds", ())


async def test_with_too_many_that_hold_nothing_is_read_until_they_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PATIENCE", 0.05)
    proc = LocalProc(tmp_path)
    with holding(tmp_path, 1), holding(tmp_path, 2), holding(tmp_path, 3), holding(tmp_path, 4):
        for pid in (1, 2, 3, 4):
            with pytest.raises(TimeoutError, match="does not let itself"):
                await proc.processes([pid])
        with pytest.raises(TimeoutError, match="hold those who read"):
            await proc.processes([1])
    async with asyncio.timeout(10):
        while True:
            try:
                assert [each.name for each in await proc.processes([1])] == ["holds"]
            except TimeoutError:
                await asyncio.sleep(0.01)
            else:
                break
