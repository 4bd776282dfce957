"""Reads one small file out of a container's snapshot without mounting anything.

A snapshotter describes a root as one `bind` mount (native; overlayfs with one layer) or
one `overlay` mount. Everything inside is hostile: links are followed here, component by
component, inside the root; nothing but directories and regular files is ever opened.
Source for the layering rules: the kernel's Documentation/filesystems/overlayfs.rst.
"""

import os
import re
import stat
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Protocol

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.safe import safe

FILE_MAX = 1 << 20
_LINKS_MAX = 40
_STEPS_MAX = 256
_OPEN_MAX = 600
_PATH = getattr(os, "O_PATH", 0)  # 0: no Linux
_FOUND = _PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_LAYER = re.compile(r"(?:\\.|[^\\:])+")
_ESCAPED = re.compile(r"\\(.)")
_REMEDY = "Give the user as numbers (uid:gid), which needs no file of the image."


class SnapshotMount(Protocol):
    """What the snapshots service's Mounts answers: containerd.types.Mount."""

    @property
    def type(self) -> str:
        """The file system: bind or overlay here."""
        ...

    @property
    def source(self) -> str:
        """The directory of a bind mount."""
        ...

    @property
    def options(self) -> Iterable[str]:
        """Mount options; for overlay they name the layers."""
        ...


def read_file(mounts: Sequence[SnapshotMount], path: str) -> bytes | None:
    """The content of `path` as the container would see it, or None if it is not there.

    `mounts` is a snapshot's mount list; `path` is taken from the container's root. Blocks
    on disk I/O and needs the daemon's file system and rights (root). Raises
    InvalidArgument for other kinds of mounts, files that are not regular or larger than
    1 MiB, link loops, and layers that cannot be read.
    """
    if not _PATH:
        raise _bad(path, "images can be read on Linux only")
    try:
        layers, xattrs = _layers(mounts)
        with ExitStack() as opened:
            fd = _Walk(layers, xattrs, opened, path).find()
            return None if fd is None else _read(fd, path, xattrs)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or "it is not a path"
        raise _bad(path, f"it cannot be read in the image ({reason})") from error


class _Walk:
    """One look-up from the root down.

    `_stack` holds the directories passed on the way; each is the list of its parts in the
    layers, uppermost first, as descriptors that `opened` closes in the end.
    """

    def __init__(self, layers: list[str], xattrs: str, opened: ExitStack, path: str) -> None:
        self._opened = opened
        self._xattrs = xattrs
        self._path = path
        self._count = 0
        self._stack = [[self._keep(os.open(layer, _DIRECTORY)) for layer in layers]]

    def find(self) -> int | None:
        """An O_PATH descriptor of what the path leads to, never a link; None if absent."""
        todo = self._path.split("/")[::-1]
        links = 0
        for _ in range(_STEPS_MAX):
            if not todo:
                raise _bad(self._path, "it is a directory in the image")
            name = todo.pop()
            if name == "..":
                del self._stack[max(1, len(self._stack) - 1) :]
            if name in {"", ".", ".."}:
                continue
            found = self._look_up(name)
            if isinstance(found, list):
                self._stack.append(found)
            elif found is None or not stat.S_ISLNK(os.fstat(found).st_mode):
                return None if todo else found
            else:
                links += 1
                if links > _LINKS_MAX:
                    raise _bad(self._path, "its links run in a loop")
                self._follow(found, todo)
        raise _bad(self._path, "its links lead through too many directories")

    def _follow(self, link: int, todo: list[str]) -> None:
        target = os.readlink("", dir_fd=link)
        if target.startswith("/"):
            del self._stack[1:]
        todo += target.split("/")[::-1]

    def _look_up(self, name: str) -> list[int] | int | None:
        """The parts of a directory, or one descriptor of anything else, or None."""
        parts: list[int] = []
        for layer in self._stack[-1]:
            try:
                fd = os.open(name, _FOUND, dir_fd=layer)
            except FileNotFoundError:
                continue
            info = os.fstat(fd)
            if not stat.S_ISDIR(info.st_mode):
                self._keep(fd)
                hidden = bool(parts) or (stat.S_ISCHR(info.st_mode) and info.st_rdev == 0)
                return (parts or None) if hidden else fd
            try:
                parts.append(self._keep(os.open(".", _DIRECTORY, dir_fd=fd)))
            finally:
                os.close(fd)
            if self._ends_here(parts[-1]):
                break
        return parts or None

    def _ends_here(self, directory: int) -> bool:
        """An opaque directory hides the ones below it; a renamed one cannot be followed."""
        if _xattr(directory, f"{self._xattrs}.overlay.redirect"):
            raise _bad(self._path, "it lies in a directory that overlayfs has renamed")
        return _xattr(directory, f"{self._xattrs}.overlay.opaque") == b"y"

    def _keep(self, fd: int) -> int:
        self._opened.callback(os.close, fd)
        self._count += 1
        if self._count > _OPEN_MAX:
            raise _bad(self._path, "its links lead through too many directories")
        return fd


def _read(fd: int, path: str, xattrs: str) -> bytes:
    """The bytes of a regular file; anything else (a FIFO would hang) is never opened."""
    info = os.fstat(fd)
    if not stat.S_ISREG(info.st_mode):
        raise _bad(path, "it is not a regular file in the image")
    readable = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(readable, "rb") as file:
        if _xattr(readable, f"{xattrs}.overlay.metacopy") is not None:
            raise _bad(path, "overlayfs keeps its content apart")
        content = file.read(FILE_MAX + 1)
    if len(content) > FILE_MAX:
        raise _bad(path, f"it is larger than {FILE_MAX} bytes")
    return content


def _xattr(fd: int, name: str) -> bytes | None:
    try:
        return os.getxattr(fd, name)
    except OSError:  # not set, not supported, or not for us to see
        return None


def _layers(mounts: Sequence[SnapshotMount]) -> tuple[list[str], str]:
    """The directories, uppermost first, and the xattr namespace that overlayfs uses."""
    if len(mounts) != 1:
        raise _unsupported(f"it has {len(mounts)} mounts")
    mount = mounts[0]
    if mount.type == "bind":
        layers, xattrs = [mount.source], "trusted"
    elif mount.type == "overlay":
        layers, xattrs = _overlay_layers(list(mount.options))
    else:
        raise _unsupported(f"its type is '{safe(mount.type)}'")
    if not layers or not all(layer.startswith("/") for layer in layers):
        raise _unsupported("a layer has no absolute path")
    return layers, xattrs


def _overlay_layers(options: list[str]) -> tuple[list[str], str]:
    keyed = dict(option.partition("=")[::2] for option in options)
    upper = [keyed["upperdir"]] if "upperdir" in keyed else []
    lower = _LAYER.findall(keyed.get("lowerdir", ""))
    if "::" in keyed.get("lowerdir", "") or any(key.endswith("dir+") for key in keyed):
        raise _unsupported("it uses a form of overlayfs that is not known here")
    layers = [_ESCAPED.sub(r"\1", layer) for layer in upper + lower]
    return layers, "user" if "userxattr" in keyed else "trusted"


def _unsupported(why: str) -> InvalidArgument:
    what = f"this kind of snapshot cannot be read without mounting it: {why}"
    return InvalidArgument(what, remedy=_REMEDY)


def _bad(path: str, what: str) -> InvalidArgument:
    return InvalidArgument(what, subject=f"'{safe(path[:200])}'", remedy=_REMEDY)
