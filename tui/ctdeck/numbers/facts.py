"""What the details say of a task's numbers: now, over time, and beside its limits. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ctdeck.descriptions.facts import Fact
from ctdeck.formatting import size
from ctdeck.numbers.book import Numbers, Reading
from ctdeck.numbers.history import History
from ctdeck.numbers.texts import percent, pressure, sparkline

if TYPE_CHECKING:
    from aiocontainerd.models import Task

STEP = 4.0  # s of a sign in a line over time
LONGEST = 60  # signs of a line
_LABEL, _HEAD = 12, 8  # cells of a label, and of a word before a line


def stats_facts(
    task: Task | None, numbers: Numbers, width: int, cpus: float | None = None
) -> list[Fact]:
    """CPU, memory, processes, network and disk; `width` in cells is what there is room for.

    `task` is None where nothing runs. `cpus` is its limit in cores, None for none.
    """
    if task is None:
        return [Fact("", "It does not run, so it uses nothing.", "muted")]
    reading = numbers.now(task.key)
    if reading is None:
        if task.key in numbers.hung:
            words = "Its runtime does not answer. It is asked again after a while."
            return [Fact("", words, "bad")]
        return [Fact("", "being asked …", "muted")]
    history, cells = numbers.history(task.key), max(8, min(LONGEST, width - _LABEL - _HEAD))
    return [
        *_cpu(reading, history, cells, cpus),
        *_memory(reading, history, cells, numbers.host_memory),
        *_processes(reading),
        *_network(reading, history, cells),
        *_disk(reading, history, cells),
    ]


def _over_time(history: History, series: str, cells: int, least: float) -> tuple[str, float]:
    """The line, and its peak; `least` is what a full sign stands for at least."""
    line = history.line(series, cells, STEP)
    peak = max((value for value in line if value is not None), default=0.0)
    return sparkline(line, max(peak, least)), peak


def _span(line: str) -> str:
    seconds = len(line) * STEP
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _cpu(reading: Reading, history: History, cells: int, cpus: float | None) -> Iterator[Fact]:
    usage, rate = reading.usage, reading.rates.cpu
    if usage.cpu is None:
        yield Fact("cpu", "not counted on this host", "muted")
        return
    if rate is None:
        yield Fact("cpu", "…", "muted")
    elif cpus:
        share = rate / 100 / cpus
        text = f"{percent(rate)} % of a core: {percent(share * 100)} % of its {cpus:.3g}"
        yield Fact("cpu", text, pressure(share))
    else:
        yield Fact("cpu", f"{percent(rate)} % of a core, no limit")
    line, peak = _over_time(history, "cpu", cells, 1.0)
    if line:
        yield Fact("", line, "accent")
        yield Fact("", f"at most {percent(peak)} % in {_span(line)}", "muted")
    yield Fact("", f"{_seconds(usage.cpu)} of cpu time since it began", "muted")
    yield from _throttled(reading)


def _seconds(nanoseconds: int) -> str:
    seconds = nanoseconds / 1e9
    for limit, unit, word in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.1f} {word}"
    return f"{seconds / 86_400:.1f} days"


def _throttled(reading: Reading) -> Iterator[Fact]:
    usage, now = reading.usage, reading.rates.throttled
    if not usage.periods:  # it has no quota
        return
    held = f"{_seconds(usage.throttled or 0)} in all"
    if now:
        yield Fact(
            "throttled", f"held back in {percent(now * 100)} % of its periods, {held}", "warn"
        )
    else:
        yield Fact("throttled", f"not now, {held}")


def _memory(
    reading: Reading, history: History, cells: int, host_memory: int | None
) -> Iterator[Fact]:
    usage = reading.usage
    if usage.memory is None:
        yield Fact("memory", "not counted on this host", "muted")
        return
    if usage.memory_limit:
        share = usage.memory / usage.memory_limit
        text = f"{percent(share * 100)} % of its limit of {size(usage.memory_limit)}"
        yield Fact("memory", f"{size(usage.memory)}: {text}", pressure(share))
    else:
        share = usage.memory / host_memory if host_memory else 0.0
        text = (
            f", {percent(share * 100)} % of the host's {size(host_memory)}" if host_memory else ""
        )
        yield Fact("memory", f"{size(usage.memory)}, no limit{text}")
    line, peak = _over_time(history, "memory", cells, 1.0)
    if line:
        yield Fact("", line, "accent")
        yield Fact("", f"at most {size(round(peak))} in {_span(line)}", "muted")
    if usage.cache:
        yield Fact("", f"{size(usage.cache)} of files are cached for it", "muted")
    if usage.swap:
        yield Fact("", f"{size(usage.swap)} of it are in swap", "warn")
    if usage.oom_kills:
        killed = f"{usage.oom_kills:,} process{'es' if usage.oom_kills > 1 else ''}"
        yield Fact("oom kills", f"{killed} killed for want of memory", "bad")


def _processes(reading: Reading) -> Iterator[Fact]:
    pids, most = reading.usage.pids, reading.usage.pids_limit
    if pids is None:
        yield Fact("processes", "not counted on this host", "muted")
    elif most:
        yield Fact("processes", f"{pids} of at most {most}", pressure(pids / most))
    else:
        yield Fact("processes", f"{pids}, no limit")


def _network(reading: Reading, history: History, cells: int) -> Iterator[Fact]:
    usage, rates = reading.usage, reading.rates
    if usage.of_host:
        yield Fact("network", "the host's own: nobody counts what is this one's", "muted")
    elif usage.received is None or usage.sent is None:
        yield Fact("network", "not known: its processes cannot be seen from here", "muted")
    else:
        yield Fact("network", f"{_each_second(rates.received)} in, {_each_second(rates.sent)} out")
        yield from _line(history, "received", "in", cells)
        yield from _line(history, "sent", "out", cells)
        yield Fact("", f"{size(usage.received)} in, {size(usage.sent)} out in all", "muted")


def _disk(reading: Reading, history: History, cells: int) -> Iterator[Fact]:
    usage, rates = reading.usage, reading.rates
    if usage.read is None or usage.written is None:
        yield Fact("disk", "not counted on this host", "muted")
        return
    now = f"{_each_second(rates.read)} read, {_each_second(rates.written)} written"
    yield Fact("disk", now)
    yield from _line(history, "read", "read", cells)
    yield from _line(history, "written", "written", cells)
    yield Fact("", f"{size(usage.read)} read, {size(usage.written)} written in all", "muted")


def _line(history: History, series: str, word: str, cells: int) -> Iterator[Fact]:
    line, peak = _over_time(history, series, cells, 1000.0)
    if peak > 0:
        yield Fact("", f"{word:<{_HEAD}}{line}", "accent")


def _each_second(rate: float | None) -> str:
    return "…" if rate is None else f"{size(round(rate))}/s"
