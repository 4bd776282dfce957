"""The sample image's bytes: the same busybox gives the same ones, on every machine and day."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.models import Descriptor
from aiocontainerd.sample.elf import read_program

SAMPLE_NAME = "localhost/ctdeck/busybox:latest"
_OCI = "application/vnd.oci.image"
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_FOLDERS = {
    **dict.fromkeys(("bin", "dev", "etc", "home", "home/user", "mnt", "proc", "run", "sys"), 0o755),
    **dict.fromkeys(("usr", "usr/bin", "var", "var/log"), 0o755),
    "root": 0o700,
    "tmp": 0o1777,
}
_PASSWD = """\
root:x:0:0:root:/root:/bin/sh
user:x:1000:1000:user:/home/user:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/false
"""
_GROUP = "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n"
# What runs when no command is given: something to see in the log, that stops when told to.
_TICK = """\
#!/bin/sh
trap 'echo "told to stop"; exit 0' TERM INT
echo "the sample of ctdeck, on $(hostname)"
while :; do date; sleep 5 & wait $!; done
"""


@dataclass(frozen=True, slots=True)
class Blob:
    """One piece of content."""

    data: bytes
    descriptor: Descriptor


@dataclass(frozen=True, slots=True)
class Sample:
    """The image: one uncompressed layer, so its digest is the diff id and the chain id too."""

    manifest: Blob
    config: Blob
    layer: Blob


def make_sample(busybox: bytes, applets: Iterable[str]) -> Sample:
    """Build the image. `applets` are the names that busybox answers to.

    Raises InvalidArgument when the program is not a static ELF.
    """
    program = read_program(busybox)
    if not program.static:
        raise InvalidArgument(
            "this busybox needs libraries", remedy="Install the package busybox-static."
        )
    layer = _blob("layer.v1.tar", _tar(busybox, applets))
    config = _blob("config.v1+json", _json(_config(program.architecture, layer)))
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.manifest.v1+json",
        "config": _entry(config),
        "layers": [_entry(layer)],
    }
    return Sample(_blob("manifest.v1+json", _json(manifest)), config, layer)


def _tar(busybox: bytes, applets: Iterable[str]) -> bytes:
    """The layer, without anything that depends on the moment or the machine."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, mode in sorted(_FOLDERS.items()):
            _add(tar, name, tarfile.DIRTYPE, mode=mode, owner=1000 if name == "home/user" else 0)
        _add(tar, "bin/busybox", tarfile.REGTYPE, busybox)
        _add(tar, "bin/tick", tarfile.REGTYPE, _TICK.encode())
        for applet in sorted(set(applets) - {"busybox", "tick"}):
            _add(tar, f"bin/{applet}", tarfile.SYMTYPE, target="busybox")
        _add(tar, "usr/bin/env", tarfile.SYMTYPE, target="/bin/busybox")
        _add(tar, "etc/passwd", tarfile.REGTYPE, _PASSWD.encode(), mode=0o644)
        _add(tar, "etc/group", tarfile.REGTYPE, _GROUP.encode(), mode=0o644)
    return buffer.getvalue()


def _add(
    tar: tarfile.TarFile,
    name: str,
    kind: bytes,
    data: bytes = b"",
    *,
    mode: int = 0o755,
    target: str = "",
    owner: int = 0,
) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.size, info.linkname = kind, mode, len(data), target
    info.uid = info.gid = owner
    tar.addfile(info, io.BytesIO(data))


def _config(architecture: str, layer: Blob) -> dict[str, Any]:
    """The OCI image config. The date is fixed: the age of the record tells when it was made."""
    return {
        "created": "1970-01-01T00:00:00Z",
        "architecture": architecture,
        "os": "linux",
        "config": {
            "Env": [_PATH],
            "Cmd": ["tick"],
            "Labels": {
                "org.opencontainers.image.title": "ctdeck's sample: busybox of this host",
                "org.opencontainers.image.description": "made by ctdeck, to try things with",
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [layer.descriptor.digest]},
    }


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _blob(kind: str, data: bytes) -> Blob:
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return Blob(data, Descriptor(f"{_OCI}.{kind}", digest, len(data)))


def _entry(blob: Blob) -> dict[str, Any]:
    it = blob.descriptor
    return {"mediaType": it.media_type, "digest": it.digest, "size": it.size}
