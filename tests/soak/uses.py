"""What ctdeck uses of the machine while it soaks, and whether that grows."""

import os
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median

from tests.bench.usage import memory

# Bytes by which memory may grow from each minute's middle to the next one's at the end. Random keys
# make steps: a dialog that was not open before, garbage that is collected once in half a minute.
# The leaks that this soak found (toasts, the `:` line) grew by 5 to 12 MB in every minute.
FLAT = 1 << 20
LATE = 3  # such steps; the minutes before fill caches
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


def minutes(uses: Sequence[Use]) -> list[float]:
    """The median of the resident bytes of each whole minute."""
    ages = [int((use.at - uses[0].at) // 60) for use in uses]
    return [
        median(use.resident for use, age in zip(uses, ages, strict=True) if age == minute)
        for minute in sorted({*ages} - {ages[-1]})
    ]


def steps(uses: Sequence[Use]) -> list[float]:
    """By how much the last minutes differ, each from the one before; [] for a run too short."""
    of_each = minutes(uses)
    late = [after - before for before, after in pairwise(of_each)][-LATE:]
    return late if len(of_each) > LATE + 1 else []


def grown(uses: Sequence[Use]) -> list[str]:
    """In words: memory that is not flat, files and threads that are more than at the start."""
    faults = []
    if (late := steps(uses)) and min(late) > FLAT:
        faults.append(f"memory grows by {min(late) / 1e6:.1f} MB or more in each minute at the end")
    first, last = uses[0], uses[-1]
    if more := Counter(last.files) - Counter(first.files):
        faults.append(f"files that are open at the end and were not at the start: {dict(more)}")
    if last.threads > first.threads + POOL:
        faults.append(f"threads: {first.threads} at the start, {last.threads} at the end")
    return faults


def figures(uses: Sequence[Use]) -> list[str]:
    """A line for each minute and for the end, and how memory grew."""
    lines, due = [], 0.0
    for use in uses:
        age = use.at - uses[0].at
        if age >= due or use is uses[-1]:
            due = age + 60
            lines.append(
                f"{age:4.0f} s: {use.resident / 1e6:.1f} MB, {sum(use.files.values())} files, "
                f"{use.threads} threads"
            )
    told = ", ".join(f"{each / 1e6:+.1f}" for each in steps(uses)) or "not told, too short a run"
    flat = f"flat if one of them is below {FLAT / 1e6:.1f}"
    return [*lines, f"MB from minute to minute at the end: {told} ({flat})"]
