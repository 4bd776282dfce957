"""The root of a container's files, opened so that nothing inside it leads out.

A running container's is that of its process. A stopped one's is mounted anew, in a mount namespace
of a thread of its own: nobody else sees the mount, and it is gone with the thread, however that
ends. Sources: containerd's snapshots service (Mounts), openat2(2), mount_namespaces(7).
"""

import ctypes
import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from aiocontainerd.errors import ContainerdError, FailedPrecondition, PermissionDenied
from aiocontainerd.safe import safe
from aiocontainerd.services.snapshots import MountSpec

FOUND = getattr(os, "O_PATH", 0) | os.O_CLOEXEC
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_OPENAT2 = 437  # on all architectures
_IN_ROOT, _NO_MAGIC = 0x10, 0x02
_AGAIN = 50  # times that a name was being moved while it was looked up
_NEW_NAMESPACE = 0x00020000
_SLAVE, _RECURSIVE, _READ_ONLY = 1 << 19, 0x4000, 0x1
_PAGE = 4095  # bytes that mount(2) takes for its options
_HELD = ("upperdir", "workdir", "volatile")  # options of what is written to


class _How(ctypes.Structure):
    """struct open_how."""

    _fields_ = [
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    ]


def open_in(root: int, path: str, flags: int = FOUND) -> int:
    """Open a path as one whose root this is would: links and `..` end inside it. Raises OSError."""
    how = _How(flags, 0, _IN_ROOT | _NO_MAGIC)
    name = os.fsencode(path) or b"/"
    if b"\0" in name:
        raise OSError(errno.EINVAL, "it is not a path", path)
    for _ in range(_AGAIN):
        found: int = _libc().syscall(
            ctypes.c_long(_OPENAT2),
            ctypes.c_long(root),
            ctypes.c_char_p(name),
            ctypes.byref(how),
            ctypes.c_size_t(ctypes.sizeof(how)),
        )
        if found >= 0:
            return found
        number = ctypes.get_errno()
        if number != errno.EAGAIN:
            break
    raise OSError(number, os.strerror(number), path)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


@contextmanager
def root_of_process(pid: int) -> Iterator[int]:
    """The root of a running process. That it is still the task is asked after it was opened."""
    try:
        root = os.open(f"/proc/{pid}/root", FOUND | os.O_DIRECTORY)
    except PermissionError as error:
        raise PermissionDenied(
            "its files may only be seen by root", subject=f"pid {pid}", remedy="Use sudo."
        ) from error
    except OSError as error:
        raise FailedPrecondition("its process has ended", subject=f"pid {pid}") from error
    try:
        yield root
    finally:
        os.close(root)


@contextmanager
def root_of_snapshot(mounts: Sequence[MountSpec], *, write: bool) -> Iterator[int]:
    """The root of a snapshot; only in a thread that ends afterwards, see `owned_thread`.

    Raises PermissionDenied without the right to mount, and FailedPrecondition for a kind of
    snapshot that is not known here.
    """
    if len(mounts) != 1:
        raise _unknown(f"{len(mounts)} mounts")
    mount = mounts[0]
    if mount.type == "overlay":
        place = _mount_overlay(list(mount.options), write=write)
    elif mount.type == "bind":
        place = mount.source
    else:
        raise _unknown(mount.type)
    try:
        root = os.open(place, FOUND | os.O_DIRECTORY)
    except OSError as error:
        raise _refused(error) from error
    try:
        yield root
    finally:
        os.close(root)


def _mount_overlay(options: list[str], *, write: bool) -> str:
    """Mount it for this thread alone, over its lowest layer's folder; returns where."""
    keyed = dict(option.partition("=")[::2] for option in options)
    if any(key.endswith("dir+") for key in keyed) or {"uidmap", "gidmap"} & set(keyed):
        raise _unknown("a form of overlay")
    layers = keyed["lowerdir"].split(":")
    if not write and "upperdir" in keyed:
        layers = [keyed["upperdir"], *layers]
    rest = [each for each in options if each.partition("=")[0] not in {"lowerdir", *_HELD}]
    top = [f"{key}={keyed[key]}" for key in _HELD if keyed.get(key)] if write else []
    top += ["volatile"] if write and "volatile" in keyed else []
    place = layers[-1]
    if len(layers) == 1 and not write:  # what is written must never go into a layer of the image
        return place
    libc = _libc()
    _do(libc.unshare(_NEW_NAMESPACE))  # our own current folder, too
    _do(libc.mount(b"none", b"/", None, ctypes.c_ulong(_SLAVE | _RECURSIVE), None))
    layers = _shortened(layers)
    data = os.fsencode(",".join((f"lowerdir={':'.join(layers)}", *top, *rest)))
    if len(data) > _PAGE:
        raise _unknown("an overlay of too many layers")
    flags = 0 if write else _READ_ONLY
    _do(libc.mount(b"overlay", os.fsencode(place), b"overlay", ctypes.c_ulong(flags), data))
    return place


def _shortened(layers: list[str]) -> list[str]:
    """Relative to the folder that they share, which is the current one of this thread then."""
    if any("\\" in layer for layer in layers):
        return layers
    folder = os.path.commonpath(layers)
    os.chdir(folder)
    return [os.path.relpath(layer, folder) for layer in layers]


def _do(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise _refused(OSError(number, os.strerror(number)))


def _refused(error: OSError) -> ContainerdError:
    if isinstance(error, PermissionError):
        return PermissionDenied(
            "its files cannot be mounted here without the right to (CAP_SYS_ADMIN)",
            remedy="Start it, or use ctdeck as root on the host itself.",
        )
    return FailedPrecondition(f"its snapshot cannot be opened here ({error.strerror})")


def _unknown(kind: str) -> FailedPrecondition:
    what = f"this kind of snapshot cannot be opened here: {safe(kind)}"
    return FailedPrecondition(what, remedy="Start it: a running one's files can be reached.")
