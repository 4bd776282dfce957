"""Asks what tasks use: only of those that are seen, or sorted by it, and only while they are."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Set
from contextlib import suppress
from typing import TYPE_CHECKING

from aiocontainerd.errors import ContainerdError, DeadlineExceeded
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
    from ctdeck.screens.main import MainScreen

PACE = 2.0  # s between two samples of what is seen
FIRST = 1.0  # s between the first two: a rate needs both
SOONEST = 0.3  # s between two looks at what is seen
DEADLINE = 2.0  # s for an answer
HUNG = 20.0  # s after which one whose runtime did not answer is asked again
TROUBLE = 5.0  # s after which a daemon that answers nothing is asked again
CROWD = 100  # tasks in one question, where all are asked because of the order
SHARE = 9  # the rest after such a question that took one second, in seconds
QUICK_SHARE = 2  # the same until each has been asked twice
STATS = "Stats"  # the tab of the details
_GROUP = "numbers"


class Sampling:
    """Fills `numbers`; one question for each namespace at a time."""

    def __init__(self, main: MainScreen, numbers: Numbers) -> None:
        self.numbers = numbers
        self._main = main
        self._woken = asyncio.Event()
        self._asking: set[str] = set()  # namespaces
        self._again: dict[Key, float] = {}  # when those that hang are asked again
        self._rest_until: dict[str, float] = {}  # by namespace
        self._suspended = False
        self._client: Client | None = None
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
        self._client = client
        app = self._main.app
        app.app_suspend_signal.subscribe(self._main, lambda _: self._suspend(True))
        app.app_resume_signal.subscribe(self._main, lambda _: self._suspend(False))
        while True:
            self._woken.clear()
            wait = self._look(client)
            await asyncio.sleep(SOONEST)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._woken.wait()

    def _suspend(self, on: bool) -> None:
        self._suspended = on
        self.wake()

    def _look(self, client: Client) -> float | None:
        """Ask for what is due; returns for how long then nothing is, None for ever."""
        living = self._alive()
        if not living:
            return None
        if not self._sees():
            return PACE
        seen, now = self._seen(living), self.numbers.clock()
        due: dict[str, dict[str, int]] = defaultdict(dict)
        nexts = [PACE]
        for key, pid in seen.items():
            wait = self._due(key, now)
            if wait <= SOONEST:
                due[key.namespace][key.id] = pid
            else:
                nexts.append(wait)
        if due:
            nexts.append(FIRST)
        if self._by_number():
            nexts.append(self._take_crowd(living, seen, due, now))
        for namespace, ids in due.items():
            if namespace not in self._asking and self._rest_until.get(namespace, 0.0) <= now:
                self._asking.add(namespace)
                work = self._ask(client, namespace, ids, set(seen))
                self._main.run_worker(work, group=_GROUP)
        return max(0.0, min(nexts) - SOONEST)

    # What is seen

    def _alive(self) -> dict[Key, Task]:
        """The tasks that use anything; looked for once in each snapshot."""
        tasks = self._main.snapshot.tasks
        if self._living[0] is not tasks:
            living = {key: task for key, task in tasks.items() if task.status in LIVING}
            self._living = tasks, living
            self._again = {key: at for key, at in self._again.items() if key in living}
            self.numbers.keep(living)
        return self._living[1]

    def _sees(self) -> bool:
        main = self._main
        return (
            main.app.screen is main
            and main.snapshot.phase is Phase.LIVE
            and not self._suspended
            and not terminal.is_behind(main.app)
        )

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

    def _due(self, key: Key, now: float) -> float:
        """In how many seconds it is to be asked."""
        if key in self._again:
            return self._again[key] - now
        reading = self.numbers.readings.get(key)
        if reading is None:
            return 0.0
        pace = PACE if reading.rates.cpu is not None else FIRST
        return reading.seen + pace - now

    def _take_crowd(
        self,
        living: dict[Key, Task],
        seen: dict[Key, int],
        due: dict[str, dict[str, int]],
        now: float,
    ) -> float:
        """Take some of all others, for an order by numbers needs all; in how long the next."""
        if now < self._crowd_at or self._asking:
            return max(SOONEST, self._crowd_at - now)
        if not self._crowd:
            self._crowd = [key for key in living if key not in seen]
            self._rounds += 1
        part, self._crowd = self._crowd[-CROWD:], self._crowd[:-CROWD]
        for key in part:
            task = living.get(key)
            if task is not None and self._again.get(key, 0.0) <= now:
                due[key.namespace][key.id] = task.pid
        self._crowd_at = now + SOONEST  # until it is known how long it took
        return SOONEST

    # Asking

    async def _ask(
        self, client: Client, namespace: str, ids: dict[str, int], seen: Set[Key]
    ) -> None:
        begun = self.numbers.clock()
        try:
            found = await self._metrics(client, namespace, ids)
            if client.proc is not None:
                self.numbers.host_memory = client.proc.host_memory
                if self._shows_traffic():
                    found = await _with_traffic(client, found, ids)
        except ContainerdError:
            self._rest_until[namespace] = self.numbers.clock() + TROUBLE
            return
        finally:
            self._asking.discard(namespace)
        took = self.numbers.clock() - begun
        self._crowd_at = self.numbers.clock() + took * (SHARE if self._rounds > 2 else QUICK_SHARE)
        self._take(namespace, ids, found, seen)

    def _shows_traffic(self) -> bool:
        views = self._views()
        return self._sees_stats() or any(view.table.sheet.shows("net") for view in views)

    async def _metrics(
        self, client: Client, namespace: str, ids: dict[str, int]
    ) -> dict[str, Usage]:
        """Of all in one call; where that has no answer, each by itself, to find who hangs."""
        doubtful = [id for id in ids if Key(namespace, id) in self._again]
        sound = [id for id in ids if id not in set(doubtful)]
        found: dict[str, Usage] = {}
        try:
            if sound:
                found = await client.tasks.metrics(sound, namespace=namespace, timeout=DEADLINE)
        except DeadlineExceeded:
            doubtful = list(ids)
        if doubtful:
            found |= await self._each(client, namespace, doubtful)
        return found

    async def _each(self, client: Client, namespace: str, ids: list[str]) -> dict[str, Usage]:
        """Those that answer; the others are asked again after a while."""
        answers = await asyncio.gather(
            *(self._one(client, namespace, id) for id in ids), return_exceptions=True
        )
        found: dict[str, Usage] = {}
        hung: list[Key] = []
        for id, answer in zip(ids, answers, strict=True):
            key = Key(namespace, id)
            if isinstance(answer, DeadlineExceeded):
                hung.append(key)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                self._again.pop(key, None)
                found |= answer
        self.numbers.hangs(hung)
        if len(hung) == len(ids) > 1:  # it is rather the daemon
            self._rest_until[namespace] = self.numbers.clock() + TROUBLE
        else:
            self._again |= dict.fromkeys(hung, self.numbers.clock() + HUNG)
        return found

    async def _one(self, client: Client, namespace: str, id: str) -> dict[str, Usage]:
        return await client.tasks.metrics([id], namespace=namespace, timeout=DEADLINE)

    # Showing

    def at(self, row: Row, tabs: Tabs) -> Tabs:
        """The tabs with the numbers of the row's task behind the first one."""
        if not isinstance(row, ContainerRow | TaskRow | MountRow):
            return tabs
        facts: list[Fact] = []
        if self._sees_stats():
            from ctdeck.numbers.facts import stats_facts

            task, width = _task(row, self._alive()), self._main.details.scroll.size.width
            facts = stats_facts(task, self.numbers, width, self._cpus_of(row.container))
        first, *others = tabs.items()
        return dict([first, (STATS, facts), *others])

    def _take(
        self, namespace: str, ids: dict[str, int], found: dict[str, Usage], seen: Set[Key]
    ) -> None:
        new = set()
        for id, usage in found.items():
            key = Key(namespace, id)
            new |= set() if key in self.numbers.readings else {key}
            self.numbers.put(key, ids[id], usage, remember=key in seen)
        self.show({Key(namespace, id) for id in ids}, new)

    def _cpus_of(self, container: Container | None) -> float | None:
        """The limit in its spec, read when it is first looked at and when the record changes."""
        record = container and (container.key, container.created_at, container.updated_at)
        if record != self._cpus[0]:
            self._cpus = record, None
            if container is not None and self._client is not None:
                self._main.run_worker(self._read_cpus(self._client, container), group=_GROUP)
        return self._cpus[1]

    async def _read_cpus(self, client: Client, container: Container) -> None:
        from aiocontainerd.inspect.records import container_page
        from ctdeck.descriptions.limits import cpus_of

        record = self._cpus[0]
        with suppress(ContainerdError):  # then there is only no share of it
            page = await container_page(client, container.id, namespace=container.namespace)
            if self._cpus[0] == record:
                self._cpus = record, cpus_of(page.spec)
                self.show()

    def show(self, touched: Set[Key] = frozenset(), new: Set[Key] = frozenset()) -> None:
        """Draw what reads differently; of `new` ones nothing was known before."""
        main = self._main
        by_number = self._by_number()
        for view in self._views():
            if view in by_number and touched:
                view.renumber(touched)
            elif new:
                view.table.rearrange(lambda: None, new)
            else:
                view.table.renew()
        if self._sees_stats():
            main.detail_view.refresh()


async def _with_traffic(
    client: Client, found: dict[str, Usage], ids: dict[str, int]
) -> dict[str, Usage]:
    from aiocontainerd.processes import with_traffic

    assert client.proc is not None
    try:
        traffic = await client.proc.traffic([ids[id] for id in found])
    except TimeoutError:
        return found
    return {id: with_traffic(usage, traffic.get(ids[id])) for id, usage in found.items()}


def _task(row: object, living: dict[Key, Task]) -> Task | None:
    if isinstance(row, ContainerRow | TaskRow):
        return task_of(row)
    return living.get(row.container.key) if isinstance(row, MountRow) else None
