"""Whether the way to a file or folder of ours is safe: who can rename a folder above it, can put
another one in its place. All of it blocks. Imports nothing of ours: the configuration is judged
with it while ctdeck has the rights of a user who may not be able to read ctdeck's own files."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_LINKS = 40  # as many as the kernel follows
_UNMAPPED = 65534  # the owner that a user namespace shows for what belongs to nobody in it
_ALL_USERS = [b"0", b"0", b"4294967295"]


class Breach(NamedTuple):
    """Where others could change the way: `owner` is whose `place` is, None if it is root's or ours
    and others may write to it."""

    place: Path
    owner: int | None


def breach(path: Path) -> Breach | None:
    """The first of all folders, links and targets of links on the way from / to this absolute
    path, and of what it names, that somebody else than root and we could change.

    A sticky folder (/tmp) is none: what is ours in it can be renamed by us alone. Raises OSError;
    FileNotFoundError if all is well as far as the way goes.
    """
    owners = {0, os.geteuid()} | ({_UNMAPPED} if _is_mapped() else set())
    for place, info in _way(path):
        if info.st_uid not in owners:
            return Breach(place, info.st_uid)
        if stat.S_ISDIR(info.st_mode) and not info.st_mode & stat.S_ISVTX and _is_open(info):
            return Breach(place, None)
    return None


def _is_open(info: os.stat_result) -> bool:
    """Others may write; a group with its user's own number is that user's alone."""
    private = info.st_gid == info.st_uid
    return bool(info.st_mode & (stat.S_IWOTH if private else stat.S_IWGRP | stat.S_IWOTH))


def _is_mapped() -> bool:
    """We are in a user namespace, where root of the host is shown as nobody."""
    try:
        return Path("/proc/self/uid_map").read_bytes().split() != _ALL_USERS
    except OSError:
        return False


def _way(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Each folder and link from / to this path, as the kernel goes. Raises OSError."""
    here, rest, links = Path("/"), list(reversed(path.parts[1:])), 0
    yield here, here.lstat()
    while rest:
        part = rest.pop()
        if part == "..":
            here = here.parent
            continue
        place = here / part
        info = place.lstat()
        yield place, info
        if not stat.S_ISLNK(info.st_mode):
            here = place
            continue
        links += 1
        if links > _LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(place))
        target = place.readlink()
        here = Path("/") if target.is_absolute() else here
        rest += reversed([part for part in target.parts if part != "/"])
