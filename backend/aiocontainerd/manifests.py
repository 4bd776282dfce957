"""Manifests and indexes of images: reading them with care, and the labels that bind their parts.

Sources: OCI image-spec `manifest.md` and `image-index.md`, Docker's schema 2, and containerd's
`images.ChildGCLabels`. The JSON comes from a registry, so nothing in it is taken on trust.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.models import Descriptor
from aiocontainerd.platforms import Platform, normalised
from aiocontainerd.quickdata import dataclass
from aiocontainerd.safe import safe
from aiocontainerd.shortsums import sha256_of

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
INDEXES = frozenset({DOCKER_LIST, OCI_INDEX})
MANIFESTS = frozenset({DOCKER_MANIFEST, OCI_MANIFEST})
ACCEPT = ", ".join((DOCKER_MANIFEST, DOCKER_LIST, OCI_MANIFEST, OCI_INDEX, "*/*"))
_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1"
_CONFIGS = frozenset(
    {
        "application/vnd.docker.container.image.v1+json",
        "application/vnd.oci.image.config.v1+json",
    }
)
MANIFEST_LIMIT = 4 << 20  # bytes, as in containerd
DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")
_GC = "containerd.io/gc.ref.content."


@dataclass(frozen=True, slots=True)
class Manifest:
    """One image of one platform; `document` is its parsed JSON."""

    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Index:
    """Several manifests (or further indexes); a platform is None where the index names none."""

    media_type: str
    entries: tuple[tuple[Platform | None, Descriptor], ...]

    @property
    def platforms(self) -> tuple[str, ...]:
        """What it offers, as text, without attestations."""
        known = [str(p) for p, _ in self.entries if p is not None and not p.is_unknown]
        return tuple(dict.fromkeys(known))


def parse(data: bytes, media_type: str, subject: str) -> Manifest | Index:
    """Read a manifest or an index; `media_type` is what its server or index calls it, or "".

    Raises FailedPrecondition when it is neither.
    """
    document = _document(data, subject)
    kind = document.get("mediaType")
    kind = kind if isinstance(kind, str) and kind else media_type
    if kind.startswith(_SCHEMA_1) or document.get("schemaVersion") == 1:
        raise FailedPrecondition(
            "the image is in Docker's schema 1 format, which containerd does not take",
            subject=subject,
            remedy="Push it again with a current tool, for example `docker buildx build --push`.",
        )
    has_parts, has_entries = "layers" in document or "config" in document, "manifests" in document
    if has_parts == has_entries:  # both: two readers could see two images (CVE-2021-41190)
        raise _broken("it is neither an image manifest nor an index", subject)
    if has_entries:
        kind = kind if kind in INDEXES else OCI_INDEX
        return Index(kind, _entries(document, subject))
    kind = kind if kind in MANIFESTS else OCI_MANIFEST
    return Manifest(kind, *_parts(document, subject), document)


def descriptor_of(value: object, subject: str) -> Descriptor:
    """Check a descriptor's JSON; annotations are left out, as containerd's client does."""
    if not isinstance(value, dict):
        raise _broken("a descriptor in it is not an object", subject)
    digest, size, kind = value.get("digest"), value.get("size"), value.get("mediaType")
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise _broken("a digest in it is not one", subject)
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 1 << 62:
        raise _broken(f"the size of {digest} in it is not one", subject)
    if not isinstance(kind, str):
        raise _broken(f"the media type of {digest} in it is not one", subject)
    return Descriptor(safe(kind), digest, size)


def platform_of(value: object) -> Platform | None:
    """The platform in an index entry or an image config; None if it has none."""
    if not isinstance(value, dict):
        return None
    parts = [value.get(key) for key in ("os", "architecture", "variant")]
    texts = [part if isinstance(part, str) else "" for part in parts]
    return normalised(*texts) if texts[0] and texts[1] else None


def diff_ids(config: dict[str, Any], layers: Sequence[Descriptor], subject: str) -> tuple[str, ...]:
    """The digests of the uncompressed layers, the lowest first, one for each of `layers`.

    Raises FailedPrecondition: without one for each, a container would run on half an image.
    """
    rootfs = config.get("rootfs")
    found = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    texts = [item for item in found or () if isinstance(item, str) and DIGEST.fullmatch(item)]
    if not isinstance(found, list | None) or len(texts) != len(found or ()):
        raise _broken("the diff ids of its config are not digests", subject)
    if len(texts) != len(layers):
        what = f"its manifest has {len(layers)} layers and its config {len(texts)}"
        raise _broken(what, subject)
    return tuple(texts)


def chain_ids(diffs: Iterable[str]) -> tuple[str, ...]:
    """The names of the snapshots of these layers: each stands for all layers up to it."""
    chain: list[str] = []
    for diff in diffs:
        text = f"{chain[-1]} {diff}" if chain else ""
        chain.append(f"sha256:{sha256_of(text.encode())}" if text else diff)
    return tuple(chain)


def child_labels(parsed: Manifest | Index) -> dict[str, str]:
    """The labels of a manifest or index that keep its parts from the garbage collector."""
    if isinstance(parsed, Index):
        children = [entry for _, entry in parsed.entries]
    else:
        children = [parsed.config, *parsed.layers]
    labels: dict[str, str] = {}
    counts: dict[str, int] = {}
    for child in children:
        prefix = _label_prefix(child.media_type)
        count = counts[prefix] = counts.get(prefix, -1) + 1
        labels[prefix if prefix.endswith("config") else f"{prefix}{count}"] = child.digest
    return labels


def is_layer(media_type: str) -> bool:
    """A file system layer, of either family."""
    return media_type.startswith(
        ("application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs.")
    )


def _label_prefix(media_type: str) -> str:
    if media_type in _CONFIGS:
        return f"{_GC}config"
    if media_type in MANIFESTS:
        return f"{_GC}m."
    return f"{_GC}l." if is_layer(media_type) else _GC


def json_object(data: bytes) -> dict[str, Any] | None:
    """The JSON object in these bytes, None when there is none."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _document(data: bytes, subject: str) -> dict[str, Any]:
    document = json_object(data)
    if document is None:
        raise _broken("its manifest is not a JSON object", subject)
    return document


def _parts(document: dict[str, Any], subject: str) -> tuple[Descriptor, tuple[Descriptor, ...]]:
    """Config and layers of a manifest."""
    layers = document.get("layers") or []
    if not isinstance(layers, list):
        raise _broken("its layers are not a list", subject)
    config = descriptor_of(document.get("config"), subject)
    return config, tuple(descriptor_of(item, subject) for item in layers)


def _entries(
    document: dict[str, Any], subject: str
) -> tuple[tuple[Platform | None, Descriptor], ...]:
    entries = document.get("manifests") or []
    if not isinstance(entries, list):
        raise _broken("its manifests are not a list", subject)
    found = [(descriptor_of(item, subject), item) for item in entries]
    return tuple((platform_of(item.get("platform")), at) for at, item in found)


def _broken(what: str, subject: str) -> FailedPrecondition:
    return FailedPrecondition(
        what, subject=subject, remedy="The image is broken: it must be built or pushed again."
    )
