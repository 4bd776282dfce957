"""What runs, starts and pulls left behind whose process died before it could undo them.

Each is done under a lease that says who does what to what since when (`leasing.py`). A lease
whose maker has ended tells what was cut short; the record says whether it is that run's.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Container as Members
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from aiocontainerd.client import Client
from aiocontainerd.errors import InvalidArgument, NotFound
from aiocontainerd.identifiers import check_container_id, check_identifier
from aiocontainerd.maker import DOING, MADE_BY, SUBJECT, has_ended
from aiocontainerd.models import Container, Key, Task, TaskStatus
from aiocontainerd.operations.delete import delete_container
from aiocontainerd.operations.identity import task_of
from aiocontainerd.operations.launch import delete_task, logs_of
from aiocontainerd.operations.leasing import LEASE_LABEL
from aiocontainerd.services.leases import LEASE_PREFIX, Lease, Resource
from aiocontainerd.settled import settled
from aiocontainerd.state import StateDirectory

_FILTER = f'id~="^{LEASE_PREFIX}"'


@dataclass(frozen=True, slots=True)
class Remains:
    """What was cut short, and what there is of it.

    `doing` is "run", "start", "pull" or another word, `subject` a container's id or an image's
    reference. `container` was made by this run and never started; `task` was made and never
    started. The lease holds so many blobs, downloads and snapshots, others perhaps as well:
    dropping it takes what nobody else holds.
    """

    namespace: str
    lease: str
    doing: str
    subject: str
    since: datetime | None = None
    container: Container | None = None
    task: bool = False
    blobs: int = 0
    downloads: int = 0
    snapshots: int = 0


async def cut_short(client: Client, namespaces: Iterable[str]) -> list[Remains]:
    """What nobody will end any more, the oldest first; changes nothing.

    One call for each namespace where there is nothing. What a living process is doing, or one
    that may live where we cannot see it, is not among it.
    """
    found: list[Remains] = []
    for namespace in namespaces:
        for lease in await client.leases.list(namespace=namespace, filters=[_FILTER]):
            if has_ended(lease.labels.get(MADE_BY, ""), lease.created_at):
                with suppress(NotFound):  # somebody else was quicker
                    found.append(await _look(client, namespace, lease))
    return sorted(found, key=lambda each: (each.since is not None, each.since or 0))


async def remove_remains(client: Client, remains: Remains, *, state: StateDirectory) -> None:
    """Remove what is still there of it, looked at anew; nothing left is no error.

    What was started meanwhile stays. Returns when the garbage collector has been through.
    """
    namespace = remains.namespace
    lease = Lease(remains.lease, remains.since, {DOING: remains.doing, SUBJECT: remains.subject})
    try:
        now = await _look(client, namespace, lease)
    except NotFound:
        return
    if now.container is not None:
        await delete_container(client, now.container, state=state, grace=0)
    elif now.task:
        await delete_task(client, await client.containers.get(now.subject, namespace=namespace))
    with suppress(NotFound):
        await settled(client.leases.delete(now.lease, namespace=namespace, sync=True))


async def stray_logs(
    client: Client,
    state: StateDirectory,
    known: Members[Key] = (),
    namespaces: Members[str] | None = None,
) -> list[Key]:
    """Log folders of ours whose containers are gone; changes nothing.

    `known` need not be looked up. None of a container whose task still runs without a record.
    """
    state = await logs_of(client, state)
    if not state.daemon:  # then other daemons' folders are not told apart
        return []
    folders = await asyncio.to_thread(_folders, state)
    candidates = [
        key
        for key in folders
        if key not in known and (namespaces is None or key.namespace in namespaces)
    ]
    return [key for key in candidates if not await _is_there(client, key)]


async def remove_stray_log(client: Client, key: Key, *, state: StateDirectory) -> None:
    """Remove the log of a container that is gone; that of one that is there again stays."""
    if not await _is_there(client, key):
        state = await logs_of(client, state)
        await asyncio.to_thread(state.remove_logs, key.namespace, key.id)


async def _look(client: Client, namespace: str, lease: Lease) -> Remains:
    """Raises NotFound when the lease is gone."""
    resources = await client.leases.resources(lease.id, namespace=namespace)
    doing, subject = lease.labels.get(DOING, ""), lease.labels.get(SUBJECT, "")
    container: Container | None = None
    task: Task | None = None
    if doing in {"run", "start"}:
        with suppress(NotFound):
            container = await client.containers.get(subject, namespace=namespace)
            task = await task_of(client, container)
    waits = task is not None and task.status is TaskStatus.CREATED
    made = container is not None and container.labels.get(LEASE_LABEL) == lease.id
    never_ran = doing == "run" and made and (task is None or waits)
    kinds = Counter(map(_kind, resources))
    return Remains(
        namespace,
        lease.id,
        doing,
        subject,
        lease.created_at,
        container if never_ran else None,
        waits and (made or doing == "start"),
        kinds["content"],
        kinds["ingests"],
        kinds["snapshots"],
    )


def _kind(resource: Resource) -> str:
    return resource.type.partition("/")[0]


async def _is_there(client: Client, key: Key) -> bool:
    try:
        await client.containers.get_record(key.id, namespace=key.namespace)
    except NotFound:
        tasks = await client.tasks.list(namespace=key.namespace)
        return any(task.id == key.id for task in tasks)
    return True


def _folders(state: StateDirectory) -> list[Key]:
    """Namespace and id of each log folder of this daemon, by name; links are none."""
    found: list[Key] = []
    for namespace in _names(state.root / "logs" / state.daemon):
        for id in _names(state.root / "logs" / state.daemon / namespace):
            with suppress(InvalidArgument):  # none of ours
                found.append(Key(check_identifier(namespace), check_container_id(id)))
    return found


def _names(folder: "os.PathLike[str]") -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(each.name for each in entries if each.is_dir(follow_symlinks=False))
    except OSError:  # nothing was run yet, or it is not ours to read
        return []
