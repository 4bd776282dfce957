"""Delete a container with all that belongs to it: task, record, snapshot, log."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from aiocontainerd.client import Client
from aiocontainerd.errors import (
    ContainerdError,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    Unavailable,
)
from aiocontainerd.models import Container, Task, TaskStatus
from aiocontainerd.operations.identity import Life, same_container, same_task, task_of
from aiocontainerd.operations.launch import delete_task
from aiocontainerd.operations.notes import forget_of, is_held_back, is_marked, logs_of
from aiocontainerd.operations.stopping import Report, grace_of, silent, stop_task
from aiocontainerd.settled import settled
from aiocontainerd.state import StateDirectory

_NO_SNAPSHOTTER = "snapshotter not loaded"  # containerd services/snapshots/service.go
_RETRY = 1.0  # seconds between two tries while the daemon is away


async def delete_container(
    client: Client,
    container: Container,
    *,
    state: StateDirectory,
    seen: Life | None = None,
    grace: float | None = None,
    kill: bool = False,
    others: Iterable[Container] | None = None,
    report: Report | None = None,
) -> None:
    """Stop it if it runs, as `stop` does, then remove it and what is its own.

    `others` are the containers that there are, where one follows them: a list of ten thousand
    takes a second. With `kill` it is not asked to stop: SIGKILL at once, as `docker rm -f` does.
    What is gone already, or is being deleted by someone else meanwhile, is no error. A
    snapshot that another container uses stays. Raises FailedPrecondition when another
    container has the id by now, when it was started since it was `seen`, or when only a task is
    left of it.
    """
    client.check_writable(container.namespace)  # also where only our log is left
    state = await logs_of(client, state)
    try:
        found = await same_container(client, container)
        seconds = grace_of(found) if grace is None else grace
        await _end_task(client, found, seen, seconds, report or silent, kill=kill)
        shared = await _is_shared(client, found, others)
        await same_container(client, found)  # stopping took its time
    except NotFound:
        _remove_ours(state, container)
        return
    await settled(_remove(client, found, state, shared=shared))


async def remove_when_done(
    client: Client, container: Container, *, state: StateDirectory
) -> int | None:
    """Wait until its task ends, then delete it; returns the exit status, None if nobody saw it.

    This is `--rm`. It lives in this process, as it does with ctr and nerdctl: if we die, the
    container stays, and `left_behind` finds it. Whoever takes its label io.ctdeck/remove off
    keeps it; a restart pauses it, also one by another process.
    """
    status: int | None = None
    while True:
        with suppress(ContainerdError):  # no task; the daemon restarts, or the shim died
            status, _ = await client.tasks.wait(container.id, namespace=container.namespace)
        try:
            found = await same_container(client, container)
            if not is_marked(found):
                return status
            if not is_held_back(found):
                if await _remove_done(client, found, state):
                    return status
                continue
        except NotFound:  # somebody else was first
            _remove_ours(await logs_of(client, state), container)
            return status
        except FailedPrecondition:  # replaced: the new one is not ours
            return status
        except Unavailable:
            pass
        await asyncio.sleep(_RETRY)


async def _remove_done(client: Client, container: Container, state: StateDirectory) -> bool:
    """Remove it as it was seen; False, and nothing is stopped, when it was started since."""
    task = await task_of(client, container)
    if task is not None and task.status is not TaskStatus.STOPPED:
        return False
    state = await logs_of(client, state)
    shared = await _is_shared(client, container)
    if task is not None:
        await delete_task(client, container)
    again = await same_container(client, container)
    if not is_marked(again) or is_held_back(again) or await task_of(client, again) is not None:
        return False
    await settled(_remove(client, again, state, shared=shared))
    return True


def left_to_remove(container: Container, task: Task | None) -> bool:
    """It was to be removed when done, it is done, and whoever was to do it has not."""
    done = task is None or task.status is TaskStatus.STOPPED
    return done and container.is_to_be_removed


async def _end_task(
    client: Client,
    container: Container,
    seen: Life | None,
    grace: float,
    report: Report,
    *,
    kill: bool = False,
) -> None:
    """No task afterwards."""
    task = await same_task(client, container, seen)
    if task is None:
        return
    if task.status is not TaskStatus.CREATED:
        await stop_task(client, container, task, grace=grace, report=report, kill=kill)
    await delete_task(client, container)


async def _is_shared(
    client: Client, container: Container, others: Iterable[Container] | None = None
) -> bool:
    """Another container of the namespace has the same snapshot; the daemon guards nothing."""
    if not container.snapshot_key:
        return False
    if others is None:
        others = await client.containers.list(namespace=container.namespace)
    shown = container.snapshot_key  # most differ in this one
    own = (container.namespace, container.snapshotter, container.raw_snapshot_key)
    return any(
        other.snapshot_key == shown
        and other.id != container.id
        and (other.namespace, other.snapshotter, other.raw_snapshot_key) == own
        for other in others
    )


async def _remove(
    client: Client, container: Container, state: StateDirectory, *, shared: bool
) -> None:
    """Record, snapshot, log: a record without a snapshot would be of no use, so it goes first.

    Where the snapshot was shared it is looked again: of two that go at once, one is the last.
    """
    namespace = container.namespace
    with suppress(NotFound):
        await client.containers.delete(container.id, namespace=namespace)
    if container.snapshot_key and not (shared and await _is_shared(client, container)):
        await _remove_snapshot(client, container)
    _remove_ours(state, container)


def _remove_ours(state: StateDirectory, container: Container) -> None:
    state.remove_logs(container.namespace, container.id)
    forget_of(state, container)


async def _remove_snapshot(client: Client, container: Container) -> None:
    """It is gone too when the daemon has no such snapshotter, or not any more."""
    try:
        await client.snapshots.remove(
            container.raw_snapshot_key,
            snapshotter=container.snapshotter,
            namespace=container.namespace,
        )
    except NotFound:
        return
    except InvalidArgument as error:
        if _NO_SNAPSHOTTER not in error.what:
            raise
