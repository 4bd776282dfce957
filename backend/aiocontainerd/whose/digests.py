"""Whose a digest is: blobs, layers, diff ids, chain ids, configs, manifests; by how they begin."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from aiocontainerd.client import Client
from aiocontainerd.disk.holding import Holdings
from aiocontainerd.disk.reasons import named
from aiocontainerd.disk.survey import surveyed
from aiocontainerd.disk.things import BLOB, CONTAINER, IMAGE, SNAPSHOT, Node
from aiocontainerd.models import Key, Snapshot
from aiocontainerd.whose import MOST, Found

MATCHES = 50  # digests with one beginning


async def holdings_now(client: Client, world: Snapshot) -> Holdings:
    """Who holds what, without any sizes."""
    found = await surveyed(client, lambda: world, sizes=False)
    return await asyncio.to_thread(Holdings, found)


async def of_digest(client: Client, world: Snapshot, digits: str) -> list[Found]:
    """The images and containers that hold what has a digest that begins so."""
    holdings = await holdings_now(client, world)
    return await asyncio.to_thread(lambda: list(_holders(holdings, world, digits)))


def _holders(holdings: Holdings, world: Snapshot, digits: str) -> Iterator[Found]:
    begins = f"sha256:{digits}"
    matched = 0
    for node, thing in holdings.survey.things.items():
        name = node.key.partition("/")[2] if node.kind == SNAPSHOT else node.key
        if node.kind not in (BLOB, SNAPSHOT):
            continue
        by_diff = node.kind == BLOB and thing.detail.startswith(begins)
        if not (name.startswith(begins) or by_diff):
            continue
        matched += 1
        if matched > MATCHES:
            return
        what = f"{named(node, holdings.survey)}{', by its diff id' if by_diff else ''}"
        roots = list(holders_of(holdings, world, node, what))
        yield from roots
        if not roots:
            yield Found(
                Key(node.namespace, node.key),
                f"{what}: no image or container holds it",
                kind=node.kind,
            )


def holders_of(holdings: Holdings, world: Snapshot, node: Node, because: str) -> Iterator[Found]:
    """The images and containers from which it follows."""
    for root in holdings.roots_of(node)[:MOST]:
        key = Key(root.namespace, root.key)
        if root.kind == IMAGE:
            yield Found(key, f"it holds {because}", world.images.get(key), IMAGE)
        elif root.kind == CONTAINER:
            yield Found(key, f"it stands on {because}", world.containers.get(key))
        else:
            yield Found(key, f"it holds {because}", kind=root.kind)
