"""Delete an image's name, and what that would free."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, NotFound
from aiocontainerd.models import Container, Image, Snapshot
from aiocontainerd.operations.garbage import Graph, Node, content, snapshot_node
from aiocontainerd.operations.identity import same_image
from aiocontainerd.owners import PINNED_LABEL
from aiocontainerd.services.leases import EXPIRE_LABEL, Lease
from aiocontainerd.settled import settled

_FLAT_LABEL = "containerd.io/gc.flat"
_USAGE_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """What deleting one image name means.

    `users` are the containers made from this name: they go on running, but a new one needs a
    pull. `other_names` mean the same image and keep it. `frees` are bytes, of `blobs` blobs and
    `snapshots` snapshots; 0 while something else holds them all. `pinned` is CRI's own mark.
    """

    image: Image
    users: tuple[Container, ...]
    other_names: tuple[str, ...]
    frees: int
    blobs: int = 0
    snapshots: int = 0
    pinned: bool = False


async def image_plan(client: Client, snapshot: Snapshot, image: Image) -> ImagePlan:
    """What uses this image and how much deleting its name frees; changes nothing.

    Reckons as the daemon's garbage collector does (metadata/gc.go): what images, containers,
    leases and gc.root labels of the namespace hold, with the name and without it. `snapshot` is
    the store's. Blobs that another namespace has too stay, and are not counted.
    """
    return await _plan(client, snapshot, image, await graph_of(client, snapshot, image.namespace))


async def image_plans(
    client: Client, snapshot: Snapshot, images: Sequence[Image], *, most: int
) -> tuple[list[ImagePlan], int]:
    """The plan of each alone, for the first `most` of them, and the bytes that all free together.

    That may be more than the sum: what two of them share is free only when both are gone.
    """
    graphs = {image.namespace: Graph() for image in images}
    for namespace in graphs:
        graphs[namespace] = await graph_of(client, snapshot, namespace)
    together = 0
    for namespace, graph in graphs.items():
        names = nodes(image for image in images if image.namespace == namespace)
        lost = graph.reachable() - graph.reachable(without=names)
        together += sum((await freed(client, graph, namespace, lost)).values())
    turn = asyncio.Semaphore(_USAGE_AT_ONCE)

    async def plan(image: Image) -> ImagePlan:
        async with turn:
            return await _plan(client, snapshot, image, graphs[image.namespace])

    return await asyncio.gather(*map(plan, images[:most])), together


async def _plan(client: Client, snapshot: Snapshot, image: Image, graph: Graph) -> ImagePlan:
    lost = graph.reachable() - graph.reachable(without=nodes([image]))
    sizes = await freed(client, graph, image.namespace, lost)
    blobs = [node for node in sizes if node in graph.sizes]
    same = [other for other in _images(snapshot, image.namespace) if other.key != image.key]
    return ImagePlan(
        image=image,
        users=snapshot.users_of(image),
        other_names=tuple(
            sorted(other.key.id for other in same if other.target.digest == image.target.digest)
        ),
        frees=sum(sizes.values()),
        blobs=len(blobs),
        snapshots=len(sizes) - len(blobs),
        pinned=image.labels.get(PINNED_LABEL) == "pinned",
    )


async def delete_image(client: Client, image: Image, *, sync: bool = True) -> None:
    """Delete the name; with `sync` return when the space is free again.

    A name that is gone already is no error. Raises FailedPrecondition when it points to
    another image by now. Containers made from it are not touched.
    """
    if await same_image(client, image) is None:
        return
    call = client.images.delete(
        image.raw_name, namespace=image.namespace, target=image.target, sync=sync
    )
    try:
        await settled(call)
    except NotFound:
        return


async def graph_of(client: Client, snapshot: Snapshot, namespace: str) -> Graph:
    """All that the collector would look at in one namespace."""
    graph = Graph()
    for image in _images(snapshot, namespace):
        node = ("image", image.key.id)
        graph.roots.add(node)
        graph.add(node, image.labels, [content(image.target.digest)])
    for container in snapshot.containers.values():
        if container.namespace == namespace:
            node = ("container", container.id)
            graph.roots.add(node)
            held = snapshot_node(container.snapshotter, container.snapshot_key)
            graph.add(node, container.labels, [held] if container.snapshot_key else [])
    server = await client.server_info()
    await asyncio.gather(
        _add_content(client, graph, namespace),
        _add_leases(client, graph, namespace),
        *(_add_snapshots(client, graph, namespace, name) for name in server.snapshotters),
    )
    return graph


def nodes(images: Iterable[Image]) -> set[Node]:
    """Their roots in the graph."""
    return {("image", image.key.id) for image in images}


async def freed(
    client: Client, graph: Graph, namespace: str, lost: Iterable[Node]
) -> dict[Node, int]:
    """Bytes that each blob and snapshot of `lost` gives back; nothing for what stays after all."""
    lost = tuple(lost)
    blobs = [node for node in lost if node in graph.sizes]
    others = await _elsewhere(client, namespace, blobs)
    sizes = {node: graph.sizes[node] for node in blobs if node not in others}
    layers = [node for node in lost if node[0] == "snapshot"]
    return {**sizes, **await _usages(client, namespace, layers)}


async def _elsewhere(client: Client, namespace: str, blobs: Iterable[Node]) -> set[Node]:
    """Those of the blobs that other namespaces have: the bytes are the same file for all."""
    filters = [f'digest=="{digest}"' for _, digest in blobs]
    if not filters:
        return set()

    async def held(other: str) -> set[Node]:
        found = client.content.list(namespace=other, filters=filters)
        return {content(info.digest) async for info in found}

    others = [name for name in await client.namespaces.list() if name != namespace]
    return set().union(*await asyncio.gather(*(held(other) for other in others)))


def _images(snapshot: Snapshot, namespace: str) -> Iterable[Image]:
    return (image for image in snapshot.images.values() if image.namespace == namespace)


async def _add_content(client: Client, graph: Graph, namespace: str) -> None:
    async for info in client.content.list(namespace=namespace):
        node = content(info.digest)
        graph.sizes[node] = info.size
        graph.add(node, info.labels)


async def _add_snapshots(client: Client, graph: Graph, namespace: str, name: str) -> None:
    async for info in client.snapshots.list(snapshotter=name, namespace=namespace):
        parents = [snapshot_node(name, info.parent)] if info.parent else []
        graph.add(snapshot_node(name, info.name), info.labels, parents)


async def _add_leases(client: Client, graph: Graph, namespace: str) -> None:
    leases = [lease for lease in await client.leases.list(namespace=namespace) if _counts(lease)]
    held = await asyncio.gather(
        *(client.leases.resources(lease.raw_id, namespace=namespace) for lease in leases),
        return_exceptions=True,
    )
    for lease, resources in zip(leases, held, strict=True):
        if isinstance(resources, BaseException):
            if not isinstance(resources, NotFound):  # dropped while we looked
                raise resources
            continue
        flat = _FLAT_LABEL in lease.labels
        for resource in resources:
            kind, _, snapshotter = resource.type.partition("/")
            node = snapshot_node(snapshotter, resource.id) if snapshotter else content(resource.id)
            if kind in {"snapshots", "content"}:
                (graph.leaves if flat else graph.roots).add(node)


def _counts(lease: Lease) -> bool:
    """An expired lease holds nothing any more."""
    try:
        until = datetime.fromisoformat(lease.labels.get(EXPIRE_LABEL, ""))
    except ValueError:
        return True
    return until.tzinfo is None or until > datetime.now(UTC)


async def _usages(client: Client, namespace: str, layers: Iterable[Node]) -> dict[Node, int]:
    """Bytes of each of these snapshots; those that vanish meanwhile are left out."""
    turn = asyncio.Semaphore(_USAGE_AT_ONCE)
    sizes: dict[Node, int] = {}

    async def one(node: Node) -> None:
        snapshotter, _, key = node[1].partition("/")
        async with turn:
            with suppress(ContainerdError):
                sizes[node] = await client.snapshots.usage(
                    key, snapshotter=snapshotter, namespace=namespace
                )

    await asyncio.gather(*map(one, layers))
    return sizes
