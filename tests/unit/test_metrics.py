"""Counters and rates: both versions of cgroups, absent parts, no limits, counters that go back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.metrics import NO_RATES, Rates, Usage, rates, usage_of, working_set
from aiocontainerd.pb import cgroups_v1_pb2 as v1
from aiocontainerd.pb import cgroups_v2_pb2 as v2
from aiocontainerd.pb import types_pb2, typeurl

V1_UNLIMITED = 9223372036854771712  # 2^63 - 1, rounded down to pages: what a kernel says
V2_UNLIMITED = (1 << 64) - 1


def metric(data: Message | Any) -> types_pb2.Metric:
    packed = data if isinstance(data, Any) else typeurl.pack(data)
    return types_pb2.Metric(timestamp=Timestamp(seconds=1000, nanos=500_000_000), data=packed)


def read(data: Message | Any) -> Usage:
    found = usage_of(metric(data))
    assert found is not None
    return found


def test_a_task_under_cgroup_v1() -> None:
    entry = v1.BlkIOEntry
    found = read(
        v1.Metrics(
            pids=v1.PidsStat(current=7, limit=64),
            cpu=v1.CPUStat(
                usage=v1.CPUUsage(total=3_000_000_000, kernel=1, user=2),
                throttling=v1.Throttle(periods=20, throttled_periods=5, throttled_time=9),
            ),
            memory=v1.MemoryStat(
                total_cache=40,
                total_inactive_file=30,
                usage=v1.MemoryEntry(limit=1000, usage=100),
                swap=v1.MemoryEntry(limit=2000, usage=112),
            ),
            blkio=v1.BlkIOStat(
                io_service_bytes_recursive=[
                    entry(op="Read", major=8, value=5),
                    entry(op="Write", major=8, value=6),
                    entry(op="Sync", major=8, value=11),
                    entry(op="Total", major=8, value=11),
                    entry(op="Read", major=259, value=50),
                ]
            ),
            memory_oom_control=v1.MemoryOomControl(oom_kill=2),
        )
    )
    assert found == Usage(
        1000.5,
        cpu=3_000_000_000,
        periods=20,
        throttled_periods=5,
        throttled=9,
        memory=70,
        memory_limit=1000,
        cache=40,
        swap=12,
        pids=7,
        pids_limit=64,
        read=55,
        written=6,
        oom_kills=2,
    )


def test_a_task_under_cgroup_v2() -> None:
    found = read(
        v2.Metrics(
            pids=v2.PidsStat(current=7, limit=64),
            cpu=v2.CPUStat(usage_usec=3_000_000, nr_periods=20, nr_throttled=5, throttled_usec=9),
            memory=v2.MemoryStat(
                anon=60, file=40, inactive_file=30, usage=100, usage_limit=1000, swap_usage=12
            ),
            io=v2.IOStat(
                usage=[
                    v2.IOEntry(major=8, rbytes=5, wbytes=6),
                    v2.IOEntry(major=259, rbytes=50),
                ]
            ),
            memory_events=v2.MemoryEvents(oom_kill=2),
        )
    )
    assert found == Usage(
        1000.5,
        cpu=3_000_000_000,
        periods=20,
        throttled_periods=5,
        throttled=9_000,
        memory=70,
        memory_limit=1000,
        cache=40,
        swap=12,
        pids=7,
        pids_limit=64,
        read=55,
        written=6,
        oom_kills=2,
    )


@pytest.mark.parametrize("data", [v1.Metrics(), v2.Metrics()])
def test_what_is_not_counted_is_not_taken_for_zero(data: Message) -> None:
    assert read(data) == Usage(1000.5)


def test_without_a_controller_version_2_sends_its_part_empty() -> None:
    """As shims do on a host without the memory controller, which a Raspberry Pi is by default.

    No task has used nothing of these; whether it has read nothing or nobody counted is not told.
    """
    empty = v2.Metrics(pids=v2.PidsStat(), cpu=v2.CPUStat(), memory=v2.MemoryStat(), io=v2.IOStat())
    assert read(empty) == Usage(1000.5, read=0, written=0)


def test_no_limit_is_told_by_each_version_in_its_own_way() -> None:
    unlimited = read(
        v1.Metrics(
            pids=v1.PidsStat(current=1, limit=0),
            memory=v1.MemoryStat(usage=v1.MemoryEntry(limit=V1_UNLIMITED, usage=1)),
        )
    )
    assert (unlimited.memory_limit, unlimited.pids_limit, unlimited.swap) == (None, None, None)
    unlimited = read(
        v2.Metrics(
            pids=v2.PidsStat(current=1, limit=V2_UNLIMITED),
            memory=v2.MemoryStat(usage_limit=V2_UNLIMITED),
        )
    )
    assert (unlimited.memory_limit, unlimited.pids_limit) == (None, None)


@pytest.mark.parametrize(
    "data",
    [
        Any(type_url="io.containerd.cgroups.v1.Metrics", value=b"\xff" * 16),
        Any(type_url="io.containerd.wasm.v1.Metrics", value=b""),
        Any(),
    ],
)
def test_what_is_no_metric_of_a_cgroup_is_left_out(data: Any) -> None:
    assert usage_of(metric(data)) is None


def test_rates_are_by_the_daemons_own_clock() -> None:
    before = Usage(10.0, cpu=0, periods=0, throttled_periods=0, read=0, written=8, received=0)
    after = Usage(
        12.0, cpu=3_000_000_000, periods=20, throttled_periods=5, read=4000, written=8, received=2
    )
    assert rates(before, after) == Rates(
        cpu=150.0, throttled=0.25, read=2000.0, written=0.0, received=1.0
    )


def test_the_first_sample_tells_of_no_rate_nor_do_two_of_one_moment() -> None:
    sample = Usage(10.0, cpu=5)
    assert rates(None, sample) is NO_RATES
    assert rates(sample, sample) is NO_RATES
    assert rates(sample, replace(sample, at=9.0, cpu=9)) is NO_RATES  # the clock was set back


def test_a_counter_that_went_back_tells_of_nothing_and_spares_the_others() -> None:
    found = rates(Usage(1.0, cpu=500, read=1000), Usage(2.0, cpu=400, read=3000))
    assert (found.cpu, found.read) == (None, 2000.0)


def test_the_working_set_is_never_below_nothing() -> None:
    assert (working_set(100, 30), working_set(30, 100)) == (70, 0)


counters = st.none() | st.integers(0, (1 << 64) - 1)


@given(st.tuples(counters, counters), st.tuples(counters, counters), st.floats(0, 1e9))
def test_no_rate_is_negative_or_made_up(
    first: tuple[int | None, int | None], last: tuple[int | None, int | None], seconds: float
) -> None:
    before = Usage(1.0, cpu=first[0], sent=first[1])
    found = rates(before, Usage(1.0 + seconds, cpu=last[0], sent=last[1]))
    for rate, old, new in zip((found.cpu, found.sent), first, last, strict=True):
        assert rate is None or (old is not None and new is not None and rate >= 0)
