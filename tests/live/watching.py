"""Following a test daemon with `reconcile`, and what `ctr` says of the same daemon."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from aiocontainerd.access import Access
from aiocontainerd.client import Client
from aiocontainerd.models import Key, Phase, Snapshot, TaskStatus
from aiocontainerd.reconcile import RESYNC, reconcile
from aiocontainerd.store import Store

from .daemons import Daemon

PATIENCE = 20.0  # s


@dataclass(frozen=True)
class Following:
    """A store that a running `reconcile` fills."""

    client: Client
    store: Store

    async def until(
        self, condition: Callable[[Snapshot], object], what: str, timeout: float = PATIENCE
    ) -> Snapshot:
        """Wait for a snapshot with that property; AssertionError after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                async for snapshot in self.store.watch():
                    if condition(snapshot):
                        return snapshot
        except TimeoutError:
            text = f"not so after {timeout:g} s: {what}; {self.store.snapshot}"
            raise AssertionError(text) from None
        raise AssertionError("watch() ended")


@asynccontextmanager
async def following(
    daemon: Daemon,
    *namespaces: str,
    resync: float = RESYNC,
    read_only: bool = False,
    live: bool = True,
    prepare: Callable[[Client], object] = id,
) -> AsyncIterator[Following]:
    """Follow these namespaces of a daemon, or all; with `live`, from the first whole picture on.

    `prepare` is called with the client before anything is asked.
    """
    async with Client(str(daemon.socket), access=Access(read_only=read_only)) as client:
        prepare(client)
        followed = Following(client, Store())
        wanted = frozenset(namespaces) or None
        task = asyncio.create_task(reconcile(client, followed.store, wanted, resync))
        try:
            if live:
                await followed.until(lambda s: s.phase is Phase.LIVE, "live")
            yield followed
            assert not task.done(), "reconcile ended by itself"
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def ctr(daemon: Daemon, *args: str, namespace: str) -> str:
    """`ctr` in a thread, so that the event loop of the test goes on."""
    return await asyncio.to_thread(daemon.ctr, *args, namespace=namespace)


async def run_detached(
    daemon: Daemon, image: str, name: str, *command: str, namespace: str, flags: Iterable[str] = ()
) -> None:
    """`ctr run --detach` in a thread."""
    command = command or ("/bin/sh", "-c", "while :; do sleep 1; done")
    await asyncio.to_thread(
        daemon.run, image, name, *command, namespace=namespace, flags=("--detach", *flags)
    )


@dataclass(frozen=True)
class View:
    """What both sides can tell: names of images and containers; tasks with pid and state."""

    images: frozenset[str]
    containers: frozenset[str]
    tasks: frozenset[tuple[str, str, str]]


def by_ctr(daemon: Daemon, namespace: str) -> View:
    """What `ctr` lists."""
    rows = daemon.ctr("tasks", "ls", namespace=namespace).splitlines()[1:]
    return View(
        frozenset(daemon.ctr("images", "ls", "-q", namespace=namespace).splitlines()),
        frozenset(daemon.ctr("containers", "ls", "-q", namespace=namespace).splitlines()),
        frozenset((cells[0], cells[1], cells[2]) for cells in map(str.split, rows)),
    )


def by_us(snapshot: Snapshot, namespace: str) -> View:
    """What the snapshot holds of the same namespace."""
    return View(
        frozenset(key.id for key in snapshot.images if key.namespace == namespace),
        frozenset(key.id for key in snapshot.containers if key.namespace == namespace),
        frozenset(
            (task.id, str(task.pid), task.status.name)
            for key, task in snapshot.tasks.items()
            if key.namespace == namespace
        ),
    )


def status(snapshot: Snapshot, namespace: str, name: str) -> TaskStatus | None:
    """The status of a task, None if there is none."""
    task = snapshot.tasks.get(Key(namespace, name))
    return task.status if task else None


async def agree(followed: Following, daemon: Daemon, *namespaces: str) -> float:
    """Wait until our view equals `ctr`'s of now; returns how many seconds that took."""
    wanted = {name: await asyncio.to_thread(by_ctr, daemon, name) for name in namespaces}
    begun = time.monotonic()

    def equal(snapshot: Snapshot) -> bool:
        return all(by_us(snapshot, name) == view for name, view in wanted.items())

    await followed.until(equal, f"as ctr says: {wanted}")
    return time.monotonic() - begun
