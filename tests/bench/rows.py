"""From a change that another program makes to its row: in the store, and painted.

The clock starts at the time that the daemon writes into the new record, before it commits it and
tells anyone: earlier than the event, and than the answer to whoever made it.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Coroutine, Iterator

from aiocontainerd.models import Key
from aiocontainerd.pb import containers_pb2 as pb
from aiocontainerd.reconcile import reconcile
from aiocontainerd.store import Store

from .figures import Measure
from .ground import Ground
from .pace import Pace
from .terminal import Terminal

COUNTS = (100, 10_000)
GOAL = 0.1  # seconds
PATIENCE = 20.0  # seconds
REST = 0.2  # seconds after a change: the next shall not meet the pause between two snapshots
FIRST = "row00000"
SORT = "\x1b[1;2C"  # shift and right: by the first column


async def in_store(ground: Ground, pace: Pace) -> list[Measure]:
    """To the snapshot that holds the new container, in a process that only follows."""
    return [await _in_store(await ground.rows(count), pace, count) for count in COUNTS]


async def on_screen(ground: Ground, pace: Pace) -> list[Measure]:
    """To the bytes by which a running ctdeck puts the new container's row on its screen.

    Beside it: what whoever polls with `ctr` pays for each look, without drawing anything.
    """
    return [await _on_screen(await ground.rows(count), pace, count) for count in COUNTS]


async def _in_store(ground: Ground, pace: Pace, count: int) -> Measure:
    namespace, store, names = ground.namespace, Store(), _names()
    following = asyncio.create_task(reconcile(ground.client, store, frozenset({namespace})))
    await _until(store, lambda: store.snapshot.loaded)

    async def change() -> float:
        key = Key(namespace, next(names))
        there = _until(store, lambda: key in store.snapshot.containers)
        seconds = await _seconds(ground, key, there)
        await _until(store, lambda: key not in store.snapshot.containers)
        await asyncio.sleep(REST)
        return seconds

    try:
        (times,) = await pace.rounds(change)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    return Measure(f"outside change to the store, {count:,}", times, goal=GOAL)


async def _on_screen(ground: Ground, pace: Pace, count: int) -> Measure:
    names = _names()
    with Terminal(ground.ctdeck, env=ground.env) as terminal:
        await asyncio.to_thread(terminal.until, rb"row\d{5}")
        await asyncio.to_thread(terminal.settle)
        for key in ("+", SORT, "g"):  # the pane alone: no other one shall show the name first
            terminal.press(key)
            await asyncio.to_thread(terminal.settle)

        async def change() -> float:
            key = Key(ground.namespace, next(names))
            painted = asyncio.to_thread(terminal.until_shown, key.id)
            seconds = await _seconds(ground, key, painted)
            await asyncio.to_thread(terminal.settle)  # the row is off the screen again
            return seconds

        async def look() -> float:
            begun = time.perf_counter()
            await ground.ctr("containers", "ls")
            return time.perf_counter() - begun

        times, looks = await pace.rounds(change, look)
    name = f"outside change to its row, {count:,}"
    return Measure(name, times, looks, "ctr containers ls", GOAL, absolute=True)


def _names() -> Iterator[str]:
    """Names that stand just below the first row, where the screen shows them."""
    return (f"{FIRST}-{number}" for number in itertools.count())


async def _seconds(ground: Ground, key: Key, arrival: Coroutine[None, None, float]) -> float:
    """Create a container and remove it; from its record's time to its arrival (perf_counter)."""
    offset = time.time() - time.perf_counter()
    arriving = asyncio.create_task(arrival)
    containers = ground.client.containers
    record = pb.Container(id=key.id)
    record.runtime.name = "io.containerd.runc.v2"
    made = await containers.create(record, namespace=key.namespace)
    moment = await asyncio.wait_for(arriving, PATIENCE) + offset
    assert made.created_at is not None
    await containers.delete(key.id, namespace=key.namespace)
    return moment - made.created_at.timestamp()


async def _until(store: Store, condition: Callable[[], bool]) -> float:
    """Wait until the newest snapshot is so; the moment, on the clock of time.perf_counter."""
    async with asyncio.timeout(PATIENCE):
        async for _ in store.watch():
            if condition():
                break
    return time.perf_counter()
