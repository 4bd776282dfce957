"""OCI images and indexes made on the spot, for import into a daemon or push to a registry."""

import dataclasses
import io
import json
import platform
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .layers import Layer, busybox_layer, digest

OCI = "application/vnd.oci.image"
DOCKER = "application/vnd.docker"
MEDIA_TYPES = {
    # docker: (layer, compressed layer, config, manifest, index)
    False: (
        f"{OCI}.layer.v1.tar",
        f"{OCI}.layer.v1.tar+gzip",
        f"{OCI}.config.v1+json",
        f"{OCI}.manifest.v1+json",
        f"{OCI}.index.v1+json",
    ),
    True: (
        f"{DOCKER}.image.rootfs.diff.tar",
        f"{DOCKER}.image.rootfs.diff.tar.gzip",
        f"{DOCKER}.container.image.v1+json",
        f"{DOCKER}.distribution.manifest.v2+json",
        f"{DOCKER}.distribution.manifest.list.v2+json",
    ),
}
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
HOST = {"os": "linux", "architecture": MACHINES.get(platform.machine(), platform.machine())}
ATTESTATION = {"os": "unknown", "architecture": "unknown"}


@dataclass(frozen=True)
class Blob:
    """A piece of content with its media type."""

    media_type: str
    data: bytes

    @property
    def digest(self) -> str:
        """The OCI digest of the data."""
        return digest(self.data)

    def descriptor(self) -> dict[str, Any]:
        """Return the OCI descriptor, ready for JSON."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.data)}


@dataclass(frozen=True)
class Config:
    """What an image says about running it. `platform` has the keys os, architecture, variant."""

    env: Sequence[str] = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",)
    entrypoint: Sequence[str] = ()
    cmd: Sequence[str] = ("/bin/sh",)
    user: str = ""
    cwd: str = ""
    stop_signal: str = ""
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    platform: Mapping[str, str] = dataclasses.field(default_factory=lambda: dict(HOST))


@dataclass(frozen=True)
class Image:
    """A manifest with its config and layers, or an index with its images in `children`."""

    root: Blob
    platform: Mapping[str, str]
    blobs: tuple[Blob, ...] = ()
    children: tuple["Image", ...] = ()

    @property
    def digest(self) -> str:
        """The digest that pulling this image resolves to."""
        return self.root.digest

    def manifests(self) -> Iterator[Blob]:
        """Yield all manifests and indexes, inner ones first."""
        for child in self.children:
            yield from child.manifests()
        yield self.root

    def contents(self) -> Iterator[Blob]:
        """Yield all configs and layers."""
        yield from self.blobs
        for child in self.children:
            yield from child.contents()


def image(
    layers: Sequence[Layer], config: Config | None = None, *, docker: bool = False, **options: Any
) -> Image:
    """Make an image of these layers; `options` are fields of `Config`, `docker` is schema 2."""
    config = dataclasses.replace(config or Config(), **options)
    plain, packed, config_type, manifest_type, _ = MEDIA_TYPES[docker]
    settings = Blob(config_type, _json(_config(config, layers)))
    blobs = [Blob(packed if each.compressed else plain, each.data) for each in layers]
    manifest = {
        "schemaVersion": 2,
        "mediaType": manifest_type,
        "config": settings.descriptor(),
        "layers": [blob.descriptor() for blob in blobs],
    }
    root = Blob(manifest_type, _json(manifest))
    return Image(root, config.platform, (settings, *blobs))


def busybox(*more: Layer, docker: bool = False, **options: Any) -> Image:
    """Make an image of busybox and further layers; `options` are fields of `Config`."""
    return image([busybox_layer(), *more], docker=docker, **options)


def pause() -> Image:
    """Make an image that does nothing until it is told to end: Kubernetes' sandbox image."""
    script = "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done"
    return busybox(entrypoint=["/bin/sh", "-c", script], cmd=())


def index(images: Sequence[Image], *, docker: bool = False, attestation: bool = False) -> Image:
    """Make an index of several platforms, with BuildKit's unknown/unknown entry if asked for."""
    children = list(images)
    if attestation:
        statement = Layer(b'{"_type":"https://in-toto.io/Statement/v0.1"}', digest(b""), False)
        children.append(image([statement], platform=ATTESTATION, cmd=()))
    entries = [{**c.root.descriptor(), "platform": dict(c.platform)} for c in children]
    media_type = MEDIA_TYPES[docker][4]
    body = {"schemaVersion": 2, "mediaType": media_type, "manifests": entries}
    return Image(Blob(media_type, _json(body)), {}, children=tuple(children))


def save(path: Path, images: Mapping[str, Image]) -> Path:
    """Write an OCI layout that `ctr images import` takes; keys are full references."""
    entries = []
    blobs: dict[str, bytes] = {}
    for reference, each in images.items():
        names = {
            "io.containerd.image.name": reference,
            "org.opencontainers.image.ref.name": reference.rpartition(":")[2],
        }
        entries.append({**each.root.descriptor(), "annotations": names})
        blobs.update({b.digest: b.data for b in (*each.contents(), *each.manifests())})
    files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
    files["index.json"] = _json({"schemaVersion": 2, "manifests": entries})
    files.update({f"blobs/{name.replace(':', '/')}": blobs[name] for name in sorted(blobs)})
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def _config(config: Config, layers: Sequence[Layer]) -> dict[str, Any]:
    """Return the image config's JSON object; empty settings are left out."""
    settings = {
        "Env": list(config.env),
        "Entrypoint": list(config.entrypoint),
        "Cmd": list(config.cmd),
        "User": config.user,
        "WorkingDir": config.cwd,
        "StopSignal": config.stop_signal,
        "Labels": dict(config.labels),
    }
    return {
        "created": "2024-01-01T00:00:00Z",
        **config.platform,
        "config": {name: value for name, value in settings.items() if value},
        "rootfs": {"type": "layers", "diff_ids": [each.diff_id for each in layers]},
    }


def _json(value: Any) -> bytes:
    """Serialise in one fixed way."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
