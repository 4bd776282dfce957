"""Delete an image's name, and what that would free."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from aiocontainerd.client import Client
from aiocontainerd.disk.holding import Holdings
from aiocontainerd.disk.measuring import usages
from aiocontainerd.disk.survey import survey_of
from aiocontainerd.disk.things import BLOB, IMAGE, SNAPSHOT, Node
from aiocontainerd.errors import NotFound
from aiocontainerd.models import Container, Image, Snapshot
from aiocontainerd.operations.identity import same_image
from aiocontainerd.owners import PINNED_LABEL
from aiocontainerd.settled import settled

_AT_ONCE = 16


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
    return await _plan(
        client, snapshot, image, await holdings_of(client, snapshot, image.namespace)
    )


async def image_plans(
    client: Client, snapshot: Snapshot, images: Sequence[Image], *, most: int
) -> tuple[list[ImagePlan], int]:
    """The plan of each alone, for the first `most` of them, and the bytes that all free together.

    That may be more than the sum: what two of them share is free only when both are gone.
    """
    by_space = {
        namespace: await holdings_of(client, snapshot, namespace)
        for namespace in dict.fromkeys(image.namespace for image in images)
    }
    together = 0
    for namespace, holdings in by_space.items():
        lost = holdings.lost(nodes(image for image in images if image.namespace == namespace))
        together += sum((await freed(client, holdings, lost)).values())
    turn = asyncio.Semaphore(_AT_ONCE)

    async def plan(image: Image) -> ImagePlan:
        async with turn:
            return await _plan(client, snapshot, image, by_space[image.namespace])

    return await asyncio.gather(*map(plan, images[:most])), together


async def _plan(client: Client, snapshot: Snapshot, image: Image, holdings: Holdings) -> ImagePlan:
    lost = await asyncio.to_thread(holdings.lost, nodes([image]))
    sizes = await freed(client, holdings, lost)
    blobs = [node for node in sizes if node.kind == BLOB]
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


async def holdings_of(client: Client, snapshot: Snapshot, namespace: str) -> Holdings:
    """Who holds what in one namespace, as the collector reckons."""
    found = await survey_of(client, snapshot, namespace)
    return await asyncio.to_thread(Holdings, found)


def nodes(images: Iterable[Image]) -> set[Node]:
    """Their roots."""
    return {Node(image.namespace, IMAGE, image.key.id) for image in images}


async def freed(client: Client, holdings: Holdings, lost: Collection[Node]) -> dict[Node, int]:
    """Bytes that each blob and snapshot of `lost` gives back; nothing for what stays after all.

    `lost` are of one namespace.
    """
    things = holdings.survey.things
    blobs = [node for node in lost if node.kind == BLOB]
    others = await _elsewhere(client, blobs)
    sizes = {node: things[node].size or 0 for node in blobs if node.key not in others}
    layers = [things[node] for node in lost if node.kind == SNAPSHOT]
    async for found in usages(client, layers):
        sizes |= found
    return sizes


async def _elsewhere(client: Client, blobs: Sequence[Node]) -> set[str]:
    """Their digests that other namespaces have: the bytes are the same file for all."""
    if not blobs:
        return set()
    filters = [f'digest=="{node.key}"' for node in blobs]

    async def held(other: str) -> set[str]:
        return {info.digest async for info in client.content.list(namespace=other, filters=filters)}

    others = [name for name in await client.namespaces.list() if name != blobs[0].namespace]
    return set().union(*await asyncio.gather(*map(held, others)))


def _images(snapshot: Snapshot, namespace: str) -> Iterable[Image]:
    return (image for image in snapshot.images.values() if image.namespace == namespace)
