"""What is asked, how often and when: merging and pacing."""

import asyncio
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest

from aiocontainerd.reconcile import refresh
from aiocontainerd.reconcile.pacing import Pacer
from aiocontainerd.reconcile.topics import ALL_NAMESPACES, Kind, Target

from .reconciling import CONTAINERS, TASKS


class Asked:
    """A fetch that counts, and answers when let."""

    def __init__(self) -> None:
        self.calls: Counter[Target] = Counter()
        self.blocked: dict[Target, asyncio.Event] = {}
        self.news = asyncio.Condition()

    async def fetch(self, target: Target) -> None:
        self.calls[target] += 1
        async with self.news:
            self.news.notify_all()
        if target in self.blocked:
            await self.blocked[target].wait()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5), self.news:
            await self.news.wait_for(condition)


async def test_a_flock_of_events_is_one_question() -> None:
    asked = Asked()
    one = TASKS._replace(id="t")
    async with asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(asked.fetch, lambda _: 0, group)
        for _ in range(1000):
            refresher.mark([one])
        await asked.until(lambda: asked.calls[one] == 1)
        refresher.stop()
    assert asked.calls == {one: 1}


async def test_many_objects_become_one_list() -> None:
    asked = Asked()
    async with asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(asked.fetch, lambda _: 0, group)
        await refresher.get([TASKS._replace(id=f"t{n}") for n in range(51)])
        refresher.mark([ALL_NAMESPACES])
        await asked.until(lambda: asked.calls[ALL_NAMESPACES] == 1)
        refresher.stop()
    assert asked.calls == {TASKS: 1, ALL_NAMESPACES: 1}


async def test_the_longest_list_is_asked_for_first() -> None:
    asked = Asked()
    lists = [Target(kind, "n") for kind in (Kind.CONTAINERS, Kind.TASKS, Kind.IMAGES)]
    async with asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(asked.fetch, lambda _: 0, group)
        await refresher.get(reversed(lists))
        refresher.stop()
    assert list(asked.calls) == lists


def test_a_long_list_is_worth_more_looks() -> None:
    dirty = {TASKS._replace(id=f"t{n}") for n in range(60)}
    assert refresh.merged(dirty, lambda _: 100) == {TASKS}
    assert refresh.merged(dirty, lambda _: 5000) == dirty


async def test_what_changes_during_a_question_is_asked_once_more() -> None:
    asked = Asked()
    one, other = TASKS._replace(id="stuck"), TASKS._replace(id="well")
    asked.blocked[one] = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(asked.fetch, lambda _: 0, group)
        refresher.mark([one])
        await asked.until(lambda: asked.calls[one] == 1)
        for _ in range(10):
            refresher.mark([one, other])
        await asked.until(lambda: asked.calls[other] == 1)
        assert asked.calls[one] == 1, "two questions about one thing at once"
        asked.blocked.pop(one).set()
        await asked.until(lambda: asked.calls[one] == 2)
        refresher.stop()
    assert asked.calls[one] == 2


async def test_changes_during_the_first_list_do_not_wait_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refresh, "LIST_REST", 1_000_000.0)
    monkeypatch.setattr(refresh, "FIRST_REST", 0.0)
    asked = Asked()

    async def read_while_it_changes(number: int) -> None:
        asked.blocked[TASKS] = asyncio.Event()
        await asked.until(lambda: asked.calls[TASKS] == number)
        refresher.mark([TASKS])
        asked.blocked.pop(TASKS).set()

    async with asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(asked.fetch, lambda _: 0, group)
        refresher.mark([TASKS])
        await read_while_it_changes(1)
        await read_while_it_changes(2)
        await asyncio.sleep(2 * refresh.BATCH_GAP)
        refresher.stop()
    assert asked.calls[TASKS] == 2, "in a storm the daemon gets its rest"


async def test_a_question_under_way_will_do_where_that_is_said() -> None:
    asked = Asked()
    asked.blocked[TASKS] = answer = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(asked.fetch, lambda _: 0, group)
        refresher.mark([TASKS], at_once=True)
        getting = group.create_task(refresher.get([TASKS, ALL_NAMESPACES], again=False))
        await asked.until(lambda: asked.calls[ALL_NAMESPACES] == 1)
        assert not getting.done()
        answer.set()
        await getting
        refresher.stop()
    assert asked.calls == {TASKS: 1, ALL_NAMESPACES: 1}


async def test_what_waits_for_its_turn_is_asked_once() -> None:
    calls: list[Target] = []
    answer, running, most = asyncio.Event(), 0, 0

    async def ask(target: Target) -> None:
        nonlocal running, most
        calls.append(target)
        running += 1
        most = max(most, running)
        await answer.wait()
        running -= 1

    targets = [TASKS._replace(id=f"t{n}") for n in range(50)]
    async with asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(ask, lambda _: 10_000, group)
        getting = group.create_task(refresher.get(targets))
        while len(calls) < refresh.AT_ONCE:
            await asyncio.sleep(0)
        for _ in range(100):
            refresher.mark(set(targets).difference(calls), at_once=True)
        answer.set()
        await getting
        refresher.stop()
    assert len(calls) == 50
    assert most == refresh.AT_ONCE


def test_a_list_brings_its_objects_along() -> None:
    dirty = {TASKS, TASKS._replace(id="t"), CONTAINERS._replace(id="c")}
    assert refresh.merged(dirty, lambda _: 0) == {TASKS, CONTAINERS._replace(id="c")}


async def test_the_pacer_holds_the_first_poke_back() -> None:
    turns: list[int] = []
    pacer = Pacer(lambda: turns.append(1), gap=0.01, hold=60.0)
    pacer.poke(0)
    await asyncio.sleep(0.02)
    assert not turns
    pacer.now()
    assert turns == [1]
    pacer.stop()


async def test_the_pacer_is_quick_first_and_then_keeps_its_distance() -> None:
    loop = asyncio.get_running_loop()
    turns: list[float] = []
    pacer = Pacer(lambda: turns.append(loop.time()), gap=0.05)
    begun = loop.time()
    while len(turns) < 4:
        pacer.poke(0.001)
        await asyncio.sleep(0)
    pacer.stop()
    pacer.poke(0)
    assert all(later - earlier >= 0.049 for earlier, later in pairwise(turns))
    assert turns[0] - begun < 5
