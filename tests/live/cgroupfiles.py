"""What the kernel itself says of a process's cgroup, of either version, and of the process."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_MOUNTED = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Counted:
    """Nanoseconds, bytes, processes; a limit of None is none."""

    cpu: int
    throttled_periods: int
    memory: int
    memory_limit: int | None
    pids: int
    pids_limit: int | None


def counted(pid: int) -> Counted:
    """Read the files of the cgroup that this process is in."""
    paths = dict(_paths(pid))
    if "memory" in paths:  # version 1, a folder for each controller
        cpu, memory, pids = (
            _MOUNTED / name / paths[name][1:] for name in ("cpu", "memory", "pids")
        )
        return Counted(
            _number(_MOUNTED / "cpuacct" / paths["cpuacct"][1:] / "cpuacct.usage"),
            _table(cpu / "cpu.stat")["nr_throttled"],
            _number(memory / "memory.usage_in_bytes")
            - _table(memory / "memory.stat")["total_inactive_file"],
            _limit(memory / "memory.limit_in_bytes"),
            _number(pids / "pids.current"),
            _limit(pids / "pids.max"),
        )
    folder = _MOUNTED / paths[""][1:]
    cpu = _table(folder / "cpu.stat")
    return Counted(
        cpu["usage_usec"] * 1000,
        cpu["nr_throttled"],
        _number(folder / "memory.current") - _table(folder / "memory.stat")["inactive_file"],
        _limit(folder / "memory.max"),
        _number(folder / "pids.current"),
        _limit(folder / "pids.max"),
    )


def cpu_seconds(pid: int) -> float:
    """What /proc says that a process has had of one core."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> int:
    """Its resident memory, in bytes."""
    return _table(Path(f"/proc/{pid}/status"))["VmRSS:"] * 1024


def bytes_through(pid: int, interface: str) -> tuple[int, int]:
    """Received and sent, by the interface of its network namespace."""
    for line in Path(f"/proc/{pid}/net/dev").read_text().splitlines():
        name, _, numbers = line.strip().partition(":")
        if name == interface:
            return int(numbers.split()[0]), int(numbers.split()[8])
    raise AssertionError(f"no {interface} there")


def _paths(pid: int) -> list[tuple[str, str]]:
    found = []
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        found += [(name, path) for name in names.split(",")]
    return found


def _number(path: Path) -> int:
    return int(path.read_text())


def _limit(path: Path) -> int | None:
    text = path.read_text().strip()
    return None if text == "max" or int(text) >= 1 << 62 else int(text)


def _table(path: Path) -> dict[str, int]:
    lines = (line.split() for line in path.read_text().splitlines())
    return {words[0]: int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()}
