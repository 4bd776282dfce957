"""What a process, with all its children, uses of the machine; read from /proc."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
GONE = (FileNotFoundError, ProcessLookupError)  # it ended while we looked


@dataclass(frozen=True)
class Memory:
    """Bytes. `resident` counts shared pages in full, `proportional` shares them among users.

    `peak` is the highest that `resident` has been (of each process, added up).
    """

    resident: int
    proportional: int
    peak: int


def cpu_time(pid: int) -> float:
    """Seconds of CPU that its living threads, and those of its children, have used so far."""
    nanoseconds = 0
    for process in family(pid):
        for thread in (PROC / str(process) / "task").iterdir():
            with suppress(*GONE):
                nanoseconds += int((thread / "schedstat").read_text().split()[0])
    return nanoseconds / 1e9


def memory(pid: int) -> Memory:
    """Of a process and its children."""
    resident = proportional = peak = 0
    for process in family(pid):
        with suppress(*GONE):
            rollup = (PROC / str(process) / "smaps_rollup").read_text()
            status = (PROC / str(process) / "status").read_text()
            resident += _bytes("Rss", rollup)
            proportional += _bytes("Pss", rollup)
            peak += _bytes("VmHWM", status)
    return Memory(resident, proportional, peak)


def family(pid: int) -> Iterator[int]:
    """The process, its children and theirs."""
    yield pid
    for thread in (PROC / str(pid) / "task").iterdir():
        with suppress(*GONE):
            for child in (thread / "children").read_text().split():
                yield from family(int(child))


def _bytes(name: str, text: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
    assert found, f"no {name} in {text}"
    return int(found[1]) * 1024
