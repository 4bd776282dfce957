"""Whole images for a world: record, index-free manifest, config, layers and their snapshots."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiocontainerd import platforms
from aiocontainerd.manifests import chain_ids
from aiocontainerd.pb import content_pb2, images_pb2, snapshots_pb2
from aiocontainerd.pb.types_pb2 import Descriptor
from aiocontainerd.simulator.world import Blob, StoredSnapshot, World

_OCI = "application/vnd.oci.image"
MANIFEST = f"{_OCI}.manifest.v1+json"
CONFIG = f"{_OCI}.config.v1+json"
LAYER = f"{_OCI}.layer.v1.tar+gzip"
_UNPACKED = 2.5  # how much larger a layer is on disk than in its blob


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer whose bytes nobody reads: `size` is its blob's."""

    digest: str
    diff_id: str
    size: int


@dataclass(frozen=True, slots=True)
class ImageParts:
    """An image as a registry would hold it."""

    name: str
    manifest: bytes
    config: bytes
    layers: tuple[Layer, ...]

    @property
    def target(self) -> Descriptor:
        """What the name points to."""
        size = len(self.manifest)
        return Descriptor(media_type=MANIFEST, digest=digest(self.manifest), size=size)

    @property
    def chain(self) -> tuple[str, ...]:
        """The chain ids of its layers, the lowest first."""
        return tuple(chain_ids([layer.diff_id for layer in self.layers]))


def digest(data: bytes) -> str:
    """Its sha256 digest."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def layer(seed: str, size: int) -> Layer:
    """A layer that is told from others by `seed`; equal seeds are one layer of several images."""
    return Layer(digest(f"layer {seed}".encode()), digest(f"diff {seed}".encode()), size)


def make_image(
    name: str,
    layers: Sequence[Layer],
    config: Mapping[str, Any],
    *,
    platform: str = "",
    history: Sequence[Mapping[str, Any]] = (),
) -> ImageParts:
    """The parts of an image for one platform ("" is the host's).

    `config` is the OCI config's inner part: Env, Entrypoint, Cmd, User, WorkingDir, Labels, …;
    `history` is the OCI config's own.
    """
    wanted = platforms.parse(platform)
    document = {
        "created": "2026-01-01T00:00:00Z",
        "os": wanted.os,
        "architecture": wanted.architecture,
        **({"variant": wanted.variant} if wanted.variant else {}),
        "config": dict(config),
        **({"history": [dict(line) for line in history]} if history else {}),
        "rootfs": {"type": "layers", "diff_ids": [one.diff_id for one in layers]},
    }
    inner = _json(document)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "digest": digest(inner), "size": len(inner)},
        "layers": [{"mediaType": LAYER, "digest": one.digest, "size": one.size} for one in layers],
    }
    return ImageParts(name, _json(manifest), inner, tuple(layers))


def put_image(
    world: World,
    namespace: str,
    parts: ImageParts,
    *,
    labels: Mapping[str, str] | None = None,
    snapshotter: str = "overlayfs",
    unpacked: bool = True,
) -> images_pb2.Image:
    """As if it had been pulled long ago: nothing is published."""
    put_content(world, namespace, parts, snapshotter=snapshotter if unpacked else "")
    if unpacked:
        put_snapshots(world, namespace, parts, snapshotter)
    stamp = world.stamp()
    image = images_pb2.Image(
        name=parts.name.encode(),
        target=parts.target,
        labels=dict(labels or {}),
        created_at=stamp,
        updated_at=stamp,
    )
    world.space(namespace).images[image.name] = image
    return image


def put_content(
    world: World, namespace: str, parts: ImageParts, *, snapshotter: str = "overlayfs"
) -> None:
    """Its blobs, labelled as after a pull, and after the unpacking if there is a snapshotter."""
    refs = {
        "containerd.io/gc.ref.content.config": digest(parts.config),
        **{
            f"containerd.io/gc.ref.content.l.{number}": one.digest
            for number, one in enumerate(parts.layers)
        },
    }
    put_blob(world, namespace, parts.manifest, refs)
    chain = parts.chain
    held = {f"containerd.io/gc.ref.snapshot.{snapshotter}": chain[-1]} if chain else {}
    put_blob(world, namespace, parts.config, held if snapshotter else {})
    for one in parts.layers:
        unpacked = {"containerd.io/uncompressed": one.diff_id} if snapshotter else {}
        put_blob(world, namespace, None, unpacked, digest_=one.digest, size=one.size)


def put_blob(
    world: World,
    namespace: str,
    data: bytes | None,
    labels: Mapping[str, str],
    *,
    digest_: str = "",
    size: int = 0,
) -> None:
    """One blob, unless it is there; without `data` it is one that nobody reads."""
    name = digest_ or digest(data or b"")
    content = world.space(namespace).content
    if name in content:
        content[name].info.labels.update(labels)
        return
    stamp = world.stamp()
    info = content_pb2.Info(
        digest=name,
        size=size if data is None else len(data),
        created_at=stamp,
        updated_at=stamp,
        labels=dict(labels),
    )
    content[name] = Blob(info, data)


def put_snapshots(world: World, namespace: str, parts: ImageParts, snapshotter: str) -> None:
    """One committed snapshot for each layer, each on the one below it."""
    snapshots, parent, now = world.space(namespace).snapshots, "", world.now()
    for one, name in zip(parts.layers, parts.chain, strict=True):
        if (snapshotter, name) not in snapshots:
            snapshots[snapshotter, name] = StoredSnapshot(
                name,
                parent,
                snapshots_pb2.KIND_COMMITTED,
                now,
                now,
                size=int(one.size * _UNPACKED),
                inodes=1 + one.size // 30_000,
            )
        parent = name


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
