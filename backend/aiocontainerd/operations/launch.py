"""Task and log of a container record: what the verbs have in common."""

import asyncio
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from functools import partial

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, NotFound, Unavailable
from aiocontainerd.models import Container
from aiocontainerd.operations.identity import task_of
from aiocontainerd.operations.notes import Notebook
from aiocontainerd.operations.refusals import plain
from aiocontainerd.operations.undo import Undo
from aiocontainerd.pb import containers_pb2, typeurl
from aiocontainerd.services.snapshots import MountSpec
from aiocontainerd.settled import settled

KILL = 9
KILL_WAIT = 10.0  # seconds that a killed task may take to end


async def launch(
    client: Client,
    container: Container,
    rootfs: Iterable[MountSpec],
    uri: str,
    undo: Undo,
    notebook: Notebook,
    stdin: str = "",
) -> int:
    """Create and start the task, its output going to `uri`; returns its pid.

    `stdin` is the FIFO from which one with a terminal reads.

    Raises RuntimeFailed in plain words when runc refuses; `undo` then knows what to remove.
    """
    id, namespace = container.id, container.namespace
    if notebook.note.stdout != uri:
        notebook.write(stdout=uri)
    create = client.tasks.create(
        id,
        rootfs,
        namespace=namespace,
        stdin=stdin,
        stdout=uri,
        stderr="" if container.terminal else uri,
        terminal=container.terminal,
    )
    end = partial(end_task, client, container)  # it had no task before, so one found is ours
    await undo.make("task", _in_plain_words(create, id), end, unsure=end)
    notebook.write(may_have_run=True)  # before the call: nobody can tell after our death
    return await settled(_in_plain_words(client.tasks.start(id, namespace=namespace), id))


async def end_task(client: Client, container: Container) -> None:
    """Kill and delete the task, whatever its state, and although its record may be gone.

    Raises when it does not end.
    """
    try:
        await _end_task(client, container)
    except NotFound:
        tasks = await client.tasks.list(namespace=container.namespace)
        if any(task.id == container.id for task in tasks):
            await _end_orphan(client, container)


async def _end_orphan(client: Client, container: Container) -> None:
    """The daemon answers no call about a task without a record: it gets one for the moment."""
    message = containers_pb2.Container(
        id=container.id,
        runtime=containers_pb2.Container.Runtime(name=container.runtime),
        spec=typeurl.pack_json(typeurl.SPEC_URL, {}),
    )
    await client.containers.create(message, namespace=container.namespace)
    try:
        await _end_task(client, container)
    finally:
        with suppress(NotFound):
            await client.containers.delete(container.id, namespace=container.namespace)


async def _end_task(client: Client, container: Container) -> None:
    id, namespace = container.id, container.namespace
    with suppress(ContainerdError, TimeoutError):  # it may be dead already; delete tells
        await client.tasks.kill(id, KILL, namespace=namespace, all=True)
        async with asyncio.timeout(KILL_WAIT):
            await client.tasks.wait(id, namespace=namespace)
    await client.tasks.delete(id, namespace=namespace)


async def delete_task(client: Client, container: Container) -> None:
    """Remove a task that has ended, or has not begun; one that is gone meanwhile is no error.

    Of two that delete at once one may see "ttrpc: closed": it looks again then.
    """
    try:
        await settled(client.tasks.delete(container.id, namespace=container.namespace))
    except NotFound:
        return
    except Unavailable:
        raise
    except ContainerdError:
        if await task_of(client, container) is not None:
            raise


async def _in_plain_words(call: Awaitable[int], subject: str) -> int:
    try:
        return await call
    except ContainerdError as error:
        raise plain(error, subject) from error
