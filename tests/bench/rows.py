"""From a change that another program makes to its row: in the store, and painted.

The clock starts at the time that the daemon writes into the new record, before it commits it and
tells anyone: earlier than the event, and than the end of `ctr`.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Coroutine

from aiocontainerd.models import Key
from aiocontainerd.reconcile import reconcile
from aiocontainerd.store import Store

from .figures import Measure
from .first_frame import command
from .ground import IMAGE, Ground
from .pace import Pace
from .terminal import Terminal

GOAL = 0.1  # seconds
PATIENCE = 20.0  # seconds


async def in_store(ground: Ground, pace: Pace) -> list[Measure]:
    """To the snapshot that holds the new container."""
    store, numbers = Store(), itertools.count()
    following = asyncio.create_task(reconcile(ground.client, store, frozenset({ground.namespace})))
    await _until(store, lambda: store.snapshot.loaded)

    async def change() -> float:
        name = f"stored-{next(numbers)}"
        key = Key(ground.namespace, name)
        seconds = await _seconds(
            ground, name, _until(store, lambda: key in store.snapshot.containers)
        )
        await _until(store, lambda: key not in store.snapshot.containers)
        return seconds

    try:
        (times,) = await pace.rounds(change)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    return [Measure(f"outside change to the store, {ground.daemon.version}", times, goal=GOAL)]


async def on_screen(ground: Ground, pace: Pace) -> list[Measure]:
    """To the bytes with the new container's name that a running ctdeck writes to its terminal."""
    numbers = itertools.count()
    with Terminal(command(ground), env={"XDG_STATE_HOME": str(ground.folder)}) as terminal:
        await asyncio.to_thread(terminal.until, b"ontainers")
        await asyncio.to_thread(terminal.settle)
        terminal.press("+")  # the pane alone, so that no other one shows the name first
        await asyncio.to_thread(terminal.settle)

        async def change() -> float:
            name = f"painted-{next(numbers)}"
            painted = asyncio.to_thread(terminal.until, name.encode())
            seconds = await _seconds(ground, name, painted)
            await asyncio.to_thread(terminal.settle)  # the row is off the screen again
            return seconds

        (times,) = await pace.rounds(change)
    return [Measure(f"outside change to its row, {ground.daemon.version}", times, goal=GOAL)]


async def _seconds(ground: Ground, name: str, arrival: Coroutine[None, None, float]) -> float:
    """Let `ctr` create a container and remove it, and time its arrival (time.perf_counter)."""
    offset = time.time() - time.perf_counter()
    arriving = asyncio.create_task(arrival)
    await ground.ctr("containers", "create", IMAGE, name)
    moment = await asyncio.wait_for(arriving, PATIENCE) + offset
    made = (await ground.client.containers.get(name, namespace=ground.namespace)).created_at
    assert made is not None
    await ground.ctr("containers", "rm", name)
    return moment - made.timestamp()


async def _until(store: Store, condition: Callable[[], bool]) -> float:
    """Wait until the newest snapshot is so; the moment, on the clock of time.perf_counter."""
    async with asyncio.timeout(PATIENCE):
        async for _ in store.watch():
            if condition():
                break
    return time.perf_counter()
