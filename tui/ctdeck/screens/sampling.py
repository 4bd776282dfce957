"""Asks what tasks use: only of those that are seen, or sorted by it, and only while they are."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Set
from contextlib import suppress
from typing import TYPE_CHECKING

from aiocontainerd.models import Key, Phase, Task
from ctdeck import terminal
from ctdeck.numbers.book import Numbers
from ctdeck.panes.usage import COLUMN_IDS, LIVING, task_of
from ctdeck.rows import ContainerRow, MountRow, Row, TaskRow
from ctdeck.screens.paneview import PaneView

if TYPE_CHECKING:
    from aiocontainerd.client import Client
    from aiocontainerd.metrics import Usage
    from aiocontainerd.models import Container
    from ctdeck.descriptions.facts import Fact, Tabs
    from ctdeck.numbers.asking import Asking
    from ctdeck.screens.main import MainScreen

PACE = 2.0  # s between two samples of what is seen
FIRST = 1.0  # s between the first two: a rate needs both
SOONEST = 0.3  # s between two looks at what is seen
CROWD = 100  # tasks in one question, where all are asked because of the order
SHARE = 9  # the rest after such a question that took one second, in seconds
QUICK_SHARE, QUICK_ROUNDS = 2, 2  # the same until each has been asked twice
STATS = "Stats"  # the tab of the details
_GROUP = "numbers"


class Sampling:
    """Fills `numbers`; one question for each namespace at a time."""

    def __init__(self, main: MainScreen, numbers: Numbers) -> None:
        self.numbers = numbers
        self._main = main
        self._woken = asyncio.Event()
        self._asking: Asking | None = None  # as soon as a daemon is there
        self._asked: set[str] = set()  # namespaces whose answer is still to come
        self._suspended = False
        self._cpus: tuple[object, float | None] = (None, None)  # of a container, its limit
        self._living: tuple[object, dict[Key, Task]] = (None, {})
        self._crowd: list[Key] = []  # still to be asked in this round
        self._rounds = 0
        self._crowd_at = 0.0

    def wake(self) -> None:
        """Something else may be seen now."""
        self._woken.set()

    async def run(self, client: Client) -> None:
        """Ask for ever."""
        from ctdeck.numbers.asking import Asking

        self._asking = asking = Asking(client, self.numbers)
        app = self._main.app
        app.app_suspend_signal.subscribe(self._main, lambda _: self._suspend(True))
        app.app_resume_signal.subscribe(self._main, lambda _: self._suspend(False))
        while True:
            self._woken.clear()
            wait = self._look(asking)
            await asyncio.sleep(SOONEST)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._woken.wait()

    def _suspend(self, on: bool) -> None:
        self._suspended = on
        self.wake()

    def _look(self, asking: Asking) -> float | None:
        """Ask for what is due; returns for how long then nothing is, None for ever."""
        living = self._alive()
        asking.keep(living)
        if not living:
            return None
        if not self._sees():
            if self._main.app.screen is self._main and not self._suspended:
                self.show()  # what is old by now says so
            return PACE
        seen, now = self._seen(living), self.numbers.clock()
        due: dict[str, dict[str, int]] = defaultdict(dict)
        nexts = [PACE]
        for key, pid in seen.items():
            wait = self._due(asking, key, now)
            if wait <= SOONEST:
                due[key.namespace][key.id] = pid
            else:
                nexts.append(wait)
        if due:
            nexts.append(FIRST)
        if self._by_number():
            nexts.append(self._take_crowd(asking, living, seen, due))
        for namespace, ids in due.items():
            if namespace not in self._asked and not asking.rests(namespace):
                self._asked.add(namespace)
                work = self._ask(asking, namespace, ids, set(seen))
                self._main.run_worker(work, group=_GROUP)
        return max(0.0, min(nexts) - SOONEST)

    # What is seen

    def _alive(self) -> dict[Key, Task]:
        """The tasks that use anything; looked for once in each snapshot."""
        tasks = self._main.snapshot.tasks
        if self._living[0] is not tasks:
            living = {key: task for key, task in tasks.items() if task.status in LIVING}
            self._living = tasks, living
            self.numbers.keep(living)
        return self._living[1]

    @property
    def is_drawn(self) -> bool:
        """What the main screen would tell of is seen: no dialog, no shell, no line that stands."""
        app = self._main.app
        return app.screen is self._main and not self._suspended and not terminal.is_behind(app)

    def _sees(self) -> bool:
        return self.is_drawn and self._main.snapshot.phase is Phase.LIVE

    def _views(self) -> list[PaneView]:
        """Those on the screen that have a column of ours."""
        main = self._main
        if not main.lists.display:
            return []
        return [
            view
            for view in main.views.values()
            if view.table.display and any(map(view.table.sheet.shows, COLUMN_IDS))
        ]

    def _seen(self, living: dict[Key, Task]) -> dict[Key, int]:
        """The pids of the tasks on the screen."""
        rows: list[object] = []
        for view in self._views():
            table = view.table
            top = round(table.scroll_y)
            rows += table.view.shown[top : top + table.page]
        if self._sees_stats() and (row := self._main.row) is not None:
            rows.append(row)
        found = (_task(row, living) for row in rows)
        return {task.key: task.pid for task in found if task is not None}

    def _sees_stats(self) -> bool:
        details = self._main.details
        return details.display and details.tab == STATS

    def _by_number(self) -> list[PaneView]:
        """Those on the screen that are sorted by a column of ours."""
        return [view for view in self._views() if view.table.sort_column in COLUMN_IDS]

    # When

    def _due(self, asking: Asking, key: Key, now: float) -> float:
        """In how many seconds it is to be asked."""
        if (again := asking.in_doubt(key)) is not None:
            return again - now
        reading = self.numbers.readings.get(key)
        if reading is None:
            return 0.0
        pace = PACE if reading.rates.cpu is not None else FIRST
        return reading.seen + pace - now

    def _take_crowd(
        self,
        asking: Asking,
        living: dict[Key, Task],
        seen: dict[Key, int],
        due: dict[str, dict[str, int]],
    ) -> float:
        """Take some of all others, for an order by numbers needs all; in how long the next."""
        now = self.numbers.clock()
        if now < self._crowd_at or self._asked:
            return max(SOONEST, self._crowd_at - now)
        if not self._crowd:
            scope = self._main.scope
            self._crowd = [
                key for key in living if key not in seen and scope in (None, key.namespace)
            ]
            self._rounds += 1
        part, self._crowd = self._crowd[-CROWD:], self._crowd[:-CROWD]
        for key in part:
            if key in living and (asking.in_doubt(key) or 0.0) <= now:
                due[key.namespace][key.id] = living[key].pid
        return SOONEST

    # Asking

    async def _ask(
        self, asking: Asking, namespace: str, pids: dict[str, int], seen: Set[Key]
    ) -> None:
        begun = self.numbers.clock()
        try:
            found = await asking.usage(namespace, pids, traffic=self._shows_traffic())
        finally:
            self._asked.discard(namespace)
        now = self.numbers.clock()
        share = SHARE if self._rounds > QUICK_ROUNDS else QUICK_SHARE
        self._crowd_at = max(self._crowd_at, now + (now - begun) * share)
        self._take(namespace, pids, found, seen)

    def _shows_traffic(self) -> bool:
        views = self._views()
        return self._sees_stats() or any(view.table.sheet.shows("net") for view in views)

    # Showing

    def at(self, row: Row, tabs: Tabs) -> Tabs:
        """The tabs with the numbers of the row's task behind the first one."""
        if not isinstance(row, ContainerRow | TaskRow | MountRow):
            return tabs
        facts: list[Fact] = []
        if self._sees_stats():
            from ctdeck.numbers.facts import stats_facts

            main, task = self._main, _task(row, self._alive())
            width = main.details.scroll.size.width or main.app.size.width  # not laid out so far
            facts = stats_facts(task, self.numbers, width, self._cpus_of(row.container))
        first, *others = tabs.items()
        return dict([first, (STATS, facts), *others])

    def _take(
        self, namespace: str, ids: dict[str, int], found: dict[str, Usage], seen: Set[Key]
    ) -> None:
        new, living = set(), self._alive()
        for id, usage in found.items():
            key = Key(namespace, id)
            task = living.get(key)
            if task is None or task.pid != ids[id]:
                continue  # it has ended while it was asked
            new |= set() if key in self.numbers.readings else {key}
            self.numbers.put(key, ids[id], usage, remember=key in seen)
        self.show({Key(namespace, id) for id in ids}, new)

    def _cpus_of(self, container: Container | None) -> float | None:
        """The limit in its spec, read when it is first looked at and when the record changes."""
        record = container and (container.key, container.created_at, container.updated_at)
        if record != self._cpus[0]:
            self._cpus = record, None
            if container is not None and self._asking is not None:
                work = self._read_cpus(self._asking, container)
                self._main.run_worker(work, group=_GROUP)
        return self._cpus[1]

    async def _read_cpus(self, asking: Asking, container: Container) -> None:
        record = self._cpus[0]
        cpus = await asking.cpus(container)
        if self._cpus[0] == record:
            self._cpus = record, cpus
            self.show()

    def show(self, touched: Set[Key] = frozenset(), new: Set[Key] = frozenset()) -> None:
        """Draw what reads differently; of `new` ones nothing was known before."""
        main = self._main
        by_number = self._by_number()
        for view in self._views():
            if view in by_number and touched:
                view.renumber(touched)
            elif new:
                view.table.rearrange(lambda: None, view.listed(new))
            else:
                view.table.renew()
        if self._sees_stats():
            main.detail_view.refresh()


def _task(row: object, living: dict[Key, Task]) -> Task | None:
    if isinstance(row, ContainerRow | TaskRow):
        return task_of(row)
    return living.get(row.container.key) if isinstance(row, MountRow) else None
