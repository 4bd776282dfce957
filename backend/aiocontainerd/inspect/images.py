"""An image for its page: config, platforms, layers beside the lines that made them; its JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiocontainerd import platforms
from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition, NotFound
from aiocontainerd.imageinfo import Part, parts_of, present_sizes, read_blob
from aiocontainerd.inspect.cutting import Parsed, parse
from aiocontainerd.inspect.documents import Document
from aiocontainerd.manifests import MANIFEST_LIMIT
from aiocontainerd.models import Descriptor, Image
from aiocontainerd.safe import safe

_LONGEST = 4_000  # characters of one history line
_MOST = 1_000  # history lines


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the history and the layer that it made, where it made one.

    `layer` is None for a step that changed only the config; `is_here`: its blob is in the content
    store (CRI may discard it once it is unpacked). `made_by` is "" for a layer without history.
    """

    made_by: str
    comment: str = ""
    layer: Descriptor | None = None
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class PlatformPart:
    """One manifest of the image. `here` of `size` bytes are in the content store.

    `platform` is "" for what has none: an attestation, an artifact. `is_host`: this host runs it.
    """

    platform: str
    digest: str
    size: int
    here: int
    is_whole: bool
    is_host: bool


@dataclass(frozen=True, slots=True)
class ImagePage:
    """What the content store holds of an image.

    `config` is the JSON of the config for this host, raw; {} where `problem` says why not.
    """

    config: dict[str, Any] = field(hash=False)
    problem: str = ""
    steps: tuple[Step, ...] = ()
    platforms: tuple[PlatformPart, ...] = ()


async def image_page(client: Client, image: Image) -> ImagePage:
    """Read it; what is missing or broken is said in the page. Raises only for the daemon's own."""
    try:
        parts = [p async for p in parts_of(client, image.target, image.namespace, image.name)]
    except (NotFound, FailedPrecondition) as error:
        return ImagePage({}, f"{error.what}")
    present = await present_sizes(client, image, parts)
    wanted = platforms.host()
    best = platforms.choose([(part.platform, part) for part in parts], wanted)
    listed = tuple(_platform(part, present, part is best) for part in parts)
    if best is None:
        return ImagePage({}, f"it has nothing for this host ({wanted})", platforms=listed)
    if best.manifest is None:
        return ImagePage({}, f"{best.at.digest} is not in the content store", platforms=listed)
    found = await _json(client, best.manifest.config.digest, image.namespace)
    config = found.value if isinstance(found.value, dict) else {}
    problem = found.problem or ("" if config else "its config is no JSON object")
    steps = tuple(_steps(config.get("history"), best.manifest.layers, present))
    return ImagePage(config, problem, steps, listed)


async def _json(client: Client, digest: str, namespace: str) -> Parsed:
    data = await read_blob(client, digest, namespace)
    if data is None:
        return Parsed(None, f"{digest} is not in the content store, or is no config")
    return parse(data, whole=MANIFEST_LIMIT >> 1)


def _steps(
    history: object, layers: Sequence[Descriptor], present: dict[str, int]
) -> Iterator[Step]:
    """The lowest first. A history that does not fit the layers is shown as far as it goes."""
    lines = (
        [each for each in history if isinstance(each, dict)] if isinstance(history, list) else []
    )
    left = iter(layers)
    for line in lines[:_MOST]:
        layer = None if line.get("empty_layer") is True else next(left, None)
        texts = [line.get("created_by"), line.get("comment")]
        made_by, comment = [safe(t[:_LONGEST]) if isinstance(t, str) else "" for t in texts]
        yield Step(made_by, comment, layer, layer is not None and layer.digest in present)
    for layer in left:
        yield Step("", "", layer, layer.digest in present)


def _platform(part: Part, present: dict[str, int], is_host: bool) -> PlatformPart:
    named = part.platform is not None and not part.platform.is_unknown
    blobs = [part.at]
    if part.manifest is not None:
        blobs += [part.manifest.config, *part.manifest.layers]
    here = sum(present.get(blob.digest, 0) for blob in blobs)
    whole = part.manifest is not None and all(blob.digest in present for blob in blobs)
    size = sum(blob.size for blob in blobs)
    name = safe(str(part.platform)) if named else ""
    return PlatformPart(name, part.at.digest, size, here, whole, is_host)


async def image_document(client: Client, image: Image) -> Document:
    """The record, and the JSON of its index, manifest and config for this host, as far as here."""
    record: Document = {
        "name": image.name,
        "labels": dict(sorted(image.labels.items())),
        "target": _descriptor(image.target),
        "created_at": image.created_at.isoformat() if image.created_at else None,
        "updated_at": image.updated_at.isoformat() if image.updated_at else None,
    }
    document: Document = {"image": record}
    top = await _json(client, image.target.digest, image.namespace)
    is_index = isinstance(top.value, dict) and "manifests" in top.value
    document["index" if is_index else "manifest"] = _shown(top)
    try:
        parts = [p async for p in parts_of(client, image.target, image.namespace, image.name)]
    except (NotFound, FailedPrecondition):
        return document
    best = platforms.choose([(part.platform, part) for part in parts], platforms.host())
    if best is not None and is_index:
        document["manifest"] = _shown(await _json(client, best.at.digest, image.namespace))
    if best is not None and best.manifest is not None:
        digest = best.manifest.config.digest
        document["config"] = _shown(await _json(client, digest, image.namespace))
    return document


def _shown(found: Parsed) -> Any:
    return {"@problem": found.problem, "value": found.value} if found.problem else found.value


def _descriptor(at: Descriptor) -> Document:
    more = {"annotations": dict(at.annotations)} if at.annotations else {}
    return {"media_type": at.media_type, "digest": at.digest, "size": at.size, **more}
