"""What simulated tasks use: believable, never standing still, and the same for equal times. Pure.

A load swings round its mean; the counters are its integral, so they only grow, and what was used
between two moments does not depend on who asked in between.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, sin, tau
from zlib import crc32

from aiocontainerd.pb import cgroups_v2_pb2 as pb

_SWINGS = ((47.0, 0.5), (9.0, 0.3), (3.1, 0.15))  # s of one, and its share of the mean
_PERIOD = 0.1  # s: that of the cpu quota
_BEGINNING = 0.012  # s of CPU until a program is there: none has used nothing
_NONE = (1 << 64) - 1
_CHILD = 16  # their pids are multiples of the task's: nobody else has them


@dataclass(frozen=True, slots=True)
class Load:
    """`cpu` is percent of one core on the mean, `memory` bytes; all others are bytes a second.

    `children` are the command lines of the processes under the first one.
    """

    cpu: float = 0.6
    memory: int = 14_000_000
    received: float = 900.0
    sent: float = 700.0
    read: float = 0.0
    written: float = 300.0
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a spec allows; 0 is no limit. `cpus` are cores."""

    cpus: float = 0.0
    memory: int = 0
    pids: int = 0


_LOADS = {
    "pause": Load(0.0, 290_000, 0, 0, 0, 0),
    "sleep": Load(0.0, 310_000, 0, 0, 0, 0),
    "postgres": Load(
        2.4, 183_000_000, 21_000, 88_000, 40_000, 260_000,
        ("postgres: checkpointer", "postgres: walwriter", "postgres: autovacuum launcher",
         "postgres: shop shop 10.4.0.9(41822) idle"),
    ),
    "psql": Load(0.0, 9_100_000, 40, 25, 0, 0),
    "nginx": Load(
        1.1, 11_800_000, 31_000, 640_000, 0, 9_000,
        ("nginx: worker process", "nginx: worker process"),
    ),
    "redis": Load(0.7, 74_000_000, 52_000, 61_000, 0, 24_000),
    "api": Load(
        14.0, 148_000_000, 88_000, 120_000, 0, 14_000, ("/usr/bin/api --worker 1",)
    ),
    "web": Load(6.0, 96_000_000, 44_000, 190_000, 0, 4_000),
    "work": Load(31.0, 122_000_000, 18_000, 9_000, 60_000, 30_000),
    "index": Load(58.0, 410_000_000, 3_000, 2_000, 900_000, 410_000),
    "make": Load(
        143.0, 690_000_000, 1_000, 500, 2_100_000, 5_800_000,
        ("go test ./...", "/usr/local/go/pkg/tool/compile -o /tmp/b/_pkg_.a -p shop/orders",
         "/tmp/b/orders.test -test.timeout=10m"),
    ),
    "find": Load(22.0, 1_900_000, 0, 0, 1_200_000, 0),
    "grafana": Load(1.6, 118_000_000, 4_000, 7_000, 0, 6_000),
    "prometheus": Load(4.2, 520_000_000, 39_000, 6_000, 30_000, 190_000),
    "coredns": Load(0.9, 23_000_000, 6_000, 8_000, 0, 0),
    "registry": Load(0.3, 31_000_000, 2_000, 400, 0, 9_000),
    "mailer": Load(0.2, 58_000_000, 700, 900, 0, 600),
}  # fmt: skip


def load_of(words: str) -> Load:
    """That of a program, told by its image and command."""
    return next((load for name, load in _LOADS.items() if name in words), Load())


def metrics(seed: str, load: Load, limits: Limits, seconds: float) -> pb.Metrics:
    """What it has used in the seconds that it has run."""
    share = _used(f"{seed} cpu", 1.0, seconds)
    most = limits.cpus * 100 or load.cpu
    cpu = _BEGINNING + min(load.cpu, most) / 100 * share  # in seconds
    periods = int(seconds / _PERIOD) if limits.cpus else 0
    throttled = int(periods * max(0.0, 1 - most / load.cpu)) if load.cpu else 0
    memory = min(int(load.memory * (1 + 0.12 * _swing(f"{seed} memory", seconds))),
                 int(limits.memory * 0.97) or _NONE)  # fmt: skip
    found = pb.Metrics(
        pids=pb.PidsStat(current=1 + len(load.children), limit=limits.pids or _NONE),
        cpu=pb.CPUStat(
            usage_usec=int(cpu * 1e6),
            user_usec=int(cpu * 7e5),
            system_usec=int(cpu * 3e5),
            nr_periods=periods,
            nr_throttled=throttled,
            throttled_usec=int(throttled * _PERIOD * 4e5),
        ),
        memory=pb.MemoryStat(
            anon=memory,
            file=memory // 3,
            inactive_file=memory // 4,
            usage=memory + memory // 4,
            usage_limit=limits.memory or _NONE,
            swap_limit=_NONE,
        ),
        memory_events=pb.MemoryEvents(),
    )
    disk = int(_used(f"{seed} read", load.read, seconds)), int(
        _used(f"{seed} written", load.written, seconds)
    )  # fmt: skip
    if any(disk):
        found.io.usage.add(major=259, minor=0, rbytes=disk[0], wbytes=disk[1])
    else:
        found.io.SetInParent()
    return found


def traffic(seed: str, load: Load, seconds: float) -> tuple[int, int]:
    """Bytes received and sent in the seconds that it has run."""
    return (
        int(_used(f"{seed} received", load.received, seconds)),
        int(_used(f"{seed} sent", load.sent, seconds)),
    )


def pids(pid: int, load: Load) -> list[int]:
    """The task's own process and those under it."""
    return [pid, *(pid * _CHILD + number for number in range(1, len(load.children) + 1))]


def _used(seed: str, mean: float, seconds: float) -> float:
    """The integral of a load from 0 on."""
    total = seconds
    for length, share, phase in _waves(seed):
        total += share * length / tau * (cos(phase) - cos(tau * seconds / length + phase))
    return mean * max(0.0, total)


def _swing(seed: str, seconds: float) -> float:
    """Where it stands, from -1 to 1."""
    return sum(share * sin(tau * seconds / length + phase) for length, share, phase in _waves(seed))


def _waves(seed: str) -> Iterator[tuple[float, float, float]]:
    for number, (length, share) in enumerate(_SWINGS):
        yield length, share, crc32(f"{seed}{number}".encode()) / (1 << 32) * tau
