"""The library's side of scale, without a screen: lists of 10,000, storms of events, resync, loss.

What must be small is the longest turn of the event loop: nobody gets a key press in meanwhile.
"""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

from aiocontainerd.client import Client
from aiocontainerd.models import Phase, Snapshot
from aiocontainerd.reconcile import RESYNC, reconcile
from aiocontainerd.reconcile.fetch import REST_SHARES
from aiocontainerd.reconcile.topics import Kind
from aiocontainerd.store import Store

from .figures import Measure
from .ground import Ground
from .loopwatch import watching
from .pace import Pace
from .simulated import simulated
from .units import COUNT, PER_SECOND, PERCENT
from .usage import cpu_time

ROWS = 10_000
GAP = 0.05  # seconds of CPU in one turn of the loop
PATIENCE = 60.0  # seconds
STORM = 5.0  # seconds
QUIET = 0.5  # seconds in which what hangs on a change is done as well


@dataclass
class Following:
    """A running `reconcile`, and how many calls it has made."""

    store: Store
    calls: int = 0

    async def until(self, condition: Callable[[Snapshot], object]) -> Snapshot:
        """Wait for such a snapshot."""
        async with asyncio.timeout(PATIENCE):
            async for snapshot in self.store.watch():
                if condition(snapshot):
                    return snapshot
        raise AssertionError("watch() ended")


@asynccontextmanager
async def following(address: str, resync: float = RESYNC) -> AsyncIterator[Following]:
    """Follow a daemon through a client of our own, whose calls are counted."""
    async with Client(address) as client:
        followed = Following(Store())
        for name in ("unary", "stream"):
            setattr(client.channel, name, _counting(getattr(client.channel, name), followed))
        task = asyncio.create_task(reconcile(client, followed.store, resync=resync))
        try:
            yield followed
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def measure(ground: Ground, pace: Pace) -> list[Measure]:
    """On a real daemon with 10,000 records: first list, resync, and a restart of the daemon."""
    crowd = await ground.rows(ROWS)
    first, whole, turns = await _first_lists(crowd, pace)
    beside = [await _ctr_lists(crowd) for _ in first]
    return [
        Measure(f"first rows of {ROWS} containers", first),
        Measure(f"all {ROWS} containers", whole, beside, "ctr containers ls"),
        _turn("their first list", turns),
        *await _resync(crowd),
        _turn("lost and found again", [await _restart(crowd)]),
    ]


async def storm(pace: Pace) -> list[Measure]:
    """10,000 events a second among 10,000 containers, by the simulator."""
    world = ("--containers", str(ROWS), "--images", "100", "--running", "1000")
    async with (
        simulated(*world, "--events-per-second", "10000") as site,
        following(site.ctdeck[2]) as followed,
    ):
        await followed.until(lambda s: s.phase is Phase.LIVE)
        with _settled(), watching() as held:
            before, calls, begun = followed.store.snapshot, followed.calls, time.monotonic()
            used = time.process_time()
            await asyncio.sleep(STORM)
            after, took = followed.store.snapshot, time.monotonic() - begun
            used, calls = time.process_time() - used, followed.calls - calls
    events = after.events_total - before.events_total
    return [
        Measure("events taken", [events / took], unit=PER_SECOND),
        Measure("CPU of the library meanwhile", [100 * used / took], unit=PERCENT),
        Measure("snapshots", [(after.generation - before.generation) / took], unit=PER_SECOND),
        Measure("calls for 100 events", [100 * calls / events], goal=100, unit=COUNT),
        _turn(f"{events / took:.0f} events a second", [held.longest]),
    ]


async def _first_lists(crowd: Ground, pace: Pace) -> tuple[list[float], list[float], list[float]]:
    """Seconds to the first rows and to all of them; the longest turns."""
    firsts: list[float] = []
    wholes: list[float] = []
    turns: list[float] = []
    for _ in range(pace.repeats):
        with _settled(), watching() as held:
            begun = time.perf_counter()
            async with following(str(crowd.daemon.socket)) as followed:
                await followed.until(lambda s: s.containers)
                firsts.append(time.perf_counter() - begun)
                await followed.until(lambda s: s.loaded)
                wholes.append(time.perf_counter() - begun)
        turns.append(held.longest)
    return firsts, wholes, turns


async def _ctr_lists(crowd: Ground) -> float:
    begun = time.perf_counter()
    await crowd.ctr("containers", "ls")
    return time.perf_counter() - begun


async def _resync(crowd: Ground) -> list[Measure]:
    """What one look at everything costs, and so what it costs of each second at rest."""
    shares = dict(REST_SHARES)
    REST_SHARES.update(dict.fromkeys(REST_SHARES, 0))
    resync = 2.0
    try:
        async with following(str(crowd.daemon.socket), resync) as followed:
            await followed.until(lambda s: s.phase is Phase.LIVE)
            calls = followed.calls
            with _settled(), watching() as held:
                ours, daemon = time.process_time(), cpu_time(crowd.daemon.pid)
                begun = time.monotonic()
                while followed.calls == calls or time.monotonic() - begun < resync + QUIET:
                    await asyncio.sleep(QUIET)
                ours, daemon = time.process_time() - ours, cpu_time(crowd.daemon.pid) - daemon
    finally:
        REST_SHARES.update(shares)
    rest = max(RESYNC, shares[Kind.CONTAINERS] * ours)
    return [
        Measure("a look at all again: our CPU", [ours]),
        Measure("a look at all again: the daemon's CPU", [daemon]),
        Measure(f"both, every {rest:.0f} s", [100 * (ours + daemon) / rest], unit=PERCENT),
        _turn("a look at all again", [held.longest]),
    ]


async def _restart(crowd: Ground) -> float:
    """The longest turn from the loss of the daemon to the same picture again."""
    async with following(str(crowd.daemon.socket)) as followed:
        await followed.until(lambda s: s.phase is Phase.LIVE)
        with _settled(), watching() as held:
            await asyncio.to_thread(crowd.daemon.terminate)
            await followed.until(lambda s: s.phase is Phase.LOST)
            await asyncio.to_thread(crowd.daemon.start)
            await followed.until(lambda s: s.phase is Phase.LIVE)
            await asyncio.sleep(QUIET)
    return held.longest


def _turn(what: str, turns: list[float]) -> Measure:
    return Measure(f"loop held: {what}", turns, goal=GAP, statistic="highest")


def _counting(call: Callable[..., object], followed: Following) -> Callable[..., object]:
    def counted(*args: object, **more: object) -> object:
        followed.calls += 1
        return call(*args, **more)

    return counted


@contextmanager
def _settled() -> Iterator[None]:
    """The garbage collector as ctdeck sets it after its start."""
    from ctdeck.collector import settle

    before = gc.get_threshold()
    gc.collect()
    settle()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
