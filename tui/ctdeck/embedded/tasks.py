"""What runs in the embedded daemon, and the end of it all."""

import asyncio
import signal
from contextlib import suppress

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError
from aiocontainerd.models import Task, TaskStatus

_GRACE = 3.0  # s between TERM and KILL


async def all_tasks(client: Client) -> list[Task]:
    """Every task of every namespace, also those that have ended."""
    names = await client.namespaces.list()
    lists = await asyncio.gather(*(client.tasks.list(namespace=name) for name in names))
    return [task for tasks in lists for task in tasks]


async def running_tasks(client: Client) -> list[Task]:
    """Those that have not ended."""
    return [task for task in await all_tasks(client) if task.status is not TaskStatus.STOPPED]


async def end_tasks(client: Client) -> None:
    """End and delete every task, so that no shim outlives the daemon; containers stay.

    What cannot be ended is left: the next start of the daemon finds it again.
    """
    tasks = await all_tasks(client)
    await asyncio.gather(*(_end(client, task) for task in tasks))


async def _end(client: Client, task: Task) -> None:
    with suppress(ContainerdError):
        if task.status is not TaskStatus.STOPPED:
            await _stop(client, task)
        await client.tasks.delete(task.id, namespace=task.namespace)


async def _stop(client: Client, task: Task) -> None:
    ending = asyncio.ensure_future(client.tasks.wait(task.id, namespace=task.namespace))
    try:
        with suppress(ContainerdError):
            await client.tasks.kill(task.id, signal.SIGTERM, namespace=task.namespace)
            if task.status in (TaskStatus.PAUSED, TaskStatus.PAUSING):
                await client.tasks.resume(task.id, namespace=task.namespace)
            await asyncio.wait([ending], timeout=_GRACE)
        if not ending.done():
            with suppress(ContainerdError):
                await client.tasks.kill(task.id, signal.SIGKILL, namespace=task.namespace, all=True)
        await asyncio.wait([ending], timeout=10.0)
    finally:
        ending.cancel()
        with suppress(ContainerdError, asyncio.CancelledError):
            await ending
