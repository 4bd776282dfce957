"""The audit is never in the way: what hangs, fails or was planted is told once."""

from __future__ import annotations

import asyncio
import fcntl
import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from aiocontainerd import audit as module
from aiocontainerd import auditfile
from aiocontainerd.audit import Audit
from aiocontainerd.client import Client
from aiocontainerd.simulator import Simulator
from aiocontainerd.state import StateDirectory
from tests.unit.audits import (  # noqa: F401  fixtures
    PATIENCE,
    fresh_audit,
    fresh_state,
    records,
    simulator,
)


async def test_an_unforeseen_error_ends_no_thread_and_is_told_once(
    state: StateDirectory, sim: Simulator, audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> dict[str, str | int]:
        raise ZeroDivisionError("CANARY")

    told: list[str] = []
    audit.listen(told.append)
    with monkeypatch.context() as patch:
        patch.setattr(auditfile, "who", broken)
        async with asyncio.timeout(module.PATIENCE):  # no call waits for a thread that is gone
            async with audit.recorded(audit.entry("x", "default", "a")):
                pass
            async with audit.recorded(audit.entry("x", "default", "b")):
                pass
    assert len(told) == 1
    assert "ZeroDivisionError" in told[0]
    assert "CANARY" not in told[0]
    async with audit.recorded(audit.entry("x", "default", "c")):
        pass
    await audit.close()
    assert [each["object"] for each in records(state)] == list("aabbcc")


def _link(state: StateDirectory) -> None:
    state.audit.symlink_to(state.root.parent / "victim")


def _hard_link(state: StateDirectory) -> None:
    state.audit.hardlink_to(state.root.parent / "victim")


def _pipe(state: StateDirectory) -> None:
    os.mkfifo(state.audit)


def _folder(state: StateDirectory) -> None:
    state.audit.mkdir()


def _open_root(state: StateDirectory) -> None:
    state.root.chmod(0o777)


def _linked_root(state: StateDirectory) -> None:
    state.root.rmdir()
    (state.root.parent / "elsewhere").mkdir(mode=0o700)
    state.root.symlink_to(state.root.parent / "elsewhere")


def _foreign_root(state: StateDirectory) -> None:
    os.chown(state.root, 12345, 12345)


ROOTS = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.mark.parametrize(
    "plant",
    [
        _link,
        _hard_link,
        _pipe,
        _folder,
        _open_root,
        _linked_root,
        pytest.param(_foreign_root, marks=ROOTS),
    ],
)
async def test_what_was_planted_gets_nothing_and_is_told_once(
    state: StateDirectory, sim: Simulator, audit: Audit, plant: Callable[[StateDirectory], None]
) -> None:
    state.root.mkdir(parents=True, mode=0o700)
    victim = state.root.parent / "victim"
    victim.write_text("precious")
    plant(state)
    told: list[str] = []
    audit.listen(told.append)
    async with Client(sim.address, audit=audit) as client:
        await client.namespaces.create("a")
        await client.namespaces.create("b")
    assert {"a", "b"} <= set(sim.world.spaces)
    assert len(told) == 1
    assert told[0].startswith("No audit is written: ")
    assert str(state.root) in told[0]
    assert victim.read_text() == "precious"
    assert not list((state.root.parent / "elsewhere").glob("*"))


async def test_lines_that_could_not_be_written_come_later(
    state: StateDirectory, sim: Simulator, audit: Audit
) -> None:
    state.root.mkdir(parents=True)
    state.root.chmod(0o777)
    told: list[str] = []
    async with Client(sim.address, audit=audit) as client:
        await client.namespaces.create("a")
        audit.listen(told.append)  # later than the fault
        assert len(told) == 1
        state.root.chmod(0o700)
        await client.namespaces.create("b")
        assert audit.problem == ""
    assert [each["object"] for each in records(state)] == ["a", "a", "b", "b"]


async def test_a_hung_disk_holds_no_action(
    state: StateDirectory, sim: Simulator, audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock, held by somebody else, stands for it."""
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    state.root.mkdir(parents=True, mode=0o700)
    told: list[str] = []
    audit.listen(told.append)
    holder = os.open(state.root, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    async with Client(sim.address, audit=audit) as client:
        await client.namespaces.create("a")
        await client.namespaces.create("b")
        assert len(told) == 1
        assert "it takes too long to write" in told[0]
        assert not state.audit.exists()
        os.close(holder)
        async with asyncio.timeout(PATIENCE):
            while len(records(state)) < 4:
                await asyncio.sleep(0.001)


async def test_a_disk_that_hangs_later_holds_neither_the_loop_nor_an_action(
    state: StateDirectory, sim: Simulator, audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines that were quick are written by the loop itself; not so if that would have to wait."""
    told: list[str] = []
    audit.listen(told.append)
    async with Client(sim.address, audit=audit) as client:
        await client.namespaces.create("a")
        monkeypatch.setattr(module, "PATIENCE", 0.05)
        holder = os.open(state.root, os.O_RDONLY)
        fcntl.flock(holder, fcntl.LOCK_EX)
        await client.namespaces.create("b")
        await client.namespaces.create("c")
        assert len(told) == 1
        os.close(holder)
        monkeypatch.setattr(module, "PATIENCE", PATIENCE)
        await client.namespaces.create("d")
    assert [each["object"] for each in records(state)] == list("aabbccdd")


@pytest.mark.parametrize(("quick", "names"), [(1e9, {"MainThread", "audit"}), (0, {"audit"})])
async def test_who_writes(
    state: StateDirectory,
    sim: Simulator,
    audit: Audit,
    monkeypatch: pytest.MonkeyPatch,
    quick: float,
    names: set[str],
) -> None:
    """The first line is the thread's, and so are those after a slow one."""
    monkeypatch.setattr(module, "_QUICK", quick)
    writers, append = [], auditfile.append

    def noted(*given: Any, **named: Any) -> None:
        writers.append(threading.current_thread().name)
        append(*given, **named)

    monkeypatch.setattr(auditfile, "append", noted)
    async with Client(sim.address, audit=audit) as client:
        for name in "abc":
            await client.namespaces.create(name)
    assert writers[0] == "audit"
    assert set(writers) == names
    assert [each["object"] for each in records(state)] == list("aabbcc")
