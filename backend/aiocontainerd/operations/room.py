"""What to do about a full disk: the daemon's own words name only the file it could not write."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, ResourceExhausted
from aiocontainerd.models import TaskStatus
from aiocontainerd.safe import safe

_NO_SPACE = "no space left on device"
_SHOWN = 3  # names of each kind


@asynccontextmanager
async def room_is_told(client: Client, namespace: str) -> AsyncIterator[None]:
    """Inside it the error of a full disk gets a remedy that names what could be deleted."""
    try:
        yield
    except ResourceExhausted as error:
        if _NO_SPACE in error.what:
            error.remedy = f"The disk is full. {await what_could_go(client, namespace)}"
        raise


async def what_could_go(client: Client, namespace: str) -> str:
    """A sentence: images that no container was made from, and containers that do not run."""
    try:
        images, containers, tasks = await asyncio.gather(
            client.images.list(namespace=namespace),
            client.containers.list(namespace=namespace),
            client.tasks.list(namespace=namespace),
        )
    except ContainerdError:
        return "Delete images or containers to make room."
    used = {container.image_key for container in containers}
    alive = {task.id for task in tasks if task.status is not TaskStatus.STOPPED}
    idle = [safe(container.id) for container in containers if container.id not in alive]
    found = [
        *_named("images without a container", [i.name for i in images if i.key not in used]),
        *_named("containers that do not run", idle),
    ]
    if not found:
        return f"Nothing in {namespace} is unused: delete something there, or elsewhere."
    return f"To make room, delete what is not needed: {'; '.join(found)}."


def _named(what: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return [f"{what}: {', '.join(sorted(names)[:_SHOWN])}{more}"]
