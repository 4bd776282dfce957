"""A process of a container does not outlive who has its terminal, nor do its children."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import pytest

from aiocontainerd.operations import guardian
from aiocontainerd.operations.guardian import now
from aiocontainerd.procfs import HostView
from aiocontainerd.watcher import Watcher

PATIENCE = 30  # seconds
HERE: Any = SimpleNamespace(locate=AsyncMock(return_value=HostView(shares_pids=True)))
MAKER = """
import asyncio, sys, time
from types import SimpleNamespace
from unittest.mock import AsyncMock
from aiocontainerd.operations import guardian
from aiocontainerd.watcher import Watcher
guardian._is_its = lambda *_: True
client = SimpleNamespace(locate=AsyncMock(return_value=SimpleNamespace(shares_pids=True)))
with Watcher() as guard:
    asyncio.run(guardian.watch(guard, client, int(sys.argv[1]), 0.0, like=1, by="mnt"))
    print("watched", flush=True)
    time.sleep(1000)
"""
QUIET = "echo; exec sleep 1000"
STUBBORN = "trap '' HUP; echo; while :; do sleep 1; done"


@contextmanager
def running(*command: str) -> Iterator["subprocess.Popen[str]"]:
    """In a session of its own, as one with a terminal in a container is; it has said a line."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process
        finally:
            process.kill()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def guards(pid: int) -> list[int]:
    """The parents of those that watch this process: theirs is to wait for them."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"ctdeck-guard\0{pid}\0".encode() in (each / "cmdline").read_bytes():
                found.append(int((each / "stat").read_text().rpartition(")")[2].split()[1]))
    return found


@pytest.fixture
def anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of the test's may be watched."""
    monkeypatch.setattr(guardian, "_is_its", lambda *_: True)


async def watch(guard: Watcher, pid: int) -> None:
    await guardian.watch(guard, HERE, pid, 0.0, like=1, by="mnt")


@pytest.mark.parametrize(("script", "status"), [(QUIET, -1), (STUBBORN, -9)], ids=["HUP", "KILL"])
def test_who_made_it_is_killed(script: str, status: int) -> None:
    with (
        running("sh", "-c", script) as victim,
        running(sys.executable, "-c", MAKER, str(victim.pid)) as maker,
    ):
        maker.kill()
        assert victim.wait(PATIENCE) == status


@pytest.mark.parametrize("its", ["exec sleep 1000", "exit"], ids=["with it", "after it"])
async def test_its_children_end_whatever_they_hear(its: str, anybody: None) -> None:
    """Also one whose name would have its line in /proc read wrongly; none of another session."""
    with running("sh", "-c", QUIET) as other:
        name = "\n) S 1 1 1 1 "
        rename = f"open('/proc/self/comm','w').write({name!r})"
        deaf = "import signal,time;signal.signal(1,signal.SIG_IGN)"
        child = f"{deaf};{rename};print('up', flush=True);time.sleep(1000)"
        script = f'"$0" -c "$1"& read -r _; {its}'
        with subprocess.Popen(
            ["sh", "-c", script, sys.executable, child],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        ) as first:
            assert first.stdout is not None
            assert first.stdin is not None
            assert first.stdout.readline() == b"up\n"
            with Watcher() as guard:
                await watch(guard, first.pid)
                first.stdin.write(b"\n")
                first.stdin.close()
                if its == "exit":
                    first.wait(PATIENCE)
            assert first.stdout.read() == b""  # nobody has it any more
        assert other.poll() is None


async def test_released_it_ends_nothing(anybody: None) -> None:
    with running("sh", "-c", QUIET) as victim:
        with Watcher() as guard:
            await watch(guard, victim.pid)
            assert len(guards(victim.pid)) == 1
            guard.release()
            until(lambda: not guards(victim.pid))
        assert victim.poll() is None


async def test_unreleased_it_is_no_child_of_ours(anybody: None) -> None:
    """Else somebody would have to wait for it, and a warning tell that nobody did."""
    with running("sh", "-c", QUIET) as victim:
        with Watcher() as guard:
            await watch(guard, victim.pid)
            (parent,) = guards(victim.pid)
            assert parent != os.getpid()
        assert victim.wait(PATIENCE) == -1


async def test_a_number_that_another_process_has_by_now(
    anybody: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guardian, "start_ticks", lambda pid: 7)
    with running("sh", "-c", QUIET) as victim:
        with Watcher() as guard:
            await watch(guard, victim.pid)
        until(lambda: not guards(victim.pid))
        assert victim.poll() is None


async def test_another_mount_namespace_is_left_alone(
    anybody: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guardian, "namespace", lambda *_: "mnt:[1]")
    with running("sh", "-c", QUIET) as victim:
        with Watcher() as guard:
            await watch(guard, victim.pid)
        until(lambda: not guards(victim.pid))
        assert victim.poll() is None


def test_it_has_to_be_young_and_in_the_containers_namespace_and_not_in_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worlds = {"self": "ours", 1: "its", 2: "its", 3: "another", 4: "ours", 5: "ours"}
    monkeypatch.setattr(guardian, "namespace", lambda pid, kind: worlds.get(pid, ""))
    ticks = os.sysconf("SC_CLK_TCK")
    assert guardian._is_its(2, 1000 * ticks, 1000.5, 1, "mnt")
    assert not guardian._is_its(2, 1000 * ticks, 1002, 1, "mnt")
    assert not guardian._is_its(3, 1000 * ticks, 1000, 1, "mnt")
    assert not guardian._is_its(5, 1000 * ticks, 1000, 4, "mnt")
    assert not guardian._is_its(6, 1000 * ticks, 1000, 7, "mnt")


async def test_what_is_none_of_a_containers_is_not_watched() -> None:
    since = now()
    with running("sh", "-c", QUIET) as process, Watcher() as guard:
        await guardian.watch(guard, HERE, process.pid, since, like=process.pid, by="mnt")
        elsewhere: Any = SimpleNamespace(locate=AsyncMock(return_value=HostView()))
        await guardian.watch(guard, elsewhere, process.pid, since, like=process.pid, by="mnt")
        assert not guards(process.pid)
