"""What the simulator touches of the host: its socket, and a small folder of its own."""

import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aiocontainerd.simulator.temporaries import Temporary

ROOTFS = "rootfs"  # inside the folder: the root of every snapshot
_TRY = 1.0  # s for somebody on the socket to take our connection
_PASSWD = """\
root:x:0:0:root:/root:/bin/sh
www-data:x:33:33:www-data:/var/www:/sbin/nologin
nginx:x:101:101:nginx:/var/cache/nginx:/sbin/nologin
redis:x:999:999:redis:/data:/sbin/nologin
postgres:x:70:70:postgres:/var/lib/postgresql:/bin/sh
node:x:1000:1000:node:/home/node:/bin/sh
nobody:x:65534:65534:nobody:/:/sbin/nologin
"""
_GROUP = "".join(f"{line.split(':')[0]}:x:{line.split(':')[3]}:\n" for line in _PASSWD.splitlines())


def claim(address: str) -> None:
    """Make the socket's folder (0700) if it is missing, and remove a dead socket.

    gRPC would take a living daemon's socket away without a word. Raises OSError when somebody
    serves on it, or when something else is there.
    """
    path = Path(address)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(errno.EEXIST, "it is there and is not a socket", address)
        if _is_alive(address):
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE), address)
        path.unlink()


def leave(address: str) -> None:
    """Remove the socket."""
    Path(address).unlink(missing_ok=True)


@contextmanager
def private() -> Iterator[None]:
    """A socket that is made inside is for its owner alone (0600)."""
    mask = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(mask)


def folder() -> Temporary:
    """A new private folder with a root of an image in it: nothing but its users."""
    made = Temporary("ctdeck-simulator-")
    etc = Path(made.name) / ROOTFS / "etc"
    etc.mkdir(parents=True)
    (etc / "passwd").write_text(_PASSWD, encoding="utf-8")
    (etc / "group").write_text(_GROUP, encoding="utf-8")
    return made


def _is_alive(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_TRY)
        try:
            probe.connect(address)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        return True
