"""A full disk: what deleting images that nothing uses would give back."""

import asyncio
from contextlib import suppress

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError
from aiocontainerd.models import Snapshot

NO_SPACE = "no space left on device"
_SECONDS = 8.0
_NOTHING_KEPT = "Nothing of this pull was kept."
_PINNED = "io.cri-containerd.pinned"


async def way_to_room(client: Client) -> str:
    """Sentences for the user: how much images without a container hold, and where.

    Says less when the daemon does not tell in time; never raises.
    """
    found: dict[str, int] = {}
    with suppress(ContainerdError, TimeoutError):
        async with asyncio.timeout(_SECONDS):
            for namespace in await client.namespaces.list():
                found[namespace] = await _unused(client, namespace)
    held = {name: size for name, size in found.items() if size}
    if not held:
        return f"{_NOTHING_KEPT} Delete images or containers to make room."
    where = ", ".join(f"{_megabytes(held[name])} in {name}" for name in sorted(held))
    return f"{_NOTHING_KEPT} Deleting the images that no container uses would free {where}."


async def _unused(client: Client, namespace: str) -> int:
    """Bytes that would be free without this namespace's unused images, pinned ones apart."""
    from aiocontainerd.operations import images as plans  # they import the pull

    images = await client.images.list(namespace=namespace)
    containers = await client.containers.list(namespace=namespace)
    used = {container.image_key for container in containers}
    world = Snapshot(
        images={image.key: image for image in images},
        containers={container.key: container for container in containers},
    )
    graph = await plans.graph_of(client, world, namespace)
    before = graph.reachable()
    graph.roots -= {
        ("image", image.key.id)
        for image in images
        if image.key not in used and image.labels.get(_PINNED) != "pinned"
    }
    lost = before - graph.reachable()
    blobs = {node for node in lost if node in graph.sizes}
    blobs -= await plans.elsewhere(client, namespace, blobs)
    layers = [node for node in lost if node[0] == "snapshot"]
    usage = await plans.usages(client, namespace, layers)
    return sum(graph.sizes[node] for node in blobs) + sum(usage)


def _megabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 10**9 else f"{max(size / 1e6, 0.1):.1f} MB"
