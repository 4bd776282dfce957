"""What ctdeck uses of the machine while it soaks, and whether that grows."""

import os
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from statistics import median

from tests.bench.usage import memory

# Memory is looked at in thirds of the last part of a run: before that caches fill. It is at rest
# when the last third has no more than FLAT bytes a minute above the one before; random keys make
# steps of some MB. The leaks that this soak found (toasts, the `:` line) grew by 5 to 12 MB in
# every minute.
LAST = 0.6  # of the run
FLAT = 1 << 20
SLOWER = 0.75  # of the growth before: what fills grows less and less, a leak does not
SHORT = 270.0  # s; of less nothing is told
SURE = 450.0  # s after which what grows as before is a leak, and not a plateau that comes late
POOL = min(32, (os.cpu_count() or 1) + 4)  # threads that asyncio's own pool grows to


@dataclass(frozen=True)
class Use:
    """Of one process at one moment: resident bytes, threads, open files by what they are."""

    at: float
    resident: int
    threads: int
    files: Mapping[str, int] = field(default_factory=dict)


def use_of(pid: int) -> Use:
    """Read from /proc."""
    process = Path(f"/proc/{pid}")
    files: Counter[str] = Counter()
    for each in (process / "fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            files[re.sub(r":\[\d+\]", "", str(each.readlink()))] += 1
    threads = len(list((process / "task").iterdir()))
    return Use(time.monotonic(), memory(pid).resident, threads, files)


def busy(pid: int) -> float:
    """Seconds in which its first thread has run, or would have if a processor had been free."""
    ran, waited, _ = Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()
    return (int(ran) + int(waited)) / 1e9


class Growth(Enum):
    """What is known of memory, in words."""

    FLAT = "it is at rest"
    LEAK = "it grows, and no less than before"
    OPEN = "it still grows: only a longer run tells a leak from what fills"
    SHORT = "too short a run to tell"


def thirds(uses: Sequence[Use]) -> tuple[float, float, float]:
    """The median of the resident bytes in each third of the last part of the run."""
    begin, length = uses[-1].at - LAST * _length(uses), LAST * _length(uses) / 3
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    for use in uses:
        if use.at >= begin:
            parts[min(2, int((use.at - begin) // length))].append(use.resident)
    first, middle, last = map(median, parts)
    return first, middle, last


def growth(uses: Sequence[Use]) -> Growth:
    """Whether memory is at rest, as far as the run can tell."""
    if _length(uses) < SHORT:
        return Growth.SHORT
    first, middle, last = thirds(uses)
    flat = FLAT * LAST * _length(uses) / 3 / 60
    before, now = middle - first, last - middle
    if now <= flat:
        return Growth.FLAT
    is_steady = before > flat and now > before * SLOWER
    return Growth.LEAK if is_steady and _length(uses) >= SURE else Growth.OPEN


def _length(uses: Sequence[Use]) -> float:
    return uses[-1].at - uses[0].at


def grown(uses: Sequence[Use]) -> list[str]:
    """In words: memory that is not flat, files and threads that are more than at the start."""
    faults = []
    if growth(uses) is Growth.LEAK:
        faults.append(f"memory: {_told(uses)}")
    first, last = uses[0], uses[-1]
    if more := Counter(last.files) - Counter(first.files):
        faults.append(f"files that are open at the end and were not at the start: {dict(more)}")
    if last.threads > first.threads + POOL:
        faults.append(f"threads: {first.threads} at the start, {last.threads} at the end")
    return faults


def figures(uses: Sequence[Use]) -> list[str]:
    """A line for each minute and for the end, and what is known of memory."""
    lines, due = [], 0.0
    for use in uses:
        age = use.at - uses[0].at
        if age >= due or use is uses[-1]:
            due = age + 60
            lines.append(
                f"{age:4.0f} s: {use.resident / 1e6:.1f} MB, {sum(use.files.values())} files, "
                f"{use.threads} threads"
            )
    return [*lines, f"memory: {_told(uses)}"]


def _told(uses: Sequence[Use]) -> str:
    verdict = growth(uses)
    if verdict is Growth.SHORT:
        return verdict.value
    first, middle, last = (f"{each / 1e6:.1f}" for each in thirds(uses))
    return f"{verdict.value} ({first}, {middle}, {last} MB in thirds of the last part)"
