"""Is it still the thing that the user saw? Asked before every change."""

from datetime import datetime
from typing import NamedTuple

from aiocontainerd import convert
from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition, NotFound
from aiocontainerd.models import Container, Image, Task, TaskStatus
from aiocontainerd.procfs import start_time


class Life(NamedTuple):
    """What was seen to run: `pid` is 0 where nothing did. `since` is its start, if known.

    containerd tells no start time: `since` is from /proc, where the daemon's pids are ours.
    """

    pid: int
    since: datetime | None = None


def life_of(task: Task | None) -> Life | None:
    """The life that a task shows; None where the daemon itself does not know it."""
    if task is None or task.status is TaskStatus.STOPPED:
        return Life(0)
    return Life(task.pid, task.since) if task.pid else None


async def same_container(client: Client, seen: Container) -> Container:
    """The record as it is now.

    Raises NotFound when it is gone, FailedPrecondition when another one has its id by now, or
    when only its task is left: the daemon answers no call about a task without a record.
    """
    try:
        record = await client.containers.get_record(seen.id, namespace=seen.namespace)
    except NotFound:
        await _refuse_orphan(client, seen)
        raise NotFound(
            "this container is not there any more", subject=seen.id, remedy="Nothing is to be done."
        ) from None
    found = convert.container(record, seen.namespace)
    if seen.created_at is not None and found.created_at != seen.created_at:
        raise FailedPrecondition(
            "this container was replaced since you looked",
            subject=seen.id,
            remedy="Look at the new one, then choose again.",
        )
    return found


async def _refuse_orphan(client: Client, seen: Container) -> None:
    tasks = await client.tasks.list(namespace=seen.namespace)
    pids = [task.pid for task in tasks if task.id == seen.id]
    if pids:
        raise FailedPrecondition(
            f"its task still runs (pid {pids[0]}), but its container record was deleted, and "
            "containerd answers no call about a task without one",
            subject=seen.id,
            remedy=f"Create a container with the id {seen.id} again (`ctr containers create`): "
            "its task can be stopped and deleted then.",
        )


async def task_of(client: Client, container: Container) -> Task | None:
    """Its task as it is now, None if it has none."""
    try:
        return await client.tasks.get(container.id, namespace=container.namespace)
    except NotFound:
        return None


async def same_task(client: Client, container: Container, seen: Life | None) -> Task | None:
    """Its task as it is now; where none of it lives there is nothing that a call could hit.

    Raises FailedPrecondition when it was started or restarted since `seen`. The daemon has no
    call that is bound to a pid: between this look and the call remains a moment.
    """
    task = await task_of(client, container)
    now = life_of(task)
    if seen is None or now is None or not now.pid:
        return task
    if now.pid != seen.pid or await _began_anew(client, now.pid, seen):
        was = f"was pid {seen.pid}, now" if seen.pid else "now"
        raise FailedPrecondition(
            f"it was {'restarted' if seen.pid else 'started'} since you looked ({was} {now.pid})",
            subject=container.id,
            remedy="Look at the new one, then choose again.",
        )
    return task


async def _began_anew(client: Client, pid: int, seen: Life) -> bool:
    """The number was given to another process: known only where the daemon's pids are ours."""
    if seen.since is None or not (await client.locate()).shares_pids:
        return False
    return start_time(pid) not in (None, seen.since)


async def same_image(client: Client, seen: Image) -> Image | None:
    """The image record as it is now, None if it is gone.

    Raises FailedPrecondition when the name points to something else by now.
    """
    try:
        found = await client.images.get(seen.raw_name, namespace=seen.namespace)
    except NotFound:
        return None
    refuse_other(found, seen.target.digest)
    return found


def refuse_other(image: Image, digest: str) -> None:
    """Raises FailedPrecondition when the name meant something else: `digest` is what was seen."""
    if digest and image.target.digest != digest:
        raise FailedPrecondition(
            "this name points to another image since you looked",
            subject=image.name,
            remedy="Look at the new one, then choose again.",
        )
