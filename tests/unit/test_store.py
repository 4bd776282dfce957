"""The store: the newest snapshot wins, nobody misses the last one, nobody spins."""

import asyncio
from dataclasses import replace

from aiocontainerd.models import Phase, Snapshot
from aiocontainerd.store import Store


async def collect(store: Store, last: int) -> list[int]:
    """Generations seen by one watcher until it sees `last`."""
    seen: list[int] = []
    async for snapshot in store.watch():
        seen.append(snapshot.generation)
        if snapshot.generation >= last:
            break
    return seen


async def test_a_watcher_gets_the_present_state_first() -> None:
    store = Store()
    store.publish(Snapshot(phase=Phase.LIVE))
    async for snapshot in store.watch():
        assert snapshot.phase is Phase.LIVE
        assert snapshot.generation == 1
        break


async def test_the_publisher_numbers_the_generations() -> None:
    store = Store()
    published = store.publish(replace(store.snapshot, generation=77, error="x"))
    assert published.generation == 1
    assert store.snapshot is published


async def test_a_burst_is_one_turn_for_each_watcher() -> None:
    store = Store()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        watchers = [group.create_task(collect(store, 10_000)) for _ in range(50)]
        await asyncio.sleep(0)
        for _ in range(10_000):
            store.publish(store.snapshot)
    assert all(task.result() == [0, 10_000] for task in watchers)


async def test_nothing_is_lost_when_publishing_between_two_turns() -> None:
    store = Store()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        watchers = [group.create_task(collect(store, 500)) for _ in range(10)]
        for number in range(500):
            store.publish(store.snapshot)
            if number % 3 == 0:
                await asyncio.sleep(0)
    for task in watchers:
        seen = task.result()
        assert seen[-1] == 500
        assert seen == sorted(set(seen))


async def test_a_cancelled_watcher_harms_no_other() -> None:
    store = Store()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        doomed = group.create_task(collect(store, 99))
        other = group.create_task(collect(store, 1))
        await asyncio.sleep(0)
        doomed.cancel()
        await asyncio.sleep(0)
        store.publish(store.snapshot)
    assert doomed.cancelled()
    assert other.result() == [0, 1]


async def test_an_idle_watcher_takes_no_turns() -> None:
    store = Store()
    watch = store.watch()
    await anext(watch)
    waiting = asyncio.ensure_future(anext(watch))
    loop = asyncio.get_running_loop()
    for _ in range(100):
        await asyncio.sleep(0)
    assert not waiting.done()
    assert not loop._ready, "a watcher keeps the loop busy"  # type: ignore[attr-defined]
    store.publish(store.snapshot)
    assert (await waiting).generation == 1
