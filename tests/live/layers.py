"""Layers of OCI images, made in memory and byte for byte the same on each run."""

import functools
import gzip
import hashlib
import io
import random
import struct
import subprocess
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .debian import unpacked

MIB = 1024 * 1024
PASSWD = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home/app:/bin/sh\n"
GROUP = "root:x:0:\ndaemon:x:1:root\napp:x:1000:\naudio:x:29:app\nvideo:x:44:app\n"


def digest(data: bytes) -> str:
    """Return the OCI digest of `data`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass(frozen=True)
class Layer:
    """A layer as it is stored, and the digest of its tar ("diff id")."""

    data: bytes
    diff_id: str
    compressed: bool


@dataclass(frozen=True)
class Entry:
    """One file, folder or symbolic link of a layer; `path` has no leading slash."""

    path: str
    data: bytes = b""
    kind: Literal["file", "dir", "link"] = "file"
    target: str = ""
    mode: int = 0o755
    uid: int = 0
    gid: int = 0


def layer(entries: Iterable[Entry], *, compress: bool = True) -> Layer:
    """Pack entries into a layer, in the order given."""
    return tar_layer(_tar(entries), compress=compress)


def tar_layer(tar: bytes, *, compress: bool = True, level: int = 6) -> Layer:
    """Make a layer of a ready tar, which may be a hostile one."""
    data = gzip.compress(tar, level, mtime=0) if compress else tar
    return Layer(data, digest(tar), compress)


def filler(
    count: int, size: int, kind: Literal["random", "zero"] = "random", seed: int = 0
) -> list[Layer]:
    """Return `count` different layers, each with one file of `size` bytes below /filler.

    Random bytes keep their size when compressed, zeros all but vanish.
    """
    return [_filler(number, size, kind, seed) for number in range(count)]


@functools.cache
def busybox_layer() -> Layer:
    """Return a layer with busybox, a link for each applet, and the users root and app (1000)."""
    program = busybox_program()
    applets = subprocess.run([program, "--list"], capture_output=True, text=True, check=True)
    folders = ["bin", "dev", "etc", "home", "home/app", "proc", "root", "sys", "tmp", "usr", "var"]
    modes = {"tmp": 0o1777, "root": 0o700}
    entries = [Entry(name, kind="dir", mode=modes.get(name, 0o755)) for name in folders]
    entries.append(Entry("bin/busybox", program.read_bytes()))
    for applet in sorted(set(applets.stdout.split()) - {"busybox"}):
        entries.append(Entry(f"bin/{applet}", kind="link", target="busybox"))
    entries.append(Entry("etc/passwd", PASSWD.encode(), mode=0o644))
    entries.append(Entry("etc/group", GROUP.encode(), mode=0o644))
    return layer(entries)


def busybox_program() -> Path:
    """Return a static busybox: the host's if it is one, else Debian's busybox-static."""
    host = Path("/usr/bin/busybox")
    if host.exists() and not _needs_loader(host.read_bytes()):
        return host
    _, folder = unpacked("busybox-static", "bookworm")
    return next(p for p in (folder / "usr/bin/busybox", folder / "bin/busybox") if p.exists())


def _tar(entries: Iterable[Entry]) -> bytes:
    """Write a tar without anything that depends on the moment or the machine."""
    kinds = {"file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "link": tarfile.SYMTYPE}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for entry in entries:
            info = tarfile.TarInfo(entry.path)
            info.type, info.linkname, info.mode = kinds[entry.kind], entry.target, entry.mode
            info.uid, info.gid, info.size = entry.uid, entry.gid, len(entry.data)
            tar.addfile(info, io.BytesIO(entry.data))
    return buffer.getvalue()


def _filler(number: int, size: int, kind: str, seed: int) -> Layer:
    """Make one filler layer, named by its number so that equal contents differ."""
    if kind == "zero":
        data = bytes(size)
    else:
        source = random.Random(f"{seed}/{number}")
        chunks = [source.randbytes(min(MIB, size - at)) for at in range(0, size, MIB)]
        data = b"".join(chunks)
    entries = [Entry("filler", kind="dir"), Entry(f"filler/{number}", data, mode=0o644)]
    return tar_layer(_tar(entries), level=1)


def _needs_loader(program: bytes) -> bool:
    """Tell whether a 64-bit ELF program is dynamically linked (it names an interpreter)."""
    table, size, count = struct.unpack_from("<Q14xHH", program, 32)
    kinds = [struct.unpack_from("<I", program, table + size * i)[0] for i in range(count)]
    return 3 in kinds  # PT_INTERP
