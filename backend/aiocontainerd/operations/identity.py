"""Is it still the thing that the user saw? Asked before every change."""

from aiocontainerd import convert
from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition, NotFound
from aiocontainerd.models import Container, Image, Task


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


async def same_image(client: Client, seen: Image) -> Image | None:
    """The image record as it is now, None if it is gone.

    Raises FailedPrecondition when the name points to something else by now.
    """
    try:
        found = await client.images.get(seen.raw_name, namespace=seen.namespace)
    except NotFound:
        return None
    if found.target.digest != seen.target.digest:
        raise FailedPrecondition(
            "this name points to another image since you looked",
            subject=seen.name,
            remedy="Look at the new one, then choose again.",
        )
    return found
