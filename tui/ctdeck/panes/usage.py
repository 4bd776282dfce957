"""Columns of what tasks use, for the containers and the tasks: from the numbers at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from aiocontainerd.models import Task, TaskStatus
from ctdeck.formatting import GLYPHS, UNKNOWN, size
from ctdeck.numbers.book import Numbers, Reading
from ctdeck.numbers.texts import brief, percent, pressure
from ctdeck.panes.pane import Pane
from ctdeck.rows import ContainerRow, TaskRow
from ctdeck.widgets.column import Cell, Column

R = TypeVar("R", ContainerRow, TaskRow)
Pair = tuple[float | None, float | None]

# A tuple: a set asks the hash of its members, which is Python's own code in an Enum.
LIVING = (TaskStatus.RUNNING, TaskStatus.PAUSED, TaskStatus.PAUSING)
COLUMN_IDS = ("cpu", "memory", "memory-share", "pids", "net", "disk")


def task_of(row: ContainerRow | TaskRow) -> Task | None:
    """The row's task, if it uses anything."""
    return row.task if row.task is not None and row.task.status in LIVING else None


def memory_share(reading: Reading) -> float | None:
    """Which part of its limit the working set is, None without a limit."""
    usage = reading.usage
    if usage.memory is None or not usage.memory_limit:
        return None
    return usage.memory / usage.memory_limit


def _cpu(reading: Reading) -> float | None:
    return reading.rates.cpu


def _memory(reading: Reading) -> int | None:
    return reading.usage.memory


def _pids(reading: Reading) -> int | None:
    return reading.usage.pids


def _net(reading: Reading) -> Pair:
    return reading.rates.received, reading.rates.sent


def _disk(reading: Reading) -> Pair:
    return reading.rates.read, reading.rates.written


def _sum(pair: Pair) -> float | None:
    return None if None in pair else sum(each or 0.0 for each in pair)


def _pair_text(pair: Pair) -> Cell:
    read, written = pair
    if read is None or written is None:
        return UNKNOWN, "muted"
    text = f"{brief(read)}/{brief(written)}"
    return (text, "muted") if text == "0/0" else text


def _percent_text(value: float | None) -> Cell:
    if value is None:
        return UNKNOWN, "muted"
    text = percent(value)
    return (text, "muted") if text == "0" else text


def _of_host(reading: Reading) -> Cell:
    return ("host", "muted") if reading.usage.of_host else _pair_text(_net(reading))


def _memory_text(reading: Reading) -> Cell:
    memory = reading.usage.memory
    return (UNKNOWN, "muted") if memory is None else size(memory)


def _share_text(reading: Reading) -> Cell:
    share = memory_share(reading)
    return "" if share is None else (percent(share * 100), pressure(share))


def _pids_text(reading: Reading) -> Cell:
    pids = reading.usage.pids
    return (UNKNOWN, "muted") if pids is None else str(pids)


def _column(
    numbers: Numbers,
    id: str,
    title: str,
    text: Callable[[Reading], Cell],
    value: Callable[[Reading], float | None],
    *,
    priority: int,
    reserve: int,
    always: bool = True,
) -> Column[ContainerRow | TaskRow]:
    def cell(row: ContainerRow | TaskRow, _: datetime) -> Cell:
        task = task_of(row)
        if task is None:
            return ""
        reading = numbers.now(task.key)
        if reading is not None:
            return text(reading)
        if task.key in numbers.hung:
            return GLYPHS.status[None], "warn"
        return (UNKNOWN, "muted") if always else ""

    def sort(row: ContainerRow | TaskRow) -> float | None:
        """The most first."""
        task = task_of(row) if numbers.readings else None
        reading = numbers.readings.get(task.key) if task is not None else None
        found = value(reading) if reading is not None else None
        return None if found is None else -found

    return Column(
        id,
        title,
        cell,
        sort,
        priority=priority,
        minimum=reserve,
        maximum=12,
        right=True,
        optional=True,
        reserve=reserve,
        restless=True,
        falling=True,
    )


def usage_columns(numbers: Numbers) -> tuple[Column[ContainerRow | TaskRow], ...]:
    """CPU, memory, its share of the limit, processes, network, disk."""
    column = partial(_column, numbers)
    return (
        column("cpu", "CPU%", lambda r: _percent_text(_cpu(r)), _cpu, priority=4, reserve=5),
        column("memory", "MEM", _memory_text, _memory, priority=5, reserve=7),
        column(
            "memory-share",
            "MEM%",
            _share_text,
            memory_share,
            priority=8,
            reserve=5,
            always=False,
        ),
        column("pids", "PIDS", _pids_text, _pids, priority=9, reserve=5),
        column("net", "NET/s", _of_host, lambda r: _sum(_net(r)), priority=10, reserve=9),
        column(
            "disk",
            "DISK/s",
            lambda r: _pair_text(_disk(r)),
            lambda r: _sum(_disk(r)),
            priority=11,
            reserve=9,
        ),
    )


def with_usage(pane: Pane, numbers: Numbers) -> Pane:
    """The same with the columns of these numbers, behind the status."""
    if pane.id not in ("containers", "tasks"):
        return pane
    columns = list(pane.columns)
    place = next(i for i, column in enumerate(columns) if column.id == "status") + 1
    columns[place:place] = usage_columns(numbers)
    return replace(pane, columns=tuple(columns))
