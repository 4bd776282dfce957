"""The image that a container is to be made from: by name, with its config and its layers."""

from dataclasses import dataclass

from aiocontainerd import reference
from aiocontainerd.client import Client
from aiocontainerd.errors import NotFound
from aiocontainerd.image_config import ImageConfig
from aiocontainerd.imageinfo import image_config
from aiocontainerd.models import Image
from aiocontainerd.safe import safe

# Configs by the digest of what the name points to: content never changes. Bounded, for a
# session that sees many images.
_CONFIGS: dict[str, tuple[ImageConfig, str]] = {}
_CONFIGS_MAX = 64


@dataclass(frozen=True, slots=True)
class Chosen:
    """An image of this host's platform; `chain_id` names its unpacked layers."""

    image: Image
    config: ImageConfig
    chain_id: str


async def choose(client: Client, name: str, namespace: str) -> Chosen:
    """Find the image and read its config, for the platform of this host.

    Raises NotFound (no such image, or a part of it is missing), InvalidArgument (what is no
    reference, or a config that is none), FailedPrecondition (a broken image).
    """
    image = await find_image(client, name, namespace)
    digest = image.target.digest
    if digest not in _CONFIGS:
        document, _, chain_id, _ = await image_config(client, image, namespace=namespace)
        config = ImageConfig.from_json(document)
        while len(_CONFIGS) >= _CONFIGS_MAX:
            del _CONFIGS[next(iter(_CONFIGS))]
        _CONFIGS[digest] = config, chain_id
    return Chosen(image, *_CONFIGS[digest])


async def find_image(client: Client, name: str, namespace: str) -> Image:
    """The image of exactly this name, else of the full name that is meant by it.

    Raises NotFound with a remedy, InvalidArgument for what is no reference.
    """
    try:
        return await client.images.get(name, namespace=namespace)
    except NotFound:
        full = str(reference.parse(name))
    try:
        if full != name:
            return await client.images.get(full, namespace=namespace)
    except NotFound:
        pass
    raise NotFound(
        f"there is no such image in the namespace '{namespace}'",
        subject=safe(name),
        remedy=f"Pull it first: {safe(full)}",
    )
