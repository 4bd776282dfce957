"""Start a container that has no running task, and start one anew."""

from functools import partial

from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition, NotFound
from aiocontainerd.models import Container, TaskStatus
from aiocontainerd.operations.identity import same_container, task_of
from aiocontainerd.operations.launch import end_task, launch
from aiocontainerd.operations.logger import NERDCTL_LOG, log_uri, nerdctl_uri
from aiocontainerd.operations.record import log_labels
from aiocontainerd.operations.stop import GRACE, Report, silent, stop_task
from aiocontainerd.operations.undo import Undo, settled, undone_on_failure
from aiocontainerd.services.snapshots import MountSpec
from aiocontainerd.state import StateDirectory


async def start(client: Client, container: Container, *, state: StateDirectory) -> int:
    """Start a stopped or never started container; returns its pid.

    Its output is appended to our log, or goes to nerdctl's if nerdctl made it. A terminal is
    detached: its output goes to the log as well. Raises FailedPrecondition when it runs
    already or is paused, RuntimeFailed when runc refuses.
    """
    found = await same_container(client, container)
    task = await task_of(client, found)
    if task is not None and task.status is TaskStatus.CREATED:
        return await settled(client.tasks.start(found.id, namespace=found.namespace))
    if task is not None and task.status is not TaskStatus.STOPPED:
        paused = task.status in {TaskStatus.PAUSED, TaskStatus.PAUSING}
        raise FailedPrecondition(
            f"it is {task.status.name.lower()} already (pid {task.pid})",
            subject=found.id,
            remedy="Resume it." if paused else "Restart it to begin anew.",
        )
    if task is not None:
        await settled(end_task(client, found))
    return await _start_anew(client, found, state)


async def restart(
    client: Client,
    container: Container,
    *,
    state: StateDirectory,
    grace: float = GRACE,
    report: Report | None = None,
) -> int:
    """Stop it as `stop` does if it runs, then start it; returns the new pid."""
    found = await same_container(client, container)
    task = await task_of(client, found)
    if task is not None:
        await stop_task(client, found, task, grace=grace, report=report or silent)
    return await start(client, found, state=state)


async def _start_anew(client: Client, container: Container, state: StateDirectory) -> int:
    rootfs = await _rootfs(client, container)
    async with undone_on_failure() as undo:
        uri = nerdctl_uri(container.labels.get(NERDCTL_LOG, ""))
        if not uri:
            uri = await _our_log(client, container, state, undo)
        return await launch(client, container, rootfs, uri, undo)


async def _our_log(client: Client, container: Container, state: StateDirectory, undo: Undo) -> str:
    """Make our log, say in the labels where it is, and return what the shim is to run."""
    id, namespace, terminal = container.id, container.namespace, container.terminal
    paths = state.make_logs(namespace, id, terminal=terminal)
    wanted = log_labels(paths, terminal=terminal)
    old = {key: container.labels.get(key, "") for key in wanted}
    if old != wanted:
        await undo.make(
            "labels",
            client.containers.set_labels(id, wanted, namespace=namespace),
            partial(client.containers.set_labels, id, old, namespace=namespace),
        )
    return log_uri(paths, terminal=terminal)


async def _rootfs(client: Client, container: Container) -> list[MountSpec]:
    if not container.snapshot_key:  # its spec names a root of its own (Docker, --rootfs)
        return []
    try:
        return await client.snapshots.mounts(
            container.snapshot_key,
            snapshotter=container.snapshotter,
            namespace=container.namespace,
        )
    except NotFound:
        raise FailedPrecondition(
            f"its snapshot '{container.snapshot_key}' is gone, and its files with it",
            subject=container.id,
            remedy="Delete it and run its image anew.",
        ) from None
