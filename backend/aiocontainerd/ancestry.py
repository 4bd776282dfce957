"""Whether the way to a folder of ours is safe: who can rename a folder above it, can put another
one in its place. All of it blocks."""

import errno
import os
import shlex
import stat
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.safe import safe

_LINKS = 40  # as many as the kernel follows
_UNMAPPED = 65534  # the owner that a user namespace shows for what belongs to nobody in it


@lru_cache(maxsize=16)
def check_way(folder: Path) -> None:
    """Every folder above it, and every link and folder that links lead through, is root's or ours,
    and no one else may write to it, if it is not sticky (/tmp).

    A good answer is kept: nobody but root and we could change it. Raises FailedPrecondition, and
    OSError: FileNotFoundError if all is well as far as the way goes.
    """
    owners = {0, os.geteuid()} | ({_UNMAPPED} if _is_mapped() else set())
    for place, info in _way(folder.parent):
        if info.st_uid not in owners:
            raise FailedPrecondition(
                "this belongs to someone else, so nothing is written below it",
                subject=safe(os.fsencode(place)),
                remedy="Set XDG_STATE_HOME to a folder of yours in one of yours.",
            )
        if stat.S_ISDIR(info.st_mode) and not info.st_mode & stat.S_ISVTX and _is_open(info):
            name = safe(os.fsencode(place))
            raise FailedPrecondition(
                "others may write to this folder, so nothing is written below it",
                subject=name,
                remedy=f"Look what is in it, then: chmod go-w {shlex.quote(name)}",
            )


def _is_open(info: os.stat_result) -> bool:
    """Others may write; a group with its user's own number is that user's alone."""
    private = info.st_gid == info.st_uid
    return bool(info.st_mode & (stat.S_IWOTH if private else stat.S_IWGRP | stat.S_IWOTH))


def _is_mapped() -> bool:
    """We are in a user namespace, where root of the host is shown as nobody."""
    try:
        return Path("/proc/self/uid_map").read_text().split() != ["0", "0", "4294967295"]
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
