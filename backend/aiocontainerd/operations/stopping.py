"""Signals to a running task: stop, kill, pause, resume."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from aiocontainerd.client import Client
from aiocontainerd.errors import (
    DaemonError,
    DeadlineExceeded,
    FailedPrecondition,
    NotFound,
    Unavailable,
)
from aiocontainerd.models import Container, Task, TaskStatus
from aiocontainerd.operations.identity import (
    Life,
    life_of,
    same_container,
    same_task,
    task_of,
)
from aiocontainerd.operations.launch import KILL, KILL_WAIT
from aiocontainerd.operations.monitor import stay_stopped
from aiocontainerd.operations.signals import signal_number, stop_signal
from aiocontainerd.settled import settled

GRACE = 10.0  # seconds from the stop signal to SIGKILL, as docker and nerdctl have it
_STOP_TIMEOUT = "nerdctl/stop-timeout"  # seconds
_GRACE_MAX = 86_400.0
_LOOK_AGAIN = 0.1  # seconds
UNKNOWN_EXIT = 255  # containerd's own word for an exit status that nobody saw


class Sent(NamedTuple):
    """A signal that a task has got; `kill_after` seconds later SIGKILL follows, if any.

    Before that `is_asked`: the daemon has not answered yet, whose shim may hang. `trouble` is what
    it said to it, if it took it badly; the wait goes on all the same.
    """

    signal: int
    kill_after: float | None = None
    trouble: str = ""
    is_asked: bool = False


Report = Callable[[Sent], None]


def grace_of(container: Container) -> float:
    """Seconds that it gets to end: nerdctl's label (`--stop-timeout`), else GRACE."""
    try:
        seconds = float(container.labels.get(_STOP_TIMEOUT, ""))
    except ValueError:
        return GRACE
    return seconds if 0 <= seconds <= _GRACE_MAX else GRACE


async def stop(
    client: Client,
    container: Container,
    *,
    seen: Life | None = None,
    grace: float | None = None,
    report: Report | None = None,
) -> int:
    """Send the image's stop signal, after `grace` seconds SIGKILL; returns the exit status.

    Without `grace` it is that of `grace_of`. What runs must still be what was `seen`.

    Returns when the task is really stopped; it can be deleted or started again then. A paused
    one gets its signal and is resumed. `report` hears of each signal twice. Raises
    FailedPrecondition when there is no task or another one, DeadlineExceeded when even SIGKILL
    does not end it.
    """
    found = await same_container(client, container)
    task = await same_task(client, found, seen)
    if task is None:
        raise _not_running(container)
    seconds = grace_of(found) if grace is None else grace
    status = await stop_task(client, found, task, grace=seconds, report=report or silent)
    await settled(stay_stopped(client, found))
    return status


async def stop_task(
    client: Client,
    container: Container,
    task: Task,
    *,
    grace: float,
    report: Report,
    kill: bool = False,
) -> int:
    """`stop` for a task that was just looked up; with `kill` SIGKILL is the first signal."""
    if task.status is TaskStatus.STOPPED:
        return task.exit_status
    created = task.status is TaskStatus.CREATED  # nothing runs yet that could hear a signal
    waiting = asyncio.ensure_future(_exit_status(client, container))
    try:
        number = KILL if created or kill else stop_signal(container)
        await _tell(client, container, Sent(number, None if number == KILL else grace), report)
        if await _ends(waiting, grace):
            return waiting.result()
        if number != KILL:
            await same_container(client, container)  # the grace time was long
            await same_task(client, container, life_of(task))
            await _tell(client, container, Sent(KILL), report)
        if await _ends(waiting, KILL_WAIT):
            return waiting.result()
        await task_of(client, container)  # raises when it is the daemon that is not there
        raise DeadlineExceeded(
            f"it was sent SIGKILL and is still there (pid {task.pid})",
            subject=container.id,
            remedy="A process that hangs in the kernel (state D: a dead disk or NFS server) "
            "ends only when that is mended.",
        )
    finally:
        waiting.cancel()


async def kill(
    client: Client, container: Container, signal: int | str, *, seen: Life | None = None
) -> None:
    """Send a signal, by number or name, to the first process.

    Raises InvalidArgument for what is no signal, FailedPrecondition when nothing runs, or
    something else than was `seen`.
    """
    number = signal_number(signal)
    await same_container(client, container)
    await same_task(client, container, seen)
    try:
        await client.tasks.kill(container.id, number, namespace=container.namespace)
    except NotFound:
        raise _not_running(container) from None


async def pause(client: Client, container: Container, *, seen: Life | None = None) -> None:
    """Freeze all processes. Raises FailedPrecondition when it does not run."""
    await _require(client, container, seen, TaskStatus.RUNNING, "Only what runs can be paused.")
    await client.tasks.pause(container.id, namespace=container.namespace)


async def resume(client: Client, container: Container, *, seen: Life | None = None) -> None:
    """Thaw all processes. Raises FailedPrecondition when it is not paused."""
    await _require(
        client, container, seen, TaskStatus.PAUSED, "Only what is paused can be resumed."
    )
    await client.tasks.resume(container.id, namespace=container.namespace)


async def _require(
    client: Client, container: Container, seen: Life | None, status: TaskStatus, remedy: str
) -> None:
    await same_container(client, container)
    task = await same_task(client, container, seen)
    found = "without a task" if task is None else task.status.name.lower()
    if task is None or task.status is not status:
        raise FailedPrecondition(f"it is {found}", subject=container.id, remedy=remedy)


async def _tell(client: Client, container: Container, sent: Sent, report: Report) -> None:
    """Signal it, and wake it when it is frozen: until then the signal stays pending."""
    id, namespace = container.id, container.namespace
    report(sent._replace(is_asked=True))
    try:
        await client.tasks.kill(id, sent.signal, namespace=namespace)
        report(sent)
        with suppress(Unavailable):  # it has the signal; a daemon that goes away is waited for
            task = await client.tasks.get(id, namespace=namespace)
            if task.status in {TaskStatus.PAUSED, TaskStatus.PAUSING}:
                with suppress(DaemonError):  # SIGKILL may have ended it meanwhile
                    await client.tasks.resume(id, namespace=namespace)
    except NotFound:  # dead already: the exit status comes
        pass
    except DaemonError as error:  # its shim died, or runc is at odds with it: the wait will tell
        report(sent._replace(trouble=str(error)))


async def _ends(waiting: "asyncio.Future[int]", seconds: float) -> bool:
    await asyncio.wait({waiting}, timeout=max(seconds, 0.0))
    return waiting.done()


async def _exit_status(client: Client, container: Container) -> int:
    """Wait for the end; a task that is gone has an unknown status.

    When a shim died ("ttrpc: closed") the daemon first has to notice, then ends what it held.
    Tasks outlive a restart of the daemon, so that is waited through.
    """
    while True:
        try:
            status, _ = await client.tasks.wait(container.id, namespace=container.namespace)
            return status
        except NotFound:
            return UNKNOWN_EXIT
        except (DaemonError, Unavailable):
            await asyncio.sleep(_LOOK_AGAIN)


def _not_running(container: Container) -> FailedPrecondition:
    return FailedPrecondition("it does not run", subject=container.id, remedy="Start it first.")


def silent(sent: Sent) -> None:
    """The report that nobody wants to hear."""
