"""Reads what fills the disk. Expensive: asked for when somebody looks, never by itself.

Changes nothing. Calls: three lists for each namespace and one for each snapshotter of it, one for
each lease; sizes of snapshots are of `measuring.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from aiocontainerd.client import Client
from aiocontainerd.disk import labels as gc
from aiocontainerd.disk.measuring import Sizes, measured
from aiocontainerd.disk.things import (
    BLOB,
    CONTAINER,
    IMAGE,
    INGEST,
    LEASE,
    Node,
    Survey,
    Thing,
    blob,
    layer,
)
from aiocontainerd.errors import ContainerdError, NotFound, Unavailable
from aiocontainerd.models import Snapshot
from aiocontainerd.services.leases import Lease
from aiocontainerd.slices import sliced

_AT_ONCE = 16  # calls
_IN_FLIGHT = timedelta(hours=24)  # containerd drops an ingest that is not leased after this


@dataclass
class _Found:
    things: dict[Node, Thing] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    _nodes: dict[Node, Node] = field(default_factory=dict)

    def add(self, thing: Thing) -> None:
        """One more; each node of it is kept once, however many things name it."""
        node = self._once(thing.node)
        if node is not thing.node or thing.refs or thing.backs:
            refs, backs = map(self._once, thing.refs), map(self._once, thing.backs)
            thing = replace(thing, node=node, refs=tuple(refs), backs=tuple(backs))
        self.things[node] = thing

    def _once(self, node: Node) -> Node:
        return self._nodes.setdefault(node, node)


async def survey(
    client: Client,
    world: Callable[[], Snapshot] | None = None,
    *,
    namespaces: Iterable[str] | None = None,
    known: Sizes | None = None,
    sizes: bool = True,
) -> AsyncIterator[Survey]:
    """What there is, as soon as it is listed; then the same with sizes of snapshots as they come.

    `world` gives images and containers, which are listed without it: after all that they may hold,
    so that nothing that is being made looks like garbage. `namespaces` are those that are read,
    else all.
    `known` remembers sizes from one survey to the next. Without `sizes` no snapshot is measured.
    A namespace that could not be read is named in `problems`. Raises our errors if nothing could.
    """
    known = {} if known is None else known
    server = await client.server_info()
    names = await client.namespaces.list() if namespaces is None else namespaces
    found, taken_at = _Found(), datetime.now(UTC)
    for name in names:
        try:
            await _read_namespace(client, world, found, name, tuple(server.snapshotters))
        except Unavailable:
            raise
        except ContainerdError as error:
            found.problems[name] = str(error)
    at_hand = {
        node: known[node, thing.created_at]
        for node, thing in found.things.items()
        if (node, thing.created_at) in known
    }
    base = Survey(taken_at, found.things, found.roles, not sizes, found.problems)
    result = base.with_sizes(at_hand, is_whole=not sizes)
    yield result
    if not sizes:
        return
    async for more in measured(client, found.things, known):
        result = result.with_sizes(more, is_whole=False)
        yield result
    yield replace(result, is_whole=True)


async def surveyed(
    client: Client,
    world: Callable[[], Snapshot] | None = None,
    *,
    namespaces: Iterable[str] | None = None,
    known: Sizes | None = None,
    sizes: bool = True,
) -> Survey:
    """The last one of `survey`."""
    last = Survey(datetime.now(UTC))
    async for found in survey(client, world, namespaces=namespaces, known=known, sizes=sizes):
        last = found
    return last


async def survey_of(client: Client, world: Snapshot, namespace: str) -> Survey:
    """One namespace without sizes; raises our errors where not all of it could be read."""
    found, taken_at = _Found(), datetime.now(UTC)
    server = await client.server_info()
    here = replace(world, loaded=True, reading=frozenset())
    await _read_namespace(client, lambda: here, found, namespace, tuple(server.snapshotters))
    return Survey(taken_at, found.things, found.roles)


async def _read_namespace(
    client: Client,
    world: Callable[[], Snapshot] | None,
    found: _Found,
    name: str,
    snapshotters: Iterable[str],
) -> None:
    await asyncio.gather(
        _content(client, found, name),
        _ingests(client, found, name),
        *(_snapshots(client, found, name, each) for each in snapshotters),
    )
    await _leases(client, found, name)
    now = world() if world else await _listed(client, name)
    if not now.loaded or now.reading & {"images", "containers"}:
        found.problems[name] = "Its images and containers have not been read yet."
    async for thing in sliced(_records(now, found, name)):
        found.add(thing)


async def _listed(client: Client, name: str) -> Snapshot:
    images, containers = await asyncio.gather(
        client.images.list(namespace=name), client.containers.list(namespace=name)
    )
    return Snapshot(
        loaded=True,
        images={image.key: image for image in images},
        containers={container.key: container for container in containers},
    )


def _records(world: Snapshot, found: _Found, name: str) -> Iterator[Thing]:
    for image in world.images.values():
        if image.namespace == name:
            refs = gc.references(image.labels, name)
            target = image.target
            kind = "index" if ("index" in target.media_type or "list" in target.media_type) else ""
            found.roles.setdefault(target.digest, kind or "manifest")
            yield Thing(
                Node(name, IMAGE, image.key.id),
                created_at=image.created_at,
                refs=(blob(name, target.digest), *refs),
                raw_key=image.raw_name,
            )
    for container in world.containers.values():
        if container.namespace == name:
            refs = gc.references(container.labels, name)
            if container.snapshot_key:
                refs = (layer(name, container.snapshotter, container.snapshot_key), *refs)
            node = Node(name, CONTAINER, container.id)
            backs = gc.back_references(container.labels, name)
            yield Thing(node, created_at=container.created_at, refs=refs, backs=backs)


async def _content(client: Client, found: _Found, name: str) -> None:
    async for info in client.content.list(namespace=name):
        found.roles.update(gc.roles(info.labels))
        found.add(
            Thing(
                blob(name, info.digest),
                info.size,
                info.created_at,
                gc.references(info.labels, name),
                gc.back_references(info.labels, name),
                is_root=gc.ROOT in info.labels,
                detail=info.labels.get("containerd.io/uncompressed", ""),
            )
        )


async def _ingests(client: Client, found: _Found, name: str) -> None:
    now = datetime.now(UTC)
    for ingest in await client.content.list_statuses(namespace=name):
        touched = ingest.updated_at or ingest.started_at
        found.add(
            Thing(
                Node(name, INGEST, ingest.ref),
                ingest.offset,
                ingest.started_at,
                (blob(name, ingest.expected),) if ingest.expected else (),
                is_root=touched is None or now - touched < _IN_FLIGHT,
                detail=str(ingest.total or ""),
            )
        )


async def _snapshots(client: Client, found: _Found, name: str, snapshotter: str) -> None:
    async for info in client.snapshots.list(snapshotter=snapshotter, namespace=name):
        parents = (layer(name, snapshotter, info.parent),) if info.parent else ()
        found.add(
            Thing(
                layer(name, snapshotter, info.name),
                None,
                info.created_at,
                (*parents, *gc.references(info.labels, name)),
                gc.back_references(info.labels, name),
                is_root=gc.ROOT in info.labels,
                detail=info.kind.name.lower(),
                raw_key=info.raw_name,
            )
        )


async def _leases(client: Client, found: _Found, name: str) -> None:
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(lease: Lease) -> None:
        async with turn:
            with suppress(NotFound):  # dropped while we looked
                held = await client.leases.resources(lease.raw_id, namespace=name)
                refs = tuple(node for r in held if (node := _resource(name, r.type, r.id)))
                found.add(
                    Thing(
                        Node(name, LEASE, lease.id),
                        created_at=lease.created_at,
                        refs=refs,
                        is_flat=gc.FLAT in lease.labels,
                        until=gc.expiry(lease.labels),
                        raw_key=lease.raw_id,
                    )
                )

    await asyncio.gather(*map(one, await client.leases.list(namespace=name)))


def _resource(namespace: str, type: str, id: str) -> Node | None:
    kind, _, snapshotter = type.partition("/")
    if kind == "snapshots":
        return layer(namespace, snapshotter, id)
    known = {"content": BLOB, "ingests": INGEST, "images": IMAGE}
    return Node(namespace, known[kind], id) if kind in known else None
