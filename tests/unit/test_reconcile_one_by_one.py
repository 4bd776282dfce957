"""Objects that are asked for by themselves, because their list is slow."""

import asyncio

from aiocontainerd.reconcile import refresh
from aiocontainerd.reconcile.topics import Kind, Target

TASKS = Target(Kind.TASKS, "n")


async def test_nothing_is_asked_once_stopped() -> None:
    asked: list[Target] = []
    first, second = TASKS._replace(id="a"), TASKS._replace(id="b")
    answer = asyncio.Event()

    async def ask(target: Target) -> None:
        asked.append(target)
        await answer.wait()

    async with asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(ask, lambda _: 10_000, group)
        targets = [first, *(TASKS._replace(id=f"t{n}") for n in range(refresh.AT_ONCE)), second]
        refresher.mark(targets, at_once=True)
        refresher.mark(targets)
        await asyncio.sleep(0)
        refresher.stop()
        answer.set()
    assert len(asked) == refresh.AT_ONCE


async def test_objects_that_are_asked_one_by_one_never_become_their_list() -> None:
    asked: list[Target] = []
    answer, running, most = asyncio.Event(), 0, 0

    async def ask(target: Target) -> None:
        nonlocal running, most
        asked.append(target)
        if target == TASKS:
            await answer.wait()
            return
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    targets = [TASKS._replace(id=f"t{n}") for n in range(2 * refresh.MANY)]
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(ask, lambda _: 0, group)
        listing = group.create_task(refresher.get([TASKS]))
        await asyncio.sleep(0)
        refresher.one_by_one(targets)
        refresher.one_by_one(targets)
        while len(asked) <= len(targets):
            await asyncio.sleep(0)
        answer.set()
        await listing
        refresher.stop()
    assert asked == [TASKS, *targets]
    assert most <= refresh.SINGLY


async def test_a_list_that_has_come_ends_asking_one_by_one() -> None:
    asked: list[Target] = []
    answer = asyncio.Event()

    async def ask(target: Target) -> None:
        asked.append(target)
        await answer.wait()

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        refresher = refresh.Refresher(ask, lambda _: 0, group)
        listing = group.create_task(refresher.get([TASKS]))
        await asyncio.sleep(0)
        refresher.one_by_one(TASKS._replace(id=f"t{n}") for n in range(100))
        answer.set()
        await listing
    assert len(asked) <= 1 + 2 * refresh.SINGLY
