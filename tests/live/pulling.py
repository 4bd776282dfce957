"""What the tests of pulls look at: a client's view of what a namespace holds."""

import asyncio

from aiocontainerd.client import Client

from .daemons import Daemon


async def ctr(daemon: Daemon, *args: str, namespace: str) -> str:
    """Run `ctr` without blocking the loop."""
    return await asyncio.to_thread(daemon.ctr, *args, namespace=namespace)


async def labels(client: Client, namespace: str) -> dict[str, dict[str, str]]:
    """Return the labels of all content, by digest."""
    return {
        info.digest: dict(info.labels) async for info in client.content.list(namespace=namespace)
    }


async def snapshots(client: Client, daemon: Daemon, namespace: str) -> list[str]:
    """Return the names of all snapshots."""
    listed = client.snapshots.list(snapshotter=daemon.snapshotter, namespace=namespace)
    return [each.name async for each in listed]


async def nothing_under_way(client: Client, namespace: str) -> None:
    """Fail if there is an ingest or a lease."""
    assert await client.content.list_statuses(namespace=namespace) == ()
    assert await client.leases.list(namespace=namespace) == []


async def empty(client: Client, daemon: Daemon, namespace: str) -> None:
    """Fail if there is anything at all."""
    await nothing_under_way(client, namespace)
    assert await labels(client, namespace) == {}
    assert await client.images.list(namespace=namespace) == []
    assert await snapshots(client, daemon, namespace) == []


async def complete(client: Client, daemon: Daemon, namespace: str, reference: str) -> None:
    """Fail unless `ctr` calls the image complete and unpacked."""
    check = await ctr(daemon, "images", "check", namespace=namespace)
    line = next(line for line in check.splitlines() if line.startswith(reference))
    assert " complete " in line
    assert line.endswith("true")
