"""`EmbeddedDaemon`: start or find it, know what runs in it, leave or end it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from aiocontainerd.access import FREE, Access
from aiocontainerd.audit import Audit, acting
from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, DeadlineExceeded, FailedPrecondition
from aiocontainerd.sample import SAMPLE_NAME, ensure_sample
from aiocontainerd.settled import settled
from aiocontainerd.state import StateDirectory
from ctdeck.embedded import process
from ctdeck.embedded.place import Place, Seat
from ctdeck.embedded.programs import find_busybox, find_needs, needs_root
from ctdeck.embedded.tasks import end_tasks, running_tasks

Origin = Literal["started", "found"]
Report = Callable[[str], None]

OWN = "ctdeck's own containerd"  # what it is called among the addresses that were tried

_PATIENCE = 30.0  # s for a daemon to answer; a slow disk with many layers takes its time
_POLL = 0.05  # s
_TRIM_EVERY = 60.0  # s
_RESTARTS = 5  # by one ctdeck; more than that would hide a fault


class EmbeddedDaemon:
    """The private containerd; made by `start`, and used by one ctdeck or several at a time.

    `origin` tells whether this ctdeck started it or found it running (left by a ctdeck that was
    killed, left on purpose, or used by another one). `sample_problem` is why there is no sample
    image, empty if there is.
    """

    def __init__(self, place: Place, state: Path, access: Access = FREE) -> None:
        self._place = place
        self._access = access
        self._state = state
        self._seat = Seat(place)
        self._watch: asyncio.Task[None] | None = None
        self.origin: Origin = "found"
        self.sample_problem = ""

    @classmethod
    async def start(cls, state: Path, access: Access = FREE) -> "EmbeddedDaemon":
        """Start the daemon of the state directory `state`, or find it; returns when it answers.

        `access` holds for what is changed in it, too: no sample image and no end of containers
        where it is read-only.
        Raises PermissionDenied without root, FailedPrecondition when programs are missing or the
        daemon ends at once, DeadlineExceeded when it does not answer.
        """
        _check(state)
        place = Place.below(state)
        place.make()
        daemon = cls(place, state, access)
        try:
            await daemon._ensure()
            await daemon._sample()
        except BaseException:  # also when ctdeck is left meanwhile
            await daemon._abandon()
            raise
        daemon._watch = asyncio.create_task(daemon._keep(), name="embedded-daemon")
        return daemon

    @property
    def address(self) -> str:
        """The path of its socket."""
        return str(self._place.socket)

    @property
    def log(self) -> Path:
        """What it says."""
        return self._place.log

    async def running_containers(self) -> tuple[str, ...]:
        """`namespace/id` of each container with a task that has not ended.

        Empty when the daemon does not answer.
        """
        with suppress(ContainerdError):
            return await self._running()
        return ()

    async def to_be_stopped(self) -> tuple[str, ...]:
        """Those of them that `stop` ends: none, and not the daemon, where one is read-only."""
        names = await self.running_containers()
        return () if self._keeps_some(names) else names

    def _keeps_some(self, names: tuple[str, ...]) -> bool:
        return any(self._access.is_read_only(name.partition("/")[0]) for name in names)

    def is_last(self) -> bool:
        """No other ctdeck uses it: leaving may end it."""
        return self._seat.is_last()

    async def leave(self) -> None:
        """End the daemon, unless containers run in it or another ctdeck uses it."""
        await self._go(stop_containers=False)

    async def stop(self) -> None:
        """End its containers (told to stop, killed after 3 s), then the daemon.

        Nothing is ended where one of them is read-only, or while another ctdeck uses it.
        """
        await self._go(stop_containers=True)

    def _changing(self) -> Client:
        """A client whose changes are recorded."""
        audit = Audit(StateDirectory(self._state), self.address)
        return Client(self.address, access=self._access, audit=audit)

    async def _running(self) -> tuple[str, ...]:
        async with Client(self.address, access=Access(read_only=True)) as client:
            return tuple(f"{task.namespace}/{task.id}" for task in await running_tasks(client))

    async def _go(self, *, stop_containers: bool) -> None:
        if self._watch is not None:
            self._watch.cancel()
        try:
            async with self._place.alone():
                stops = stop_containers and not self._keeps_some(await self.running_containers())
                if self.is_last() and (stops or await self._is_idle()):
                    await self._end()
        finally:
            process.trim(self._place.log)
            self._seat.leave()

    async def _is_idle(self) -> bool:
        """It says that nothing runs. One that does not answer may well have containers."""
        with suppress(ContainerdError):
            return not await self._running()
        return False

    async def _end(self) -> None:
        with suppress(ContainerdError):
            async with self._changing() as client:
                with acting("embedded.end"):
                    await end_tasks(client)
        await self._end_process()

    async def _end_process(self) -> None:
        if pid := await asyncio.to_thread(process.find, self._place):
            await process.end(pid)
        for path in (self._place.socket, Path(f"{self._place.socket}.ttrpc")):
            path.unlink(missing_ok=True)

    async def _abandon(self) -> None:
        """The start has failed: nobody shall find half of it. Containers of before live on."""
        try:
            if self.origin == "started":
                async with self._place.alone():
                    if self.is_last():
                        await self._end_process()
        finally:
            self._seat.leave()

    async def _ensure(self) -> None:
        """Whatever was before: now it runs and answers."""
        async with self._place.alone():
            pid = await asyncio.to_thread(process.find, self._place)
            if not pid:
                self.origin = "started"
                # Given up in the middle of it, nobody could say yet what has to be ended.
                pid = await settled(asyncio.to_thread(process.spawn, self._place))
            await self._answer(pid)

    async def _answer(self, pid: int) -> None:
        async with Client(self.address, access=Access(read_only=True)) as client:
            for _ in range(int(_PATIENCE / _POLL)):
                with suppress(ContainerdError):
                    await client.version.get()
                    return
                if not pid or await process.ended(pid, _POLL):
                    raise FailedPrecondition(
                        f"it ended at once: {process.last_words(self._place.log)}",
                        subject="the embedded containerd",
                        remedy=f"Its log is {self._place.log}.",
                    )
        raise DeadlineExceeded(
            f"it (process {pid}) does not answer",
            subject="the embedded containerd",
            remedy=f"Its log is {self._place.log}.",
        )

    async def _sample(self) -> None:
        busybox = find_busybox(self._state)
        try:
            if busybox is None:
                raise FailedPrecondition(
                    "there is no static busybox to make it of",
                    subject=SAMPLE_NAME,
                    remedy="Install busybox-static and start again, or pull an image.",
                )
            async with self._changing() as client:
                with acting("embedded.sample"):
                    await ensure_sample(client, busybox)
        except ContainerdError as error:
            self.sample_problem = str(error)

    async def _keep(self) -> None:
        """While we are here: start it again if it dies, and keep its log small."""
        for _ in range(_RESTARTS):
            while pid := await asyncio.to_thread(process.find, self._place):
                if not await process.ended(pid, _TRIM_EVERY):
                    process.trim(self._place.log)
            with suppress(ContainerdError):
                await self._ensure()


def _check(state: Path) -> None:
    if (refusal := needs_root()) is not None:
        raise refusal
    if packages := find_needs(state).packages:
        raise FailedPrecondition(
            f"{' and '.join(packages)} must be installed for the embedded containerd",
            remedy=f"apt-get install {' '.join(packages)}; `ctdeck --embedded` does it by itself.",
        )
