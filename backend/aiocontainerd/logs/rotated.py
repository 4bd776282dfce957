"""The files that had the name of a log before it (`x.log.1`, `0.log.20261123-120000`); blocks.

Their names move on, so they are known by their inodes, and which came first by when they were
written to last.
"""

import os
import re
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

MOST_FILES = 1_000  # of the folder that are looked at
_PACKED = (".gz", ".zst")


class Rotated(NamedTuple):
    """One of them; `size` in bytes, `changed` in nanoseconds."""

    path: str
    inode: int
    size: int
    changed: int


def rotated(path: str, root: str) -> list[Rotated]:
    """Those that can be read, the newest first."""
    return [each for each in _all(path, root) if not each.path.endswith(_PACKED)]


def following(path: str, root: str, ours: os.stat_result) -> tuple[Rotated | None, bool]:
    """What came after this file, which has not the name any more: a rotated one, None for the one
    that has it now; and whether there may have been others that cannot be read."""
    found = _all(path, root)
    newer: list[Rotated] = []
    for each in found:
        if each.inode == ours.st_ino:
            break
        newer.append(each)
    is_there = len(newer) < len(found)
    if not is_there:  # a packed one of those that are newer is this one
        newer = [each for each in found if each.changed > ours.st_mtime_ns]
    packed = [each for each in newer if each.path.endswith(_PACKED)]
    plain = [each for each in newer if each not in packed]
    may_miss = not is_there and (len(packed) > 1 or bool(plain and not packed))
    return plain[-1] if plain else None, may_miss


def _all(path: str, root: str) -> list[Rotated]:
    folder, _, name = path.rpartition("/")
    found: list[Rotated] = []
    with suppress(OSError), os.scandir(f"{root}{folder}/") as entries:
        for entry in islice(entries, MOST_FILES):
            is_one = entry.name.startswith(f"{name}.") and not entry.name.endswith(".tmp")
            if is_one and entry.is_file(follow_symlinks=False):
                info = entry.stat(follow_symlinks=False)
                where = f"{folder}/{entry.name}"
                found.append(Rotated(where, info.st_ino, info.st_size, info.st_mtime_ns))
    return sorted(found, key=_newest_first)


def _newest_first(file: Rotated) -> tuple[int, int, list[int]]:
    """By its name what was written within one tick: the lowest number, the latest time."""
    number = re.search(r"\.(\d{1,5})$", file.path)
    return -file.changed, int(number[1]) if number else 0, [-ord(char) for char in file.path]
