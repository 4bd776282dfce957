"""Delete a container with all that belongs to it: task, record, snapshot, log."""

import asyncio
from contextlib import suppress

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, FailedPrecondition, NotFound, Unavailable
from aiocontainerd.models import Container, Task, TaskStatus
from aiocontainerd.operations.identity import same_container, task_of
from aiocontainerd.operations.launch import delete_task, logs_of
from aiocontainerd.operations.stop import GRACE, Report, silent, stop_task
from aiocontainerd.settled import settled
from aiocontainerd.state import StateDirectory

_RETRY = 1.0  # seconds between two tries while the daemon is away


async def delete_container(
    client: Client,
    container: Container,
    *,
    state: StateDirectory,
    grace: float = GRACE,
    report: Report | None = None,
) -> None:
    """Stop it if it runs (signal, `grace` seconds, SIGKILL), then remove it and what is its own.

    What is gone already, or is being deleted by someone else meanwhile, is no error. A
    snapshot that another container uses stays. Raises FailedPrecondition when another
    container has the id by now, or when only a task is left of it.
    """
    state = await logs_of(client, state)
    try:
        found = await same_container(client, container)
        await _end_task(client, found, grace, report or silent)
        shared = await _is_shared(client, found)
        await same_container(client, found)  # stopping took its time
    except NotFound:
        state.remove_logs(container.namespace, container.id)
        return
    await settled(_remove(client, found, state, shared=shared))


async def remove_when_done(
    client: Client, container: Container, *, state: StateDirectory
) -> int | None:
    """Wait until its task ends, then delete it; returns the exit status, None if nobody saw it.

    This is `--rm`. It lives in this process, as it does with ctr and nerdctl: if we die, the
    container stays, with the label io.ctdeck/remove=true, and `left_to_remove` finds it.
    """
    status: int | None = None
    while True:
        try:
            status, _ = await client.tasks.wait(container.id, namespace=container.namespace)
            await same_container(client, container)
            task = await task_of(client, container)
        except NotFound:
            task = None
        except FailedPrecondition:  # replaced: the new one is not ours
            return status
        except ContainerdError:  # the daemon restarts, or the shim died
            await asyncio.sleep(_RETRY)
            continue
        if task is not None and task.status is not TaskStatus.STOPPED:
            continue
        try:
            await delete_container(client, container, state=state)
        except FailedPrecondition:
            pass
        except Unavailable:
            await asyncio.sleep(_RETRY)
            continue
        return status


def left_to_remove(container: Container, task: Task | None) -> bool:
    """It was to be removed when done, it is done, and whoever was to do it has not."""
    done = task is None or task.status is TaskStatus.STOPPED
    return done and container.is_to_be_removed


async def _end_task(client: Client, container: Container, grace: float, report: Report) -> None:
    """No task afterwards."""
    task = await task_of(client, container)
    if task is None:
        return
    if task.status is not TaskStatus.CREATED:
        await stop_task(client, container, task, grace=grace, report=report)
    await delete_task(client, container)


async def _is_shared(client: Client, container: Container) -> bool:
    """Another container of the namespace has the same snapshot; the daemon guards nothing."""
    if not container.snapshot_key:
        return False
    others = await client.containers.list(namespace=container.namespace)
    own = (container.snapshotter, container.snapshot_key)
    return any(
        other.id != container.id and (other.snapshotter, other.snapshot_key) == own
        for other in others
    )


async def _remove(
    client: Client, container: Container, state: StateDirectory, *, shared: bool
) -> None:
    """Record, snapshot, log: a record without a snapshot would be of no use, so it goes first."""
    namespace = container.namespace
    with suppress(NotFound):
        await client.containers.delete(container.id, namespace=namespace)
    if container.snapshot_key and not shared:
        with suppress(NotFound):
            await client.snapshots.remove(
                container.snapshot_key, snapshotter=container.snapshotter, namespace=namespace
            )
    state.remove_logs(namespace, container.id)
