"""Layers into snapshots: the daemon untars each (Diff.Apply), in order, on top of the last.

Source: containerd's `core/unpack` and `rootfs.ApplyLayer`.
"""

import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from aiocontainerd import imageinfo, manifests, platforms
from aiocontainerd.client import Client
from aiocontainerd.errors import AlreadyExists, ContainerdError, FailedPrecondition, NotFound
from aiocontainerd.models import Descriptor, Image
from aiocontainerd.pull.place import Place
from aiocontainerd.pull.progress import LayerStage
from aiocontainerd.services.leases import purpose
from aiocontainerd.settled import settled

_TRIES = 5
_REF_LABEL = "containerd.io/snapshot.ref"
_UNCOMPRESSED = "containerd.io/uncompressed"

Ready = Callable[[int], Awaitable[object]]
Report = Callable[[str, LayerStage], None]


async def unpack_image(
    client: Client,
    image: Image,
    *,
    namespace: str,
    snapshotter: str = "",
    platform: str = "",
    lease: str = "",
) -> str:
    """Unpack an image whose content is here; returns the chain id of its root file system.

    Does only what is not done yet. Without `snapshotter` the namespace's default, without
    `lease` one of its own for the time it takes. Raises NotFound when content is missing or not
    for this platform, FailedPrecondition for a broken image.
    """
    snapshotter = snapshotter or await default_snapshotter(client, namespace)
    if lease:
        place = Place(client, namespace, snapshotter, lease)
        return await _unpack_image(place, image, platform)
    labels = purpose("unpack", image.name)
    async with client.leases.held(namespace=namespace, sync_on_error=True, labels=labels) as held:
        place = Place(client, namespace, snapshotter, held)
        return await _unpack_image(place, image, platform)


async def default_snapshotter(client: Client, namespace: str) -> str:
    """The namespace's label, else overlayfs or native. Raises FailedPrecondition for neither."""
    from aiocontainerd.operations.defaults import defaults  # it may import us

    return (await defaults(client, namespace)).snapshotter


async def unpack(
    place: Place,
    layers: Sequence[Descriptor],
    diff_ids: Sequence[str],
    *,
    subject: str,
    ready: Ready,
    report: Report,
) -> str:
    """Unpack each layer as soon as `ready(position)` says that it is here; returns the chain id.

    A layer whose snapshot exists is not unpacked again. Raises FailedPrecondition when a layer
    is not what the config says.
    """
    parent = ""
    chain = manifests.chain_ids(diff_ids)
    for position, (layer, diff_id, name) in enumerate(zip(layers, diff_ids, chain, strict=True)):
        await ready(position)
        report(layer.digest, "unpacking")
        if await _layer(place, layer, diff_id, name, parent, subject):
            await place.client.content.update_labels(
                layer.digest,
                {_UNCOMPRESSED: diff_id},
                namespace=place.namespace,
                lease=place.lease,
            )
        report(layer.digest, "unpacked")
        parent = name
    return parent


async def bind_chain(place: Place, config_digest: str, chain_id: str) -> None:
    """Let the image's config keep the snapshots from the garbage collector."""
    if chain_id:
        label = f"containerd.io/gc.ref.snapshot.{place.snapshotter}"
        await place.client.content.update_labels(
            config_digest, {label: chain_id}, namespace=place.namespace, lease=place.lease
        )


async def _unpack_image(place: Place, image: Image, platform: str) -> str:
    client, namespace = place.client, place.namespace
    wanted = platforms.parse(platform)
    _, manifest = await imageinfo.find_manifest(client, image, namespace=namespace, wanted=wanted)
    config = await imageinfo.read_config(client, manifest, namespace=namespace, subject=image.name)
    layers = manifest.layers
    chain_id = await unpack(
        place,
        layers,
        manifests.diff_ids(config, layers, image.name),
        subject=image.name,
        # Asks for the content first: what is missing is named, and the lease holds the rest.
        ready=lambda position: client.content.info(layers[position].digest, namespace=namespace),
        report=lambda digest, stage: None,
    )
    await bind_chain(place, manifest.config.digest, chain_id)
    return chain_id


async def _layer(
    place: Place, layer: Descriptor, diff_id: str, chain_id: str, parent: str, subject: str
) -> bool:
    """One layer; False when its snapshot was there."""
    snapshots = place.client.snapshots
    where: dict[str, Any] = {"snapshotter": place.snapshotter, "namespace": place.namespace}
    for _ in range(_TRIES):
        key = f"extract-{time.time_ns() % 10**9}-{secrets.token_urlsafe(3)} {chain_id}"
        try:
            # With this label an existing snapshot is refused here, and our lease holds it.
            mounts = await snapshots.prepare(
                key, parent, labels={_REF_LABEL: chain_id}, lease=place.lease, **where
            )
        except AlreadyExists:
            with suppress(NotFound):  # it went in between: make it after all
                await snapshots.stat(chain_id, **where)
                return False
            continue
        try:
            applied = await place.client.diff.apply(
                layer, mounts, namespace=place.namespace, lease=place.lease
            )
            _check(applied.digest, diff_id, layer, subject)
            await snapshots.commit(chain_id, key, lease=place.lease, **where)
        except BaseException as error:
            await settled(_remove(place, key))
            if isinstance(error, AlreadyExists):  # another pull was faster
                return False
            raise
        return True
    raise FailedPrecondition(
        f"the snapshot {chain_id} cannot be made: others make and delete it all the time",
        subject=subject,
        remedy="Try again.",
    )


async def _remove(place: Place, key: str) -> None:
    with suppress(ContainerdError):  # the lease's end takes it, too
        await place.client.snapshots.remove(
            key, snapshotter=place.snapshotter, namespace=place.namespace
        )


def _check(applied: str, diff_id: str, layer: Descriptor, subject: str) -> None:
    if applied != diff_id:
        raise FailedPrecondition(
            f"the layer {layer.digest} unpacks to {applied}, but the config says {diff_id}",
            subject=subject,
            remedy="The image is broken, or not what it claims to be: do not use it.",
        )
