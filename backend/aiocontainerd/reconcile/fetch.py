"""The reading calls behind each target, and what becomes of their answers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import cast

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, NotFound
from aiocontainerd.models import NO_LABELS, Container, Task, TaskStatus
from aiocontainerd.procfs import start_time
from aiocontainerd.reconcile.records import Record
from aiocontainerd.reconcile.topics import ALL_NAMESPACES, Identity, Kind, Target
from aiocontainerd.reconcile.world import World
from aiocontainerd.services.namespaces import SNAPSHOTTER_LABEL
from aiocontainerd.slices import SLICE, sliced

_WITHOUT_START = (TaskStatus.CREATED, TaskStatus.STOPPED, TaskStatus.UNKNOWN)
SLOW = 0.5  # s for a list of tasks; then each is asked for by itself
SLOW_EACH = 0.001  # s more for each container: a long list is slow without any shim being stuck
# A list that took one second is read anew after so many, if nothing says that it must be before.
# The daemon announces each change of its own records; of tasks, some words of shims get lost.
REST_SHARES = {
    Kind.CONTAINERS: 1000,
    Kind.IMAGES: 1000,
    Kind.SNAPSHOTS: 1000,
    Kind.TASKS: 200,
}
LONGEST_REST = 3600.0  # s: we may have been stopped while we read it
# A malformed answer is the daemon's trouble too, not a reason to end.
TROUBLE = (ContainerdError, ValueError, ArithmeticError)


class Fetcher:
    """Gets one target and puts it into the world; failures end in `troubles`, never raised.

    `followed` are the namespaces to follow, None for all. `again` is called with lists to get at
    once, `one_by_one` with objects whose list is slow. `is_told_gone` knows whether the last event
    about a task was its end. `shares_pids` says that the daemon's pids are ours (see `procfs`).
    """

    def __init__(
        self,
        client: Client,
        world: World,
        followed: frozenset[str] | None,
        *,
        again: Callable[[tuple[Target, ...]], None],
        one_by_one: Callable[[tuple[Target, ...]], None],
        is_told_gone: Callable[[Target], bool],
    ) -> None:
        self.troubles: dict[Target, BaseException] = {}
        self._lists: dict[Target, tuple[float, float]] = {}  # when read, and how long it took
        self._slow: set[Target] = set()  # lists under way that stuck shims hold up
        self.shares_pids = False
        self.taken = 0  # records that came with lists so far
        self._client = client
        self._world = world
        self._followed = followed
        self._again = again
        self._one_by_one = one_by_one
        self._is_told_gone = is_told_gone
        self._snapshotters: dict[str, str] = {}

    def known(self, target: Target) -> int:
        """How many records that list has as far as is known."""
        return len(self._world.records.of(target.kind, target.namespace))

    def wants(self, namespace: str) -> bool:
        """Whether this namespace is followed."""
        return self._followed is None or namespace in self._followed

    def is_read(self, target: Target) -> bool:
        """Whether this list has been read in this session."""
        return target in self._lists

    def is_slow(self, target: Target) -> bool:
        """Whether this list is being read, and takes so long that its objects are asked for."""
        return target in self._slow

    def is_due(self, target: Target, resync: float) -> bool:
        """Whether this list was read about `resync` seconds ago, or more, so that it may be now.

        About: one that was read just after a look at everything would else wait for two more.
        """
        if target not in self._lists or target in self.troubles:
            return True
        read, took = self._lists[target]
        rest = max(resync, min(REST_SHARES[target.kind] * took, LONGEST_REST))
        return asyncio.get_running_loop().time() >= read + rest - resync / 2

    async def fetch(self, target: Target) -> None:
        """Ask, and put the answer into the world."""
        number = self._world.records.asking(target)
        try:
            if target == ALL_NAMESPACES:
                await self._namespaces()
            elif target.id is None:
                await self._whole(target, number)
            else:
                await self._one(target, target.id, number)
        except TROUBLE as error:
            self.troubles[target] = error
        else:
            self._settle(target)
        finally:
            self._world.records.gave_up(target)

    def _settle(self, target: Target) -> None:
        """It has been read, and with a whole list all of its objects."""
        self.troubles.pop(target, None)
        if target.id is None and self.troubles:
            followed = self._world.namespaces
            for other in tuple(self.troubles):
                is_gone = other != ALL_NAMESPACES and other.namespace not in followed
                if is_gone or other.all == target:
                    del self.troubles[other]

    async def _namespaces(self) -> None:
        names = await self._client.namespaces.list()
        before = self._world.namespaces
        # A namespace that is asked for by name is followed before it exists.
        followed = self._followed if self._followed is not None else frozenset(names)
        self._world.put_namespaces(names, followed)
        self._snapshotters.clear()
        new = followed.difference(before)
        self._again(tuple(target for name in new for target in lists_of(name)))

    async def _whole(self, target: Target, number: int) -> None:
        """Take a list while it comes, in slices; what it did not hold is gone only at its end."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        seen: set[Identity] = set()
        part: dict[Identity, Record] = {}
        try:
            async for id, record in self._list(target):
                part[id] = record
                seen.add(id)
                self.taken += 1
                if len(part) == SLICE:
                    self._world.put_some(target, part, number)
                    part = {}
                    await asyncio.sleep(0)
        finally:  # what came before it broke off is true as well
            self._world.put_some(target, part, number)
        async for id in sliced(self._world.records.missing(target, seen)):
            self._world.remove(target, (id,), number)
        first = not self._world.records.is_listed(target.kind, target.namespace)
        self._world.complete(target, number)
        self._lists[target] = (clock(), clock() - begun)
        if first and target.kind is Kind.SNAPSHOTS:  # it is known now what is not unpacked
            images = list(self._world.records.of(Kind.IMAGES, target.namespace).values())
            async for image in sliced(images):
                self._world.review((image,))

    async def _list(self, target: Target) -> AsyncIterator[tuple[Identity, Record]]:
        namespace = target.namespace
        if target.kind is Kind.CONTAINERS:
            held = self._world.records.of(Kind.CONTAINERS, namespace)
            known = cast(Mapping[str, Container], held)
            async for container in self._client.containers.each(namespace=namespace, known=known):
                yield container.id, container
        elif target.kind is Kind.TASKS:
            for task in await self._list_tasks(namespace):
                yield task.id, self._still(task)
        elif target.kind is Kind.IMAGES:
            for image in await self._client.images.list(namespace=namespace):
                yield image.raw_name, image
        else:
            snapshots = self._client.snapshots.list(
                snapshotter=await self._snapshotter(namespace),
                namespace=namespace,
                filters=["kind==committed"],
            )
            async for snapshot in snapshots:
                if snapshot.is_committed:
                    yield snapshot.name, snapshot.name

    async def _list_tasks(self, namespace: str) -> list[Task]:
        """The list; while stuck shims hold it up (2 s each), also each task by itself."""
        listing = asyncio.create_task(self._client.tasks.list(namespace=namespace))
        asked: set[Identity] = set()
        target = Target(Kind.TASKS, namespace)
        patience = SLOW + SLOW_EACH * self.known(Target(Kind.CONTAINERS, namespace))
        try:
            while not (await asyncio.wait({listing}, timeout=patience))[0]:
                self._slow.add(target)
                # The containers may be listed at the same time: more of them each time.
                ids = [id for id in self._likely(namespace) if id not in asked]
                asked.update(ids)
                self._one_by_one(tuple(Target(Kind.TASKS, namespace, id) for id in ids))
            return await listing
        finally:
            self._slow.discard(target)
            listing.cancel()

    def _likely(self, namespace: str) -> list[Identity]:
        """The containers, those with a task as far as is known first."""
        tasks = self._world.records.of(Kind.TASKS, namespace)
        containers = self._world.records.of(Kind.CONTAINERS, namespace)
        return sorted(containers, key=lambda id: id not in tasks)

    def _still(self, task: Task) -> Task:
        """A task whose shim does not answer comes without its pid: it keeps the last one."""
        held = self._world.records.of(Kind.TASKS, task.namespace).get(task.id)
        if task.status is TaskStatus.UNKNOWN and not task.pid and isinstance(held, Task):
            return replace(held, status=TaskStatus.UNKNOWN)
        return task

    async def _one(self, target: Target, id: Identity, number: int) -> None:
        record: Record | None
        try:
            record = await self._get(target, id)
        except NotFound:
            record = None
        if target.kind is Kind.TASKS and record is None and await self._is_orphan(target):
            # A task without a container record can only be seen in the list.
            self._again((target.all,))
            return
        if isinstance(record, Task):
            record = self._still(record)
        self._world.put(target, record, number)
        if isinstance(record, Task):
            self.look_up(record)

    async def _get(self, target: Target, id: Identity) -> Record | None:
        namespace = target.namespace
        if isinstance(id, bytes):
            return await self._client.images.get(id, namespace=namespace)
        if target.kind is Kind.CONTAINERS:
            return await self._client.containers.get(id, namespace=namespace)
        if target.kind is Kind.TASKS:
            return await self._client.tasks.get(id, namespace=namespace)
        snapshotter = await self._snapshotter(namespace)
        found = await self._client.snapshots.stat(id, snapshotter=snapshotter, namespace=namespace)
        return id if found.is_committed else None

    async def _is_orphan(self, target: Target) -> bool:
        """Whether the task may live on without its container record."""
        namespace, id = target.namespace, str(target.id)
        records = self._world.records
        has_record = id in records.of(Kind.CONTAINERS, namespace)
        if not has_record and id in records.of(Kind.TASKS, namespace):
            return True
        if self._is_told_gone(target):
            return False
        if not has_record:  # the list under way may know it, and must not count as the older word
            return not records.is_listed(Kind.TASKS, namespace)
        try:  # the record may be gone, and we not know of it yet
            await self._client.containers.get(id, namespace=namespace)
        except NotFound:
            return True
        return False

    def look_up(self, task: Task) -> None:
        """Find out since when a task runs: cheap, and only once for each of its lives."""
        known = (task.key, task.pid) in self._world.findings.started
        if self.shares_pids and not known and task.status not in _WITHOUT_START:
            self._world.put_started(task, start_time(task.pid))

    async def _snapshotter(self, namespace: str) -> str:
        """The snapshotter that images of this namespace are unpacked for."""
        if namespace not in self._snapshotters:
            try:
                labels = await self._client.namespaces.labels(namespace)
            except NotFound:  # followed by name, and not there yet
                labels = NO_LABELS
            name = labels.get(SNAPSHOTTER_LABEL) or (await self._client.server_info()).snapshotter
            self._snapshotters[namespace] = name or "native"
        return self._snapshotters[namespace]


def lists_of(namespace: str) -> tuple[Target, ...]:
    """Every list of a namespace."""
    kinds = (Kind.CONTAINERS, Kind.TASKS, Kind.IMAGES, Kind.SNAPSHOTS)
    return tuple(Target(kind, namespace) for kind in kinds)
