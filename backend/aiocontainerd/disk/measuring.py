"""Measures snapshots, one call for each: of what can still be written to the daemon reads all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping, Sequence
from datetime import datetime
from time import monotonic

from aiocontainerd.client import Client
from aiocontainerd.disk.things import SNAPSHOT, Node, Thing
from aiocontainerd.errors import ContainerdError, Unavailable
from aiocontainerd.services.snapshots import Kind

_AT_ONCE = 16  # calls
_WALKS_AT_ONCE = 2  # the daemon reads a whole writable layer to tell its size
_WALKS_SECONDS = 60.0  # after which the sizes of other writable layers stay unknown
_NEWS = 1.0  # seconds between two surveys with more sizes

# Sizes of committed snapshots never change: (node, its birth) → bytes.
Sizes = MutableMapping[tuple[Node, datetime | None], int]
_KEPT = 200_000  # of them


async def measured(
    client: Client, things: dict[Node, Thing], known: Sizes
) -> AsyncIterator[dict[Node, int]]:
    """Sizes that are not known yet, some at a time: those of committed ones first, and for good."""
    if len(known) > _KEPT:
        known.clear()
    layers = [thing for thing in things.values() if thing.node.kind == SNAPSHOT]
    fixed = Kind.COMMITTED.name.lower()
    todo = [t for t in layers if t.detail == fixed and (t.node, t.created_at) not in known]
    async for sizes in usages(client, todo, _AT_ONCE):
        known.update({(node, things[node].created_at): size for node, size in sizes.items()})
        yield sizes
    walks = [thing for thing in layers if thing.detail != fixed]
    async for sizes in usages(client, walks, _WALKS_AT_ONCE, _WALKS_SECONDS):
        yield sizes


async def usages(
    client: Client,
    todo: Sequence[Thing],
    at_once: int = _AT_ONCE,
    patience: float | None = None,
) -> AsyncIterator[dict[Node, int]]:
    """The sizes of these as they come; those that vanish meanwhile are left out.

    Raises Unavailable when the daemon has gone: nothing of the rest is known then.
    """
    left, sizes = iter(todo), dict[Node, int]()
    end = None if patience is None else monotonic() + patience

    async def work() -> None:
        for thing in left:
            if end is not None and monotonic() > end:
                return
            snapshotter, _, key = thing.node.key.partition("/")
            try:
                sizes[thing.node] = await client.snapshots.usage(
                    thing.raw_key or key, snapshotter=snapshotter, namespace=thing.node.namespace
                )
            except Unavailable:
                raise
            except ContainerdError:
                continue

    workers = [asyncio.create_task(work()) for _ in range(min(at_once, len(todo)))]
    try:
        while workers:
            done, waiting = await asyncio.wait(workers, timeout=_NEWS)
            if sizes:
                yield sizes
                sizes = {}
            for each in done:
                each.result()
            workers = list(waiting)
    finally:
        for each in workers:
            each.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
