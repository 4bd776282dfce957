"""What tasks use, beside what the kernel says of the same moment: a known load on real daemons."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from aiocontainerd.errors import DeadlineExceeded
from aiocontainerd.metrics import Usage, rates
from aiocontainerd.processes import LocalProc, Traffic
from aiocontainerd.procfs import look

from ..cgroupfiles import Counted, bytes_through, counted, cpu_seconds, resident
from ..processes import stopped, wait_for
from .conftest import Stage

BURN = "while :; do :; done"
HELD = 40_000_000  # bytes
HOLD = f"x=$(head -c {HELD} /dev/zero | tr '\\0' x); echo held; sleep 1000 & wait"
QUOTA = 0.3  # cores
MOMENT = 2.0  # s between the two samples of a rate
SLACK = 2 << 20  # bytes: the kernel counts memory in batches for each cpu


async def usage(stage: Stage, id: str) -> Usage:
    return (await stage.client.tasks.metrics([id], namespace=stage.namespace))[id]


async def beside(stage: Stage, id: str, pid: int) -> tuple[Counted, Usage, Counted]:
    """Our numbers, and the kernel's just before and after them."""
    return counted(pid), await usage(stage, id), counted(pid)


async def test_cpu_of_a_task_that_burns_what_it_may(stage: Stage) -> None:
    pid = (await stage.run("burn", BURN, cpus=QUOTA)).pid
    before, first, after = await beside(stage, "burn", pid)
    assert first.cpu is not None
    assert before.cpu <= first.cpu <= after.cpu
    await asyncio.sleep(MOMENT)
    later, last, latest = await beside(stage, "burn", pid)
    assert last.cpu is not None
    assert later.cpu <= last.cpu <= latest.cpu
    assert last.throttled_periods is not None
    assert later.throttled_periods <= last.throttled_periods <= latest.throttled_periods
    found = rates(first, last)
    # The quota, and on a machine that is busy with others less than that.
    assert found.cpu is not None
    assert 5 < found.cpu < QUOTA * 100 * 1.2
    kernel = (last.cpu - first.cpu) / (last.at - first.at) / 1e7
    assert found.cpu == pytest.approx(kernel)
    assert last.periods


async def test_memory_and_processes_of_a_task_that_holds_some(stage: Stage) -> None:
    limit = 128 << 20
    started = await stage.run("hold", HOLD, memory=limit, pids=50)
    pid = started.pid
    async with asyncio.timeout(60):
        while resident(pid) < HELD or (await usage(stage, "hold")).pids != 2:
            await asyncio.sleep(0.05)
    before, found, after = await beside(stage, "hold", pid)
    assert found.memory is not None
    low, high = sorted((before.memory, after.memory))
    assert low - SLACK <= found.memory <= high + SLACK
    assert HELD <= found.memory < limit
    assert (found.memory_limit, found.pids_limit) == (limit, 50)
    assert (before.memory_limit, before.pids_limit) == (limit, 50)
    assert found.pids == before.pids == 2
    assert found.oom_kills == 0
    pids = await stage.client.tasks.pids("hold", namespace=stage.namespace)
    read = await LocalProc().processes(pids)
    first, second = sorted(read, key=lambda process: process.parent in pids)
    assert first.pid == pid
    assert first.args[:2] == ("/bin/sh", "-c")
    assert second.args == ("sleep", "1000")
    assert second.parent == pid
    assert first.memory == pytest.approx(resident(pid), rel=0.1)
    assert first.user == os.geteuid()


async def test_a_task_without_limits_says_so(stage: Stage) -> None:
    pid = (await stage.run("free")).pid
    kernel, found, _ = await beside(stage, "free", pid)
    assert (found.memory_limit, found.pids_limit) == (None, None)
    assert (kernel.memory_limit, kernel.pids_limit) == (None, None)
    assert found.throttled_periods == 0


async def test_the_time_of_a_process_is_what_proc_says(stage: Stage) -> None:
    pid = (await stage.run("burn", BURN, cpus=QUOTA)).pid
    before = cpu_seconds(pid)
    (found,) = await LocalProc().processes([pid])
    assert before <= found.cpu <= cpu_seconds(pid)
    assert found.state in "RS"


async def test_traffic_of_a_network_namespace_of_its_own(stage: Stage) -> None:
    pid = (await stage.run("net", network="none")).pid
    inside = ("nsenter", "-t", str(pid), "-n")
    for command in (
        "ip link add one type veth peer name two",
        "ip address add 10.99.0.1/24 dev one",
        "ip link set one up",
        "ip link set two up",
    ):
        subprocess.run([*inside, *command.split()], check=True, capture_output=True)
    proc = LocalProc()
    (before,) = (await proc.traffic([pid])).values()
    # Nobody answers there: what is sent are the questions who has the address.
    code = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);"
        "s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1);"
        "[s.sendto(b'x' * 1000, ('10.99.0.255', 9)) for _ in range(50)]"
    )
    subprocess.run([*inside, "/usr/bin/python3", "-c", code], check=True)
    (after,) = (await proc.traffic([pid])).values()
    one, two = bytes_through(pid, "one"), bytes_through(pid, "two")
    assert after.sent - before.sent >= 50_000
    assert after.received - before.received >= 50_000
    # IPv6 may say a word between the two readings.
    assert after == Traffic(
        pytest.approx(one[0] + two[0], abs=2000), pytest.approx(one[1] + two[1], abs=2000)
    )


async def test_the_network_of_the_host_is_told_apart(stage: Stage) -> None:
    pid = (await stage.run("host", network="host")).pid
    assert await LocalProc().traffic([pid]) == {pid: Traffic(of_host=True)}


async def test_the_daemons_pids_are_ours(stage: Stage) -> None:
    assert look(str(stage.daemon.socket)).shares_pids


async def test_a_stuck_shim_holds_back_its_own_numbers_only(stage: Stage) -> None:
    await stage.run("well")
    pid = (await stage.run("stuck")).pid
    shim = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(shim, signal.SIGSTOP)
    wait_for(lambda: stopped(shim), "it stands still")
    try:
        tasks, namespace = stage.client.tasks, stage.namespace
        # Whose clock runs out first: ours, or the daemon's, which leaves out what did not answer.
        with suppress(DeadlineExceeded):
            both = ["stuck", "well"]
            assert "stuck" not in await tasks.metrics(both, namespace=namespace, timeout=1.0)
        begun = time.monotonic()
        assert "well" in await tasks.metrics(["well"], namespace=namespace, timeout=5.0)
        assert time.monotonic() - begun < 5.0
    finally:
        os.kill(shim, signal.SIGCONT)
    assert "stuck" in await tasks.metrics(["stuck"], namespace=namespace)
