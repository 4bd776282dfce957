"""What runs, starts and pulls left behind whose process died before it could undo them.

Each is done under a lease that says who does what to what since when (`leasing.py`). A lease
whose maker has ended tells what was cut short, our note (`notes.py`) what of it is ours.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Container as Members
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from aiocontainerd.client import Client
from aiocontainerd.errors import InvalidArgument, NotFound
from aiocontainerd.identifiers import check_container_id, check_identifier
from aiocontainerd.maker import DOING, MADE_BY, SUBJECT, has_ended, maker
from aiocontainerd.models import REMOVE_LABEL, Container, Key, TaskStatus
from aiocontainerd.operations.identity import task_of
from aiocontainerd.operations.notes import (
    LEASE_LABEL,
    Note,
    forget,
    is_held_back,
    logs_of,
    note_of,
    read,
    read_all,
    write,
)
from aiocontainerd.quickdata import dataclass
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
    dropping it takes what nobody else holds. `expired` says that the daemon has dropped it.
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
    expired: bool = False


async def cut_short(
    client: Client, namespaces: Iterable[str], *, state: StateDirectory | None = None
) -> list[Remains]:
    """What nobody will end any more, the oldest first; changes nothing in the daemon.

    One call for each namespace where there is nothing. What a living process is doing, or one
    that may live where we cannot see it, is not among it. `state` has our notes: without one no
    container and no task is taken for ours.
    """
    state = state and await logs_of(client, state)
    notes = await asyncio.to_thread(read_all, state) if state else []
    by_lease = {note.lease: note for note in notes}
    found: list[Remains] = []
    for namespace in namespaces:
        leases = await client.leases.list(namespace=namespace, filters=[_FILTER])
        for lease in _nobodys(leases, also_of_busy=state is None):
            with suppress(NotFound):  # somebody else was quicker
                found.append(await _look(client, namespace, lease, by_lease.get(lease.id)))
        known = {lease.id for lease in leases}
        expired = [note for note in notes if note.namespace == namespace and note.is_nobodys]
        for note in expired:
            if state and note.lease not in known and (rest := await _half(client, state, note)):
                found.append(rest)
    return sorted(found, key=lambda each: (each.since is not None, each.since or 0))


def _nobodys(leases: Iterable[Lease], *, also_of_busy: bool) -> list[Lease]:
    """Those whose maker has ended; none of what somebody who lives does something to."""
    ended = {each.id for each in leases if has_ended(each.labels.get(MADE_BY, ""), each.created_at)}
    busy = {each.labels.get(SUBJECT) for each in leases if each.id not in ended} - {None}
    busy = set() if also_of_busy else busy
    return [each for each in leases if each.id in ended and each.labels.get(SUBJECT) not in busy]


async def _half(client: Client, state: StateDirectory, note: Note) -> Remains | None:
    """What is left of a run whose lease has expired; a note of nothing more is dropped."""
    container, task = await _made(client, note.namespace, note.doing, note.id, note.lease, note)
    if container is None:
        if not (note.remove and note.may_have_run) or not await _is_there(
            client, Key(note.namespace, note.id)
        ):
            forget(state, note.lease)
        return None
    return Remains(
        note.namespace,
        note.lease,
        note.doing,
        note.id,
        note.noted_at,
        container,
        task,
        expired=True,
    )


async def remove_remains(client: Client, remains: Remains, *, state: StateDirectory) -> None:
    """Remove what is still there of it, looked at anew; nothing left is no error.

    What was started meanwhile stays. Returns when the garbage collector has been through.
    """
    from aiocontainerd.operations.delete import delete_container  # looking needs neither
    from aiocontainerd.operations.launch import delete_task

    client.check_writable(remains.namespace)
    namespace, ours = remains.namespace, await logs_of(client, state)
    for now in await cut_short(client, [namespace], state=state):
        if now.lease != remains.lease:
            continue
        if now.container is not None:
            await delete_container(client, now.container, state=state, grace=0)
        elif now.task:
            await delete_task(client, await client.containers.get(now.subject, namespace=namespace))
        with suppress(NotFound):
            await settled(client.leases.delete(now.lease, namespace=namespace, sync=True))
        note = read(ours, now.lease)
        if note is not None and not note.remove:  # what is to be removed when done is seen to then
            forget(ours, now.lease)


async def left_behind(
    client: Client, containers: Iterable[Container], *, state: StateDirectory
) -> list[Container]:
    """Those that are to be removed when done, and that nobody follows any more.

    Only what a run of ours noted: any image can carry the label. Changes nothing.
    """
    marked = [each for each in containers if each.is_to_be_removed and not is_held_back(each)]
    if not marked:
        return []
    state = await logs_of(client, state)
    notes = [(each, note_of(state, each)) for each in marked]
    return [each for each, note in notes if note and note.remove and note.is_nobodys]


async def adopt(client: Client, container: Container, *, state: StateDirectory) -> None:
    """From now on it is we who see to its removal when done."""
    client.check_writable(container.namespace)  # before the note is ours
    state = await logs_of(client, state)
    if (note := note_of(state, container)) is not None:
        write(state, replace(note, made_by=maker()))
    if container.labels.get(REMOVE_LABEL) != "true":  # a restart of it was cut short
        labels = {REMOVE_LABEL: "true"}
        await settled(
            client.containers.set_labels(container.id, labels, namespace=container.namespace)
        )


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
    client.check_writable(key.namespace)
    if not await _is_there(client, key):
        state = await logs_of(client, state)
        await asyncio.to_thread(state.remove_logs, key.namespace, key.id)


async def _look(client: Client, namespace: str, lease: Lease, note: Note | None) -> Remains:
    """Raises NotFound when the lease is gone."""
    resources = await client.leases.resources(lease.id, namespace=namespace)
    doing, subject = lease.labels.get(DOING, ""), lease.labels.get(SUBJECT, "")
    container, task = await _made(client, namespace, doing, subject, lease.id, note)
    kinds = Counter(map(_kind, resources))
    return Remains(
        namespace,
        lease.id,
        doing,
        subject,
        lease.created_at,
        container,
        task,
        kinds["content"],
        kinds["ingests"],
        kinds["snapshots"],
    )


async def _made(
    client: Client, namespace: str, doing: str, subject: str, lease: str, note: Note | None
) -> tuple[Container | None, bool]:
    """The container that this run made and never started, and whether a task of it waits.

    Only what our note knows: anybody can write a lease and a label.
    """
    about = (namespace, subject, doing)
    if note is None or (note.namespace, note.id, note.doing) != about:
        return None, False
    try:
        container = await client.containers.get(subject, namespace=namespace)
    except NotFound:
        return None, False
    task = await task_of(client, container)
    made = container.labels.get(LEASE_LABEL) == lease
    waits = (
        task is not None
        and task.status is TaskStatus.CREATED
        and (made or doing == "start")
        and (await client.tasks.stdio(subject, namespace=namespace)).stdout == note.stdout
    )
    never_ran = doing == "run" and made and note.never_ran and (task is None or waits)
    return (container if never_ran else None), waits


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
