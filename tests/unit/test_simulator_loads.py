"""The simulated tasks' counters: they only grow, keep to limits, and stand while nothing runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.metrics import rates, usage_of
from aiocontainerd.processes import Traffic
from aiocontainerd.simulator import loads, measuring, tasks
from aiocontainerd.simulator.demo import InventedProc, make_host
from aiocontainerd.simulator.loads import Limits, Load

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DB = ("default", "db")  # paused
LOAD = Load(cpu=80.0, memory=50_000_000, read=5.0, children=("a", "b"))


@given(st.floats(0, 1e8), st.floats(0, 100))
def test_the_counters_never_go_back(begun: float, more: float) -> None:
    before, after = (
        loads.metrics("x", LOAD, Limits(), seconds) for seconds in (begun, begun + more)
    )
    assert after.cpu.usage_usec >= before.cpu.usage_usec
    assert after.io.usage[0].rbytes >= before.io.usage[0].rbytes if before.io.usage else True
    old, new = (loads.traffic("x", LOAD, seconds) for seconds in (begun, begun + more))
    assert new >= old


@given(st.floats(0, 1e8))
def test_a_limited_task_keeps_to_its_limits(seconds: float) -> None:
    limits = Limits(cpus=0.5, memory=20_000_000, pids=9)
    found = loads.metrics("x", LOAD, limits, seconds)
    assert found.memory.anon < found.memory.usage_limit == limits.memory
    assert found.pids.limit == 9
    assert found.cpu.usage_usec / 1e6 <= 0.5 * (seconds + 60)
    assert found.cpu.nr_throttled <= found.cpu.nr_periods


def test_the_demo_is_lively_where_it_runs() -> None:
    world = make_host(NOW).world
    moments = [NOW, NOW + timedelta(seconds=2)]
    found = []
    for moment in moments:
        world.now = lambda moment=moment: moment  # type: ignore[misc]
        answer = [*measuring.metrics(world, "default", [])]
        found.append({metric.id: usage_of(metric) for metric in answer})
    busy = {id: rates(found[0][id], found[1][id]).cpu for id in found[0] if found[1][id]}  # type: ignore[arg-type]
    assert busy["db"] == 0  # it is paused
    assert busy["web1"]
    assert busy["api"]
    assert len({*busy.values()}) > 5


async def test_the_processes_of_the_demo_are_its_own() -> None:
    host = make_host(NOW)
    world = host.world
    world.now = lambda: NOW
    proc = InventedProc(world)
    pids = measuring.pids(world, "default", "web1")
    found = await proc.processes(pids)
    assert [each.pid for each in found] == pids
    assert len({*pids}) == 3
    assert found[0].args == ("nginx", "-g", "daemon off;")
    assert found[0].began == host.started[pids[0]]
    assert found[1].parent == pids[0]
    (traffic,) = (await proc.traffic(pids)).values()
    assert traffic == Traffic(traffic.received, traffic.sent)
    assert traffic.sent > traffic.received > 0
    assert await proc.traffic([1]) == {}
    assert await proc.processes([1]) == []


def test_a_paused_task_stands_still() -> None:
    world = make_host(NOW).world
    world.now = lambda: NOW
    task = world.look("default").tasks["web1"]
    tasks.pause(world, "default", "web1")
    before = task.has_run(NOW)
    world.now = lambda: NOW + timedelta(minutes=1)
    tasks.resume(world, "default", "web1")
    assert task.has_run(NOW + timedelta(minutes=2)) == before + 60
