"""A small believable host's numbers, for the screens of tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import sin

from aiocontainerd.metrics import Usage
from aiocontainerd.models import Key
from aiocontainerd.processes import Process, Traffic
from ctdeck.numbers.book import Numbers
from tests.tui.worlds import NOW

MB = 1_000_000
SAMPLES = 90  # 3 minutes


def fill(numbers: Numbers) -> None:
    """The last minutes of the running ones: web1 swings, web2 began, the pod is near its limit."""
    clock = 0.0
    numbers.clock = lambda: clock
    numbers.host_memory = 16_000 * MB
    spent = 0.0
    for number in range(SAMPLES):
        clock += 2
        swing = 1 + sin(number / 7)
        spent += 2 * 9.0 * swing
        mean = spent / (2 * number) if number else 0.0
        numbers.put(Key("default", "web1"), 4121, _sample(number, mean, 71 + 9 * swing))
        if number > SAMPLES - 12:
            numbers.put(Key("default", "web2"), 9120, _sample(number, 143.0, 12 + number / 20))
    pod = Key("k8s.io", "f1b2c3d4e5f60718293a4b5c6d7e8f90")
    for number in (SAMPLES - 2, SAMPLES - 1):
        numbers.put(pod, 22001, _sample(number, 0.4, 251.0, memory_limit=256 * MB))
    numbers.hangs([Key("default", "db")])


def _sample(number: int, percent: float, megabytes: float, **more: int) -> Usage:
    at, done = 1_000_000.0 + 2 * number, 2.0 * number
    return Usage(
        at,
        cpu=int(done * percent * 1e7),
        periods=20 * number,
        throttled_periods=3 * number,
        throttled=number * 9_000_000,
        memory=int(megabytes * MB),
        cache=4 * MB,
        pids=3,
        pids_limit=100,
        read=0,
        written=int(done * 9_000),
        received=int(done * 31_000),
        sent=int(done * 640_000),
        oom_kills=1 if "memory_limit" in more else 0,
        **more,
    )


class Tasks:
    """Answers with three pids."""

    async def pids(self, id: str, *, namespace: str) -> tuple[int, ...]:
        return (4121, 4140, 4141, 4150)


class Proc:
    """Tells of four processes, one with a secret on its command line."""

    host_memory = 16_000 * MB

    async def traffic(self, pids: Sequence[int]) -> dict[int, Traffic]:
        return {}

    async def processes(self, pids: Sequence[int]) -> list[Process]:
        began = NOW - timedelta(hours=3)
        return [
            Process(4121, "nginx", "S", 1, 1.0, 6 * MB, 0, began, ("nginx", "-g", "daemon off;")),
            Process(4140, "nginx", "S", 4121, 9.0, 8 * MB, 101, began, ("nginx: worker process",)),
            Process(4141, "nginx", "D", 4121, 9.0, 8 * MB, 101, began, ("nginx: worker process",)),
            Process(
                4150,
                "curl",
                "R",
                4121,
                0.2,
                5 * MB,
                0,
                NOW,
                ("curl", "-u", "me:hunter2", "http://db/"),
            ),
        ]
