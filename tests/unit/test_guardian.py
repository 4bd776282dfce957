"""A process of a container does not outlive who has its terminal."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from aiocontainerd.operations import guardian
from aiocontainerd.operations.guardian import Guard, now
from aiocontainerd.procfs import HostView

PATIENCE = 30  # seconds
HERE: Any = SimpleNamespace(host=HostView(shares_pids=True))
MAKER = """
import sys, time
from types import SimpleNamespace
from aiocontainerd.operations import guardian
guardian._is_its = lambda pid, since: True
with guardian.Guard() as guard:
    guard.watch(SimpleNamespace(host=SimpleNamespace(shares_pids=True)), int(sys.argv[1]), 0.0)
    print("watched", flush=True)
    time.sleep(1000)
"""
STUBBORN = "trap '' HUP; echo; while :; do sleep 1; done"


@contextmanager
def running(*command: str) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("script", "status"), [("echo; exec sleep 1000", -1), (STUBBORN, -9)], ids=["HUP", "KILL"]
)
def test_who_made_it_is_killed(script: str, status: int) -> None:
    with (
        running("sh", "-c", script) as victim,
        running(sys.executable, "-c", MAKER, str(victim.pid)) as maker,
    ):
        maker.kill()
        assert victim.wait(PATIENCE) == status


@pytest.mark.parametrize("release", [True, False])
def test_it_ends_with_the_block_unless_it_is_released(
    release: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guardian, "_is_its", lambda pid, since: True)
    with running("sh", "-c", "echo; exec sleep 1000") as victim:
        with Guard() as guard:
            guard.watch(HERE, victim.pid, 0.0)
            shell = guard._shell
            assert shell is not None
            if release:
                guard.release()
        shell.wait(PATIENCE)
        assert (victim.poll() is None) is release


def test_a_number_that_another_process_has_by_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guardian, "_is_its", lambda pid, since: True)
    monkeypatch.setattr(guardian, "start_ticks", lambda pid: 7)
    with running("sh", "-c", "echo; exec sleep 1000") as victim:
        with Guard() as guard:
            guard.watch(HERE, victim.pid, 0.0)
            shell = guard._shell
        assert shell is not None
        shell.wait(PATIENCE)
        assert victim.poll() is None


def test_what_is_none_of_a_containers_is_not_watched() -> None:
    since = now()
    with running("sh", "-c", "echo; exec sleep 1000") as process, Guard() as guard:
        guard.watch(HERE, process.pid, since)  # it is young, but sees our files
        guard.watch(HERE, 1, since)  # it is old
        guard.watch(SimpleNamespace(host=HostView()), process.pid, since)  # type: ignore[arg-type]
        assert guard._shell is None
