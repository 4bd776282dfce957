"""From events to questions, and from answers to what hangs on them."""

import asyncio
import time
from collections.abc import Iterable

from aiocontainerd.client import Client
from aiocontainerd.errors import DeadlineExceeded, Unavailable
from aiocontainerd.models import Image, Phase, Task, TaskStatus
from aiocontainerd.reconcile import topics
from aiocontainerd.reconcile.details import Details
from aiocontainerd.reconcile.fetch import Fetcher
from aiocontainerd.reconcile.hello import filters_for
from aiocontainerd.reconcile.hostfiles import HostFiles
from aiocontainerd.reconcile.lag import WAITED, Lag
from aiocontainerd.reconcile.refresh import Refresher
from aiocontainerd.reconcile.topics import ALL_NAMESPACES, Kind, Target
from aiocontainerd.reconcile.world import World
from aiocontainerd.services.events import Envelope
from aiocontainerd.slices import sliced

# One /tasks/delete in ten never comes: the shim ends before it is out (seen on 2.1.9). What deletes
# a task mostly does so at once, or goes on to delete or create something, which is told.
# s; most stopped tasks stay, so that more looks would be most of all calls
STOPPED_AGAIN = (1.0, 5.0)
RECHECKS = (0.05, 0.2, 0.8, 2.0)  # s: when a task does not look yet as its event foretold
FAILED_AGAIN = (1.0, 2.0, 4.0, 8.0, 16.0)  # s until a failed question is asked again
LATE = 3.0  # s after which the first reading of a list is told to take long
AT_A_TIME = 50  # processes looked up in /proc before others get their turn


