"""What tasks use of their host: the counters of containerd's metrics, and rates from two of them.

Pure. Source: `Metric.data`, which the runtime's shim reads from the task's cgroup: of version 1 or
2, told by its type URL and never by the host (a host can have both). A part that is absent, where a
controller is not there, stays None: nothing is taken for 0 that was not counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocontainerd.pb import typeurl
from aiocontainerd.quickdata import dataclass

if TYPE_CHECKING:
    from aiocontainerd.pb import cgroups_v1_pb2, cgroups_v2_pb2, types_pb2

_UNLIMITED = 1 << 62  # v1 says 2^63 rounded to pages, v2 2^64 - 1; no host has as much
_SOONEST = 0.05  # s between two samples that tell of a rate


@dataclass(frozen=True, slots=True)
class Usage:
    """The counters of one task at one moment; None is what is not known.

    `at` is the daemon's clock in seconds since 1970. `cpu` and `throttled` are nanoseconds since
    the task began, `read`, `written`, `received` and `sent` bytes since then; `periods` are those
    of the cpu quota, and how many of them it had to wait in. `memory` is the working set in bytes:
    what cannot be taken back at once; `cache` is file content kept in memory, which can. A limit
    that is None is none. `oom_kills` are processes that the kernel killed for want of memory.
    `of_host`: its network is the host's own, which is nobody's traffic.
    """

    at: float
    cpu: int | None = None
    periods: int | None = None
    throttled_periods: int | None = None
    throttled: int | None = None
    memory: int | None = None
    memory_limit: int | None = None
    cache: int | None = None
    swap: int | None = None
    pids: int | None = None
    pids_limit: int | None = None
    read: int | None = None
    written: int | None = None
    oom_kills: int | None = None
    received: int | None = None
    sent: int | None = None
    of_host: bool = False


@dataclass(frozen=True, slots=True)
class Rates:
    """Between two samples; None is what is not known.

    `cpu` is percent of one core, so of four at most 400; `throttled` the share of the quota's
    periods, 0 to 1, in which it had to wait. All others are bytes a second.
    """

    cpu: float | None = None
    throttled: float | None = None
    read: float | None = None
    written: float | None = None
    received: float | None = None
    sent: float | None = None


NO_RATES = Rates()


def usage_of(metric: types_pb2.Metric) -> Usage | None:
    """The counters in an answer of Tasks.Metrics; None for a kind that is not ours to read."""
    from aiocontainerd.pb import cgroups_v1_pb2, cgroups_v2_pb2  # not before the first frame

    at = metric.timestamp.seconds + metric.timestamp.nanos / 1e9
    try:
        match typeurl.name(metric.data):
            case "io.containerd.cgroups.v1.Metrics":
                return _v1(at, typeurl.unpack(metric.data, cgroups_v1_pb2.Metrics))
            case "io.containerd.cgroups.v2.Metrics":
                return _v2(at, typeurl.unpack(metric.data, cgroups_v2_pb2.Metrics))
    except typeurl.TypeUrlError:
        pass
    return None


def rates(before: Usage | None, after: Usage) -> Rates:
    """What happened between two samples of one task.

    A counter that went back tells of nothing (it is another cgroup), nor does a clock that did.
    """
    if before is None or (seconds := after.at - before.at) < _SOONEST:
        return NO_RATES

    def grown(old: int | None, new: int | None) -> int | None:
        return None if old is None or new is None or new < old else new - old

    def each_second(old: int | None, new: int | None) -> float | None:
        more = grown(old, new)
        return None if more is None else more / seconds

    cpu = each_second(before.cpu, after.cpu)
    periods = grown(before.periods, after.periods)
    waited = grown(before.throttled_periods, after.throttled_periods)
    return Rates(
        cpu=None if cpu is None else cpu / 1e7,  # ns a second, to percent
        throttled=waited / periods if periods and waited is not None else None,
        read=each_second(before.read, after.read),
        written=each_second(before.written, after.written),
        received=each_second(before.received, after.received),
        sent=each_second(before.sent, after.sent),
    )


def working_set(usage: int, inactive_file: int) -> int:
    """Memory without the file content that nobody has used lately, as the kubelet counts it."""
    return max(0, usage - inactive_file)


def _limit(value: int) -> int | None:
    return None if value == 0 or value >= _UNLIMITED else value


def _v1(at: float, found: cgroups_v1_pb2.Metrics) -> Usage:
    has, throttling, memory = found.HasField, found.cpu.throttling, found.memory
    moved = found.blkio.io_service_bytes_recursive
    has_quota = has("cpu") and found.cpu.HasField("throttling")
    has_memory = has("memory") and memory.HasField("usage")
    swap = memory.swap.usage - memory.usage.usage  # its own count is of both together
    return Usage(
        at,
        cpu=found.cpu.usage.total if has("cpu") and found.cpu.HasField("usage") else None,
        periods=throttling.periods if has_quota else None,
        throttled_periods=throttling.throttled_periods if has_quota else None,
        throttled=throttling.throttled_time if has_quota else None,
        memory=working_set(memory.usage.usage, memory.total_inactive_file) if has_memory else None,
        memory_limit=_limit(memory.usage.limit) if has_memory else None,
        cache=memory.total_cache if has_memory else None,
        swap=max(0, swap) if has_memory and memory.HasField("swap") else None,
        pids=found.pids.current if has("pids") else None,
        pids_limit=_limit(found.pids.limit) if has("pids") else None,
        read=sum(it.value for it in moved if it.op == "Read") if has("blkio") else None,
        written=sum(it.value for it in moved if it.op == "Write") if has("blkio") else None,
        oom_kills=found.memory_oom_control.oom_kill if has("memory_oom_control") else None,
    )


def _v2(at: float, found: cgroups_v2_pb2.Metrics) -> Usage:
    # Shims send these parts in any case: without a controller empty, or with what the kernel tells
    # all the same (its pressure, which is none of our fields). No task has used nothing.
    cpu, memory, pids = found.cpu, found.memory, found.pids
    has_cpu, has_memory, has_pids = (bool(part.ListFields()) for part in (cpu, memory, pids))
    has_io = found.HasField("io")
    return Usage(
        at,
        cpu=cpu.usage_usec * 1000 if has_cpu else None,
        periods=cpu.nr_periods if has_cpu else None,
        throttled_periods=cpu.nr_throttled if has_cpu else None,
        throttled=cpu.throttled_usec * 1000 if has_cpu else None,
        memory=working_set(memory.usage, memory.inactive_file) if has_memory else None,
        memory_limit=_limit(memory.usage_limit) if has_memory else None,
        cache=memory.file if has_memory else None,
        swap=memory.swap_usage if has_memory else None,
        pids=pids.current if has_pids else None,
        pids_limit=_limit(pids.limit) if has_pids else None,
        read=sum(device.rbytes for device in found.io.usage) if has_io else None,
        written=sum(device.wbytes for device in found.io.usage) if has_io else None,
        oom_kills=found.memory_events.oom_kill if found.HasField("memory_events") else None,
    )
