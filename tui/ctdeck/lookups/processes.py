"""The processes of a task: which pids, from the daemon; what they are and do, from /proc."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ctdeck.descriptions.facts import Fact, fact
from ctdeck.formatting import GLYPHS, age, size
from ctdeck.masking import masked_args
from ctdeck.numbers.texts import percent
from ctdeck.panes.usage import task_of
from ctdeck.rows import ContainerRow, Row, TaskRow
from ctdeck.widgets.table import Table

if TYPE_CHECKING:
    from aiocontainerd.client import Client
    from aiocontainerd.processes import Process

DEEPEST = 8  # levels by which the children of others stand further in
LONGEST = 400  # characters of a command
_TITLES = "s  cpu%  memory    age  user command"

Times = dict[tuple[int, datetime | None], float]  # cpu seconds of each, by pid and its beginning


class Processes:
    """Reads them again and again; a process's share of a core needs two readings."""

    def __init__(self) -> None:
        self._of: Hashable | None = None
        self._at = 0.0
        self._times: Times = {}

    def of(self, row: Row) -> Hashable | None:
        """A task that lives, in this life."""
        task = task_of(row) if isinstance(row, ContainerRow | TaskRow) else None
        return None if task is None else (task.key, task.pid)

    async def read(self, client: Client, row: Row) -> list[Fact]:
        """A line for each. Raises NotFound when the task is gone."""
        assert isinstance(row, ContainerRow | TaskRow)
        task = task_of(row)
        assert task is not None
        pids = await client.tasks.pids(task.id, namespace=task.namespace)
        if client.proc is None:
            numbers = ", ".join(map(str, pids[:100]))
            words = (
                "They cannot be seen from here: the daemon counts its processes apart from ours."
            )
            return [Fact("pids", numbers), Fact("", words, "muted")]
        try:
            found = await client.proc.processes(pids)
        except TimeoutError as error:
            return [Fact("pids", ", ".join(map(str, pids[:100]))), Fact("", f"{error}.", "warn")]
        facts = process_facts(found, self._shares(self.of(row), found), Table.now())
        if more := len(pids) - len(found):
            facts.append(Fact("", f"{GLYPHS.ellipsis} and {more:,} more", "muted"))
        return facts

    def _shares(self, of: Hashable | None, found: Sequence[Process]) -> dict[int, float]:
        """Percent of a core by pid, of those that were there the last time."""
        before, since, now = self._times if of == self._of else {}, self._at, time.monotonic()
        self._of, self._at = of, now
        self._times = {(each.pid, each.began): each.cpu for each in found}
        return {
            pid: max(0.0, cpu - before[pid, began]) / max(now - since, 0.1) * 100
            for (pid, began), cpu in self._times.items()
            if (pid, began) in before
        }


def process_facts(found: Sequence[Process], shares: dict[int, float], now: datetime) -> list[Fact]:
    """A line of titles, then a process a line, children under their parents."""
    if not found:
        return [Fact("", "It has no processes.", "muted")]
    lines = [_line(process, depth, shares, now) for process, depth in _tree(found)]
    return [Fact("pid", _TITLES, "muted"), *lines]


def _tree(found: Sequence[Process]) -> Iterator[tuple[Process, int]]:
    """Each with how deep it stands; also those that name each other as their parents."""
    here = {process.pid for process in found}
    children: dict[int, list[Process]] = {}
    for process in found:
        parent = process.parent if process.parent in here else 0
        children.setdefault(parent, []).append(process)
    todo = [(process, 0) for process in reversed(children.pop(0, []))]
    while todo or children:
        if not todo:  # a circle: it cannot be, but for what changed while it was read
            todo = [(process, 0) for process in reversed(children.pop(next(iter(children))))]
        process, depth = todo.pop()
        yield process, depth
        todo += [(each, depth + 1) for each in reversed(children.pop(process.pid, []))]


def _line(process: Process, depth: int, shares: dict[int, float], now: datetime) -> Fact:
    share = shares.get(process.pid)
    cpu = GLYPHS.ellipsis if share is None else percent(share)
    user = "?" if process.user is None else str(process.user)
    head = (
        f"{process.state} {cpu:>5} {size(process.memory):>7} {age(process.began, now):>6}"
        f" {user:>5} {'  ' * min(depth, DEEPEST)}"
    )
    shown, plain = (
        head + (" ".join(words)[:LONGEST] or f"[{process.name}]")
        for words in (masked_args(process.args), process.args)
    )
    return fact(str(process.pid), shown, plain, _role(process))


def _role(process: Process) -> str:
    """D waits for a disk or a network file system, Z has ended and nobody asks how."""
    return {"R": "accent", "D": "warn", "Z": "warn"}.get(process.state, "")
