"""What the content store holds of an image: its manifest, config, platforms and size.

Only reads. Source: containerd's `images.Manifest` and `images.Check`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

from aiocontainerd import manifests, platforms
from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition, NotFound, ResourceExhausted
from aiocontainerd.manifests import Index, Manifest
from aiocontainerd.models import Descriptor, Image, ImageDetails
from aiocontainerd.platforms import Platform
from aiocontainerd.quickdata import dataclass

_DEPTH = 4  # an index may hold indexes, but not without end
_MOST_NAMED = 20  # platforms in one error
_PULL_AGAIN = "Pull the image again."


@dataclass(frozen=True, slots=True)
class Part:
    """One manifest that an image names; `manifest` is None when its blob is not here."""

    platform: Platform | None
    at: Descriptor
    manifest: Manifest | None


async def image_config(
    client: Client, image: Image, *, namespace: str, platform: str = ""
) -> tuple[dict[str, Any], str, str, dict[str, Any]]:
    """The config of the image for this platform ("" is the host's), from the content store.

    Returns (config JSON, config digest, chain id of the whole root file system, manifest JSON).
    The chain id is "" for an image without layers. Raises NotFound when a part is missing or
    the image has no such platform, FailedPrecondition when it is broken.
    """
    wanted = platforms.parse(platform)
    _, manifest = await find_manifest(client, image, namespace=namespace, wanted=wanted)
    config = await read_config(client, manifest, namespace=namespace, subject=image.name)
    chain = manifests.chain_ids(manifests.diff_ids(config, manifest.layers, image.name))
    return config, manifest.config.digest, chain[-1] if chain else "", manifest.document


async def find_manifest(
    client: Client, image: Image, *, namespace: str, wanted: Platform
) -> tuple[Descriptor, Manifest]:
    """The manifest for this platform and its descriptor. Raises as `image_config`."""
    parts = [part async for part in parts_of(client, image.target, namespace, image.name)]
    best = platforms.choose([(part.platform, part) for part in parts], wanted)
    if best is None:
        raise no_platform(image.name, wanted, [part.platform for part in parts])
    if best.manifest is None:
        raise _missing(image.name, best.at.digest)
    return best.at, best.manifest


async def read_config(
    client: Client, manifest: Manifest, *, namespace: str, subject: str
) -> dict[str, Any]:
    """The image config's JSON. Raises NotFound, or FailedPrecondition when it is none."""
    data = await read_blob(client, manifest.config.digest, namespace)
    if data is None:
        raise _missing(subject, manifest.config.digest)
    config = manifests.json_object(data)
    if config is None:
        raise FailedPrecondition(
            "its config is not a JSON object", subject=subject, remedy="The image is broken."
        )
    return config


async def image_details(client: Client, image: Image) -> ImageDetails:
    """Size, platforms and chain id of an image; what is not here or no image is left out.

    Raises only when the daemon does not answer as it should.
    """
    try:
        parts = [p async for p in parts_of(client, image.target, image.namespace, image.name)]
    except FailedPrecondition:  # an artifact of another kind, or broken
        return ImageDetails(size=image.target.size, platforms=())
    except NotFound:  # the record points at nothing
        return ImageDetails(size=0, platforms=(), missing=True)
    present = await present_sizes(client, image, parts)
    best = platforms.choose([(part.platform, part) for part in parts], platforms.host())
    manifest = best.manifest if best else None
    needed = [manifest.config, *manifest.layers] if manifest else []
    return ImageDetails(
        size=sum(present.values()),
        platforms=tuple(dict.fromkeys(_named(parts, present))),
        chain_id=await _chain(client, manifest, image) if manifest else "",
        config_digest=manifest.config.digest if manifest else "",
        missing=any(blob.digest not in present for blob in needed)
        or (best is not None and manifest is None),
    )


def no_platform(subject: str, wanted: Platform, offered: Iterable[Platform | None]) -> NotFound:
    """The error for an image that cannot run here: what was wanted and what there is."""
    names = list(dict.fromkeys(str(p) for p in offered if p is not None and not p.is_unknown))
    there = ", ".join(names[:_MOST_NAMED]) or "none that it names"
    if len(names) > _MOST_NAMED:
        there += f" and {len(names) - _MOST_NAMED} more"
    return NotFound(
        f"the image is not made for {wanted}; it has: {there}",
        subject=subject,
        remedy="Choose one of these platforms, or another image." if names else "",
    )


async def parts_of(
    client: Client, target: Descriptor, namespace: str, subject: str, depth: int = _DEPTH
) -> AsyncIterator[Part]:
    """All manifests below a target, in the order of preference of equals."""
    parsed = await _parsed(client, target, namespace, subject)
    if isinstance(parsed, Manifest):
        yield Part(await _platform(client, parsed, namespace), target, parsed)
        return
    for platform, entry in parsed.entries:
        try:
            if entry.media_type not in manifests.INDEXES:
                yield await _entry(client, platform, entry, namespace, subject)
            elif depth > 1:
                async for part in parts_of(client, entry, namespace, subject, depth - 1):
                    yield part
        except NotFound:  # an inner index of a platform that was not pulled
            continue


async def _entry(
    client: Client, platform: Platform | None, at: Descriptor, namespace: str, subject: str
) -> Part:
    """One entry of an index; an attestation or artifact counts as one without platform."""
    try:
        parsed = await _parsed(client, at, namespace, subject)
    except NotFound:
        return Part(platform, at, None)
    except FailedPrecondition:
        return Part(None, at, None)
    if isinstance(parsed, Index):
        return Part(None, at, None)
    return Part(platform or await _platform(client, parsed, namespace), at, parsed)


async def _parsed(client: Client, at: Descriptor, namespace: str, subject: str) -> Manifest | Index:
    data = await read_blob(client, at.digest, namespace)
    if data is None:
        raise _missing(subject, at.digest)
    return manifests.parse(data, at.media_type, subject)


async def read_blob(client: Client, digest: str, namespace: str) -> bytes | None:
    """A small blob; None when it is not here or too large to be what it should be."""
    try:
        return await client.content.read_all(digest, namespace=namespace)
    except (NotFound, ResourceExhausted):
        return None


async def _platform(client: Client, manifest: Manifest, namespace: str) -> Platform | None:
    """What the config says it is for; None when that cannot be read."""
    data = await read_blob(client, manifest.config.digest, namespace)
    return manifests.platform_of(manifests.json_object(data or b""))


async def present_sizes(client: Client, image: Image, parts: list[Part]) -> dict[str, int]:
    """Digest → size of the blobs of this image that are in the content store."""
    wanted = {image.target.digest}
    for part in parts:
        wanted.add(part.at.digest)
        if part.manifest is not None:
            wanted.update(d.digest for d in (part.manifest.config, *part.manifest.layers))
    sizes = await asyncio.gather(*(_size(client, digest, image.namespace) for digest in wanted))
    return {digest: size for digest, size in zip(wanted, sizes, strict=True) if size is not None}


async def _size(client: Client, digest: str, namespace: str) -> int | None:
    try:
        return (await client.content.info(digest, namespace=namespace)).size
    except NotFound:
        return None


def _named(parts: list[Part], present: dict[str, int]) -> Iterable[str]:
    """The platforms whose config is here."""
    for part in parts:
        known = part.platform is not None and not part.platform.is_unknown
        if known and part.manifest and part.manifest.config.digest in present:
            yield str(part.platform)


async def _chain(client: Client, manifest: Manifest, image: Image) -> str:
    try:
        config = await read_config(client, manifest, namespace=image.namespace, subject=image.name)
        chain = manifests.chain_ids(manifests.diff_ids(config, manifest.layers, image.name))
    except (NotFound, FailedPrecondition):
        return ""
    return chain[-1] if chain else ""


def _missing(subject: str, digest: str) -> NotFound:
    return NotFound(f"{digest} is not in the content store", subject=subject, remedy=_PULL_AGAIN)
