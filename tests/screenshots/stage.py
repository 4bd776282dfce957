"""The demo as the pictures want it: a clock that stands, and nothing of the machine they are on."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from aiocontainerd.discovery import WELL_KNOWN, Probe, discover
from aiocontainerd.models import Snapshot
from aiocontainerd.simulator import tasks
from aiocontainerd.simulator.demo import make_host
from aiocontainerd.simulator.demo.life import cron_job, remove, run
from ctdeck.app import CtdeckApp
from ctdeck.demo import Demo, pids
from ctdeck.settings import Session, Settings
from ctdeck.widgets.table import Table

NOW = datetime(2026, 11, 23, 12, 4, 1, tzinfo=UTC)
SOCKET = "/run/containerd/containerd.sock"  # the `ctr` lines are for a usual host
LAST = "queue-worker"  # whose start is the last event
SLOWLY = 2e5  # bytes a second of pulls, until a picture wants to see them
PATIENCE = 30.0  # s


@contextmanager
def clock() -> Iterator[None]:
    """It is NOW inside."""
    with patch.object(Table, "now", staticmethod(lambda: NOW)):
        yield


@asynccontextmanager
async def demo() -> AsyncIterator[CtdeckApp]:
    """The app on a host where a few things have just happened."""
    settings = Settings(demo=True)
    session = await Demo.start(settings, make_host(NOW, pids()), lively=False)
    assert session.demo is not None
    session.demo.simulator.speed.download = SLOWLY
    await until(session, lambda snapshot: snapshot.loaded)
    happen(session.demo)
    await until(session, lambda it: any(event.subject == LAST for event in it.events))
    await until(session, is_complete)
    with clock():
        yield CtdeckApp(settings, replace(session, address=SOCKET))


@asynccontextmanager
async def nobody() -> AsyncIterator[CtdeckApp]:
    """The app where no daemon answers."""

    async def look() -> tuple[Probe, ...]:
        with tempfile.TemporaryDirectory() as empty:
            probes = await discover([empty + address for address in WELL_KNOWN])
        return tuple(
            replace(probe, address=address)
            for probe, address in zip(probes, WELL_KNOWN, strict=True)
        )

    yield CtdeckApp(Settings(), first=asyncio.create_task(look()))


async def until(session: Session, condition: Callable[[Snapshot], bool]) -> None:
    """Wait for a snapshot that is so."""
    async with asyncio.timeout(PATIENCE):
        async for snapshot in session.store.watch():
            if condition(snapshot):
                return


def is_complete(snapshot: Snapshot) -> bool:
    """All of its images have been looked into."""
    known = [image.details and image.unpacked is not None for image in snapshot.images.values()]
    return bool(known) and all(known)


def happen(demo: Demo) -> None:
    """A cron job has come and gone, and the queue's worker has crashed and is back."""
    world, lives = demo.host.world, demo.simulator.lives

    def ago(seconds: float) -> None:
        world.now = lambda: NOW - timedelta(seconds=seconds)

    ago(72)
    job = run(world, lives, cron_job(world))
    ago(64)
    tasks.exit(world, job.namespace, job.id, 0)
    ago(63)
    remove(world, lives, job.namespace, job.id)
    ago(41)
    tasks.exit(world, "default", "queue-worker", 1)
    ago(33)
    lives.restart()
    world.now = lambda: NOW
