"""Start a container that has no running task, and start one anew."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, DaemonError, FailedPrecondition, NotFound
from aiocontainerd.maker import maker
from aiocontainerd.models import HELD_BACK, REMOVE_LABEL, Container, Task, TaskStatus
from aiocontainerd.operations.identity import Life, same_container, same_task, task_of
from aiocontainerd.operations.keeper import LOG_MAX
from aiocontainerd.operations.launch import delete_task, end_task, launch
from aiocontainerd.operations.leasing import RunLease
from aiocontainerd.operations.logger import NERDCTL_LOG, log_uri, nerdctl_uri
from aiocontainerd.operations.monitor import RUNNING, STATUS_LABEL
from aiocontainerd.operations.notes import is_marked, logs_of, note_of, write
from aiocontainerd.operations.record import log_label
from aiocontainerd.operations.room import room_is_told
from aiocontainerd.operations.stopping import Report, grace_of, silent, stop_task
from aiocontainerd.operations.undo import Undo, undone_on_failure
from aiocontainerd.services.snapshots import MountSpec
from aiocontainerd.settled import settled
from aiocontainerd.state import StateDirectory, stdin_of


async def start(client: Client, container: Container, *, state: StateDirectory) -> int:
    """Start a stopped or never started container; returns its pid.

    Its output is appended to our log, or goes to nerdctl's if nerdctl made it. A terminal is
    detached: its output goes to the log as well. Raises FailedPrecondition when it runs
    already or is paused, RuntimeFailed when runc refuses.
    """
    client.check_writable(container.namespace)  # before a log is made
    found = await same_container(client, container)
    state = await logs_of(client, state)
    async with held_back(client, found):
        return await _start(client, found, state)


async def restart(
    client: Client,
    container: Container,
    *,
    state: StateDirectory,
    seen: Life | None = None,
    grace: float | None = None,
    report: Report | None = None,
) -> int:
    """Stop it as `stop` does if it runs, then start it; returns the new pid."""
    client.check_writable(container.namespace)
    found = await same_container(client, container)
    task = await same_task(client, found, seen)
    state = await logs_of(client, state)
    async with held_back(client, found):
        if task is not None:
            seconds = grace_of(found) if grace is None else grace
            await stop_task(client, found, task, grace=seconds, report=report or silent)
        return await _start(client, await same_container(client, found), state)


@asynccontextmanager
async def held_back(client: Client, container: Container) -> AsyncIterator[None]:
    """It is not removed when done meanwhile, by whoever follows it.

    A start that failed leaves it so: it stays, and what it wrote. One whose record is gone all
    the same is ended, and NotFound raised.
    """
    if not is_marked(container):
        yield
        return
    set_labels = partial(client.containers.set_labels, container.id, namespace=container.namespace)
    await settled(set_labels({REMOVE_LABEL: f"{HELD_BACK}{maker()}"}))
    try:
        yield
    except BaseException as error:
        with suppress(ContainerdError):
            await settled(set_labels({REMOVE_LABEL: ""}))
        if isinstance(error, ContainerdError):
            error.remedy = f"{error.remedy} It is not removed when done any more.".strip()
        raise
    try:
        await settled(set_labels({REMOVE_LABEL: "true"}))
    except NotFound:
        await settled(end_task(client, container))
        raise


async def _start(client: Client, container: Container, state: StateDirectory) -> int:
    """`state` as for this daemon."""
    task = await task_of(client, container)
    if (note := note_of(state, container)) is not None:  # its run was cut short, and now it runs
        await asyncio.to_thread(write, state, replace(note, may_have_run=True))
    if task is not None and task.status is TaskStatus.CREATED:
        return await settled(client.tasks.start(container.id, namespace=container.namespace))
    _refuse_running(container, task)
    return await _start_anew(client, container, task, state)


def _refuse_running(container: Container, task: Task | None) -> None:
    if task is not None and task.status is not TaskStatus.STOPPED:
        paused = task.status in {TaskStatus.PAUSED, TaskStatus.PAUSING}
        raise FailedPrecondition(
            f"it is {task.status.name.lower()} already (pid {task.pid})",
            subject=container.id,
            remedy="Resume it." if paused else "Restart it to begin anew.",
        )


async def _start_anew(
    client: Client, container: Container, task: Task | None, state: StateDirectory
) -> int:
    """All that can fail by itself comes before the old task goes: its exit status goes with it."""
    async with room_is_told(client, container.namespace), undone_on_failure() as undo:
        lease = RunLease(client, "start", container.id, namespace=container.namespace, undo=undo)
        rootfs = await _rootfs(client, container)
        notebook = await lease.made(state)
        uri, stdin = nerdctl_uri(container.labels.get(NERDCTL_LOG, "")), ""
        if not uri:
            uri, stdin = await _our_log(client, container, state, undo)
        if task is not None:
            await _remove_old(client, container)
        if STATUS_LABEL in container.labels:
            await _set_labels(client, container, RUNNING, undo)
        pid = await launch(client, container, rootfs, uri, undo, notebook, stdin)
        await settled(lease.drop())
        notebook.done()
    return pid


async def _remove_old(client: Client, container: Container) -> None:
    try:
        await delete_task(client, container)
    except DaemonError:  # never by force: somebody else may have started it since we looked
        _refuse_running(container, await task_of(client, container))
        raise


async def _our_log(
    client: Client, container: Container, state: StateDirectory, undo: Undo
) -> tuple[str, str]:
    """Make our log, say in the labels where it is, and return what the shim is to run.

    With it goes the FIFO of a terminal's input, "" without one.
    """
    terminal = container.terminal
    log = await asyncio.to_thread(_make_log, container, state)
    await _set_labels(client, container, log_label(log, terminal=terminal), undo)
    return log_uri(log, terminal=terminal), os.fspath(stdin_of(log)) if terminal else ""


def _make_log(container: Container, state: StateDirectory) -> Path:
    """The file to append to. One that has grown large is moved aside, over the one before it.

    Nobody else writes to it between two lives of the container. That of a terminal has no other
    time when it can be bounded: while it runs, `cat` holds the file open.
    """
    make = partial(state.make_log, container.namespace, container.id, terminal=container.terminal)
    log = make()
    if log.stat().st_size <= LOG_MAX:
        return log
    log.replace(log.with_name(f"{log.name}.1"))
    return make()


async def _set_labels(
    client: Client, container: Container, wanted: Mapping[str, str], undo: Undo
) -> None:
    id, namespace = container.id, container.namespace
    old = {key: container.labels.get(key, "") for key in wanted}
    if old != wanted:
        await undo.make(
            "labels",
            client.containers.set_labels(id, wanted, namespace=namespace),
            partial(client.containers.set_labels, id, old, namespace=namespace),
        )


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
