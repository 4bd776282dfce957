"""`ctdeck --demo`: a simulated daemon in this process, on a private socket that goes with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path

from aiocontainerd.client import Client
from aiocontainerd.discovery import Probe
from aiocontainerd.models import Key, Snapshot, Task, TaskStatus
from aiocontainerd.procfs import HostView
from aiocontainerd.pull import Pulls
from aiocontainerd.reconcile import reconcile
from aiocontainerd.safe import safe
from aiocontainerd.simulator.demo import (
    Host,
    InventedProc,
    cast,
    give_terminal,
    live,
    make_host,
)
from aiocontainerd.simulator.demo.journal import Journal
from aiocontainerd.simulator.server import Simulator
from aiocontainerd.simulator.temporaries import Temporary
from aiocontainerd.state import StateDirectory
from aiocontainerd.store import Store
from ctdeck.settings import Session, Settings

DOWNLOAD, UNPACK = 14e6, 120e6  # bytes a second: slow enough to be watched
_LASTING = frozenset({TaskStatus.RUNNING, TaskStatus.PAUSED, TaskStatus.CREATED})


async def begin(settings: Settings) -> Session | tuple[Probe]:
    """A session with the demo, or why there can be none."""
    try:
        return await Demo.start(settings)
    except (OSError, RuntimeError) as error:  # gRPC's own is a RuntimeError
        what = error.strerror if isinstance(error, OSError) and error.strerror else error
        remedy = "Set TMPDIR to a folder that can be written and has a short name."
        return (Probe("the demo", problem=f"it cannot begin: {safe(str(what))}", remedy=remedy),)


def pids() -> Iterator[int]:
    """The numbers of the simulated processes: small ones, as on any host."""
    return count(2381, 53)


class DemoStore(Store):
    """A store that knows since when the simulated processes run: no /proc tells of them."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host
        self._undated: Mapping[Key, Task] = {}  # what `_tasks` were made of
        self._tasks: Mapping[Key, Task] = {}
        self._seen: dict[int, datetime] = {}  # when those that began later were seen first, by pid

    def publish(self, snapshot: Snapshot) -> Snapshot:
        """Publish it with the times in it; the same tasks give the same object."""
        if snapshot.tasks is not self._undated:
            self._undated = snapshot.tasks
            self._tasks = {key: self._dated(task) for key, task in snapshot.tasks.items()}
            alive = {task.pid for task in self._tasks.values()}
            self._seen = {pid: since for pid, since in self._seen.items() if pid in alive}
        return super().publish(replace(snapshot, tasks=self._tasks))

    def _dated(self, task: Task) -> Task:
        if task.status not in _LASTING:
            return task
        since = self._host.started.get(task.pid)
        if since is None:
            since = self._seen.setdefault(task.pid, self._host.world.now())
        return replace(task, since=since)


class Demo:
    """The simulated host, for as long as ctdeck runs."""

    def __init__(self, host: Host, folder: Temporary) -> None:
        self.host = host
        self.folder = Path(folder.name)
        self.root = self.folder / "host"  # where the files of the simulated host are
        self._folder = folder
        self.simulator = Simulator(self.folder / "containerd.sock", host.world)
        self.simulator.speed.download, self.simulator.speed.unpack = DOWNLOAD, UNPACK
        self._life: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls, settings: Settings, host: Host | None = None, *, lively: bool = True
    ) -> Session:
        """A session with a fresh host; nothing of this machine is touched but a private folder.

        Unless it is `lively` nothing happens there by itself.
        """
        folder = Temporary("ctdeck-demo-")  # removed even if nobody calls `stop`
        demo = cls(host or make_host(pids=pids()), folder)
        try:
            demo._make_files()
            await demo.simulator.start()
            demo._make_mount_table()
        except BaseException:
            await demo.stop()
            raise
        demo._make_terminals()
        if lively:
            demo._life = asyncio.create_task(demo._live(), name="demo life")
        view = HostView(shares_pids=False, root=str(demo.root))
        proc = InventedProc(demo.host.world)
        client = Client(demo.simulator.address, access=settings.access, host=view, proc=proc)
        store = DemoStore(demo.host)
        return Session(
            store,
            client,
            Pulls(client, config_dirs=(), daemon_only=True),
            StateDirectory(demo.folder / "state"),
            demo.simulator.address,
            demo=demo,
            following=asyncio.create_task(reconcile(client, store), name="reconcile"),
        )

    async def _live(self) -> None:
        journal = Journal(self.host.world, self.root, self.folder)
        async with asyncio.TaskGroup() as group:
            group.create_task(live(self.host.world, self.simulator.lives))
            group.create_task(journal.keep())

    def _make_files(self) -> None:
        """Empty files and folders, so that what a mount names can be looked for and completed."""
        for name in sorted(self.host.folders):
            (self.root / name[1:]).mkdir(parents=True, exist_ok=True)
        texts = {**dict.fromkeys(self.host.files, ""), **cast.TEXTS}
        for name in (*texts, *cast.PROGRAMS):  # programs are empty: nobody runs them
            file = self.root / name[1:]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(0o755 if name in cast.PROGRAMS else 0o644)
            file.write_text(texts.get(name, ""))

    def _make_mount_table(self) -> None:
        """Where that of a daemon in another mount namespace would be: beside its root."""
        table = cast.MOUNT_TABLE.format(data=self.host.world.root)
        (self.folder / "mountinfo").write_text(table)

    def _make_terminals(self) -> None:
        """Containers that run with a terminal can be attached to, as if ctdeck had started them."""
        for namespace, space in self.host.world.spaces.items():
            for id, task in space.tasks.items():
                if task.process.terminal and not task.process.stdin:
                    folder = self.folder / "terminals" / namespace / id
                    folder.mkdir(parents=True, mode=0o700)
                    give_terminal(self.host.world, namespace, id, folder)

    async def stop(self) -> None:
        """The daemon ends, and its folder goes."""
        if self._life is not None:
            self._life.cancel()
            await asyncio.gather(self._life, return_exceptions=True)
        await self.simulator.stop()
        self._folder.cleanup()
