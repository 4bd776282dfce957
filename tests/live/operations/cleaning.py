"""What the start of ctdeck does about what a dead one left, and what to compare it by."""

import asyncio
from collections.abc import Callable

from aiocontainerd.operations import (
    Remains,
    cut_short,
    remove_remains,
    remove_stray_log,
    stray_logs,
)

from ..processes import POLL
from .conftest import Stage


async def clean_up(stage: Stage) -> list[Remains]:
    """As the next start does after a yes; returns what was found."""
    found = await cut_short(stage.client, [stage.namespace], state=stage.state)
    for remains in found:
        await remove_remains(stage.client, remains, state=stage.state)
    for key in await stray_logs(stage.client, stage.state):
        await remove_stray_log(stage.client, key, state=stage.state)
    return found


async def cleaned(stage: Stage, done: Callable[[], bool]) -> list[Remains]:
    """Clean up until all is as it should be; a call that was under way may be late."""
    found: list[Remains] = []
    async with asyncio.timeout(15):
        while True:
            found += await clean_up(stage)
            if done():
                return found
            await asyncio.sleep(POLL)


async def collect_garbage(stage: Stage) -> None:
    """Return when the daemon has been through."""
    leases = stage.client.leases
    id = await leases.create(namespace=stage.namespace)
    await leases.delete(id, namespace=stage.namespace, sync=True)


async def contents(stage: Stage) -> dict[str, list[str]]:
    """What pulls make."""
    client, namespace = stage.client, stage.namespace
    return {
        **stage.everything(),
        "blobs": sorted([each.digest async for each in client.content.list(namespace=namespace)]),
        "images": sorted(image.name for image in await client.images.list(namespace=namespace)),
    }
