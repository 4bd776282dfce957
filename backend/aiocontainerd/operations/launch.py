"""Task and log of a container record: what `run` and `start` have in common."""

from collections.abc import Awaitable, Iterable
from contextlib import suppress
from functools import partial

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, NotFound
from aiocontainerd.models import Container
from aiocontainerd.operations.refusals import plain
from aiocontainerd.operations.undo import Undo, settled
from aiocontainerd.services.snapshots import MountSpec

KILL = 9


async def launch(
    client: Client,
    container: Container,
    rootfs: Iterable[MountSpec],
    uri: str,
    undo: Undo,
) -> int:
    """Create and start the task, its output going to `uri`; returns its pid.

    Raises RuntimeFailed in plain words when runc refuses; `undo` then knows what to remove.
    """
    id, namespace = container.id, container.namespace
    create = client.tasks.create(
        id,
        rootfs,
        namespace=namespace,
        stdout=uri,
        stderr="" if container.terminal else uri,
        terminal=container.terminal,
    )
    end = partial(end_task, client, container)  # it had no task before, so one found is ours
    await undo.make("task", _in_plain_words(create, id), end, unsure=end)
    return await settled(_in_plain_words(client.tasks.start(id, namespace=namespace), id))


async def end_task(client: Client, container: Container) -> None:
    """Kill and delete the task, whatever its state."""
    id, namespace = container.id, container.namespace
    with suppress(ContainerdError):  # it may be dead already; delete tells
        await client.tasks.kill(id, KILL, namespace=namespace, all=True)
        await client.tasks.wait(id, namespace=namespace)
    with suppress(NotFound):
        await client.tasks.delete(id, namespace=namespace)


async def _in_plain_words(call: Awaitable[int], subject: str) -> int:
    try:
        return await call
    except ContainerdError as error:
        raise plain(error, subject) from error