class Follower:
    """Listens to the event stream and keeps the world up to date by asking again.

    `greeted` is set when our own hello comes back, `doubt` when a call had no answer in time.
    `late` are lists that others did not wait for; `heard` is how many events came.
    """

    def __init__(
        self,
        client: Client,
        world: World,
        details: Details,
        host_files: HostFiles,
        namespaces: frozenset[str] | None,
        group: asyncio.TaskGroup,
    ) -> None:
        self.greeted = asyncio.Event()
        self.doubt = asyncio.Event()
        self.late: set[Target] = set()
        self.heard = 0
        self._lag = Lag(time.monotonic())
        self._caught_up: asyncio.TimerHandle | None = None
        self.fetcher = Fetcher(
            client,
            world,
            namespaces,
            again=self._mark_at_once,
            one_by_one=self._one_by_one,
            is_told_gone=self._is_told_gone,
        )
        self.refresher = Refresher(self._fetch, self.fetcher.known, group)
        self._client = client
        self._world = world
        self._details = details
        self._host_files = host_files
        self._filters = filters_for(namespaces)
        self._foretold: dict[Target, str] = {}  # the last topic about a task
        self._tries: dict[Target, int] = {}
        self._rechecks: dict[Target, asyncio.TimerHandle] = {}

    async def listen(self) -> None:
        """Never returns; raises when the stream ends."""
        try:
            async for envelope in self._client.events.subscribe(self._filters):
                self.heard += 1
                self._take_lag(envelope)
                if envelope.topic == topics.HELLO_TOPIC:
                    self.greeted.set()
                else:
                    self.take(envelope)
            raise Unavailable("the daemon ended the event stream")
        finally:  # not a moment later: timers still run while the group aborts
            self.refresher.stop()
            self._tell_lag(0)

    def _take_lag(self, envelope: Envelope) -> None:
        self._tell_lag(self._lag.take(envelope.timestamp, time.monotonic()))

    def _tell_lag(self, late: int) -> None:
        if self._caught_up is not None:
            self._caught_up.cancel()
            self._caught_up = None
        if late:  # where no more come there is nothing left that we could be behind of
            self._caught_up = asyncio.get_running_loop().call_later(WAITED, self._tell_lag, 0)
        self._world.set(behind=late)

    def mark(self, targets: Iterable[Target]) -> None:
        """These may have changed."""
        self.refresher.mark(targets)

    def has_asked(self, target: Target) -> bool:
        """Whether this list has been read in this session, or soon will have been."""
        return self.fetcher.is_read(target) or self.refresher.is_open(target)

    def _mark_at_once(self, targets: Iterable[Target]) -> None:
        self.refresher.mark(targets, at_once=True)

    def _one_by_one(self, targets: Iterable[Target]) -> None:
        self.refresher.one_by_one(targets)

    def _is_told_gone(self, target: Target) -> bool:
        return self._foretold.get(target) == "/tasks/delete"

    def take(self, envelope: Envelope) -> None:
        """Take one event: show it, and ask for what it is about."""
        fields = topics.fields_of(envelope)
        targets = topics.targets_of(envelope, fields)
        if self.fetcher.wants(envelope.namespace):
            self._world.note(topics.to_event(envelope, fields, self._world.events_total + 1))
            if envelope.namespace not in self._world.names:
                targets = (*targets, ALL_NAMESPACES)
            self.mark([target for target in targets if self._may_differ(target, envelope, fields)])
            self._remember(envelope, targets)
        elif ALL_NAMESPACES in targets:
            self.mark(targets)

    def _may_differ(self, target: Target, envelope: Envelope, fields: topics.Fields) -> bool:
        """Whether asking can tell something new: not of what goes and was not known."""
        if envelope.topic == "/snapshot/remove":
            return self._is_known(target)
        if envelope.topic == "/containers/delete" and target.kind is Kind.TASKS:
            # The list is dear: only for a task that was left without its record.
            task = target._replace(id=fields.get("id", ""))
            return not self._is_told_gone(task) and self._is_known(task)
        return True

    def _is_known(self, target: Target) -> bool:
        records = self._world.records
        return (
            target.id is None
            or target.id in records.of(target.kind, target.namespace)
            or not records.is_listed(target.kind, target.namespace)
            or self.refresher.is_open(target)
            or target in self._tries  # it failed, and will be asked for again
        )

    def _remember(self, envelope: Envelope, targets: Iterable[Target]) -> None:
        for target in targets:
            if target.kind is Kind.TASKS and target.id is not None:
                self._foretold[target] = envelope.topic
                self._tries.pop(target, None)
                if timer := self._rechecks.pop(target, None):
                    timer.cancel()
        if envelope.topic.startswith("/content/") or envelope.topic == "/snapshot/commit":
            deleted = envelope.topic == "/content/delete"
            self._details.touched(envelope.namespace, deleted=deleted)

    async def _fetch(self, target: Target) -> None:
        """Get it, then what hangs on it; asked again later when it failed or looks too old."""
        timer = asyncio.get_running_loop().call_later(LATE, self._is_late, target)
        try:
            await self.fetcher.fetch(target)
        finally:
            timer.cancel()
        trouble = self.fetcher.troubles.get(target)
        if isinstance(trouble, DeadlineExceeded):
            self.doubt.set()
        self._again(target, FAILED_AGAIN if trouble else self._patience(target))
        await self._follow_up(target)
        if self._world.phase is Phase.LIVE:
            # One list that fails does not make the whole picture old: it is only mentioned.
            self._world.set(error=self.trouble())

    def _is_late(self, target: Target) -> None:
        if target.id is None and not self.fetcher.is_read(target) and target != ALL_NAMESPACES:
            self.late.add(target)
            if self._world.phase is Phase.LIVE:
                self._world.set(error=self.trouble())

    def trouble(self) -> str:
        """One line for what could not be read or is late; empty when all could."""
        if self.fetcher.troubles:
            return told(self.fetcher.troubles)
        self.late = {t for t in self.late if self._is_awaited(t)}
        late = sorted(self.late, key=str)
        more = f" (and {len(late) - 1} more)" if len(late) > 1 else ""
        return f"still reading {late[0]}{more}" if late else ""

    def _is_awaited(self, target: Target) -> bool:
        is_followed = target.namespace in self._world.namespaces
        return is_followed and not self.fetcher.is_read(target)

    def _patience(self, target: Target) -> tuple[float, ...]:
        """When to ask once more after an answer that may not be the last word; () if it is."""
        if target.kind is not Kind.TASKS or target.id is None:
            return ()
        held = self._world.records.of(Kind.TASKS, target.namespace).get(target.id)
        task = held if isinstance(held, Task) else None
        if task and task.status is TaskStatus.UNKNOWN:
            return FAILED_AGAIN  # its shim does not answer; no event tells when it does again
        if not topics.fulfilled(self._foretold.get(target, ""), task):
            return RECHECKS
        is_told = target in self._foretold and task and task.status is TaskStatus.STOPPED
        return STOPPED_AGAIN if is_told else ()

    def _again(self, target: Target, delays: tuple[float, ...]) -> None:
        """Ask again after the next of these delays; after the last the resync will do."""
        if target in self._rechecks:
            return
        tries = self._tries.get(target, 0)
        if tries < len(delays):
            self._tries[target] = tries + 1
            timer = asyncio.get_running_loop().call_later(delays[tries], self._recheck, target)
            self._rechecks[target] = timer
        else:
            self._tries.pop(target, None)
            self._foretold.pop(target, None)

    def _recheck(self, target: Target) -> None:
        del self._rechecks[target]
        if target.id is None or not self.refresher.is_asked(target.all):
            self.mark((target,))
        elif self.fetcher.is_slow(target.all) or target not in self._foretold:
            # No event: not worth the list once more, as many of these together would be.
            self.refresher.one_by_one((target,), listed_too=True)
        # Else the list under way answers for it: see _look_at_foretold.

    async def _follow_up(self, target: Target) -> None:
        records = self._world.records.of(target.kind, target.namespace)
        if target.kind is Kind.CONTAINERS:
            self._host_files.look()
        elif target.kind is Kind.IMAGES and target.id is None:
            await self._details.look_all(target.namespace)
        elif target.kind is Kind.IMAGES:
            image = records.get(target.id or b"")
            if isinstance(image, Image):
                self._details.look(image)
        elif target.kind is Kind.TASKS and target.id is None:
            await self._look_at_each(list(records.values()))
            await self._look_at_foretold(target.namespace)

    async def look_at_tasks(self, *, shares_pids: bool) -> None:
        """It is known now whether the daemon's pids are ours."""
        self.fetcher.shares_pids = shares_pids
        await self._look_at_each(list(self._world.records.all(Kind.TASKS)))

    async def _look_at_foretold(self, namespace: str) -> None:
        """The list has answered for tasks that would have been asked for one by one."""
        async for target in sliced(tuple(self._foretold)):
            if target.namespace == namespace and not self.refresher.is_open(target):
                self._again(target, self._patience(target))

    async def _look_at_each(self, tasks: Iterable[object]) -> None:
        for number, task in enumerate(tasks):
            if isinstance(task, Task):
                self.fetcher.look_up(task)
                target = Target(Kind.TASKS, task.namespace, task.id)
                if task.status is TaskStatus.UNKNOWN and target not in self._tries:
                    self._again(target, FAILED_AGAIN)
            if number % AT_A_TIME == AT_A_TIME - 1:
                await asyncio.sleep(0)


def told(troubles: dict[Target, BaseException]) -> str:
    """One line for what could not be read; empty when all could."""
    for target, error in troubles.items():
        more = f" (and {len(troubles) - 1} more)" if len(troubles) > 1 else ""
        return f"could not read {target}: {error}{more}"
    return ""
