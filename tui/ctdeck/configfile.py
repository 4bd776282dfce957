"""The configuration file on the disk.

It says what a user of ctdeck may do to a root daemon: one that somebody else could have written
is refused.
"""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

from aiocontainerd.ancestry import breach
from aiocontainerd.safe import safe
from ctdeck.config import Config, fail, parse

_LARGEST = 1 << 20  # bytes
_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def load(path: str | Path) -> Config:
    """Read it. Raises BadConfig."""
    path = Path(path)
    return parse(path, read(path))


def read(path: Path) -> bytes:
    """The file's bytes. Raises BadConfig.

    It may be called with another user's rights: it opens what is on the way, and imports nothing.
    """
    try:
        return _read(path)
    except FileNotFoundError as error:
        fail(path, 0, "it is not there", "Name a file that is, or leave --config out", error)
    except IsADirectoryError as error:
        fail(path, 0, "it is a folder", "Name a file with --config", error)
    except OSError as error:
        what = f"it cannot be read: {error.strerror}"
        fail(path, 0, what, "Make it readable, or name another with --config", error)


def _read(path: Path) -> bytes:
    """The file's bytes, if nobody else can have written them."""
    # Not to wait for the other end of a FIFO. Links are followed: people keep such files elsewhere.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        info = os.fstat(file.fileno())
        if not stat.S_ISREG(info.st_mode):
            fail(path, 0, "it is not a file", "Name a file with --config")
        _refuse_others(path, info, path)
        for folder in dict.fromkeys((path.absolute().parent, path.resolve().parent)):
            _refuse_others(path, folder.stat(), folder)
        _refuse_way(path)
        data: bytes | None = file.read(_LARGEST + 1)
    if data is None:  # of /proc, and it would have to be waited for
        fail(path, 0, "it is not a file", "Name a file with --config")
    if len(data) > _LARGEST:
        fail(path, 0, f"it is larger than {_LARGEST} bytes", "Name another file with --config")
    return data


def _refuse_others(path: Path, info: os.stat_result, place: Path) -> None:
    """Who could write it, or put another file in its place, would decide what ctdeck refuses."""
    what = "it" if place == path else f"its folder {safe(str(place))}"
    quoted = safe(shlex.quote(str(place)))
    if info.st_uid not in {0, os.geteuid()}:
        remedy = f"chown {os.geteuid()} {quoted}, or name a file of yours with --config"
        remedy += " (sudo -H looks in root's home)"
        fail(path, 0, f"{what} belongs to another user ({info.st_uid})", remedy)
    sticky = stat.S_ISDIR(info.st_mode) and info.st_mode & stat.S_ISVTX
    if info.st_mode & _OTHERS and not sticky:
        fail(path, 0, f"other users can write to {what}", f"chmod go-w {quoted}")


def _refuse_way(path: Path) -> None:
    """The same of every folder and link from / to it: who can rename one, can swap the file."""
    if (found := breach(path.absolute())) is None:
        return
    place, quoted = safe(str(found.place)), safe(shlex.quote(str(found.place)))
    if found.owner is None:
        fail(path, 0, f"other users can write to {place}, above it", f"chmod go-w {quoted}")
    what = f"{place}, on the way to it, belongs to another user ({found.owner})"
    fail(path, 0, what, "Name a file in a folder of yours with --config")
