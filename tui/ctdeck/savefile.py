"""Saving text to a new file of the user's choice: never over another one, never through a link."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_AT_ONCE = 1 << 20  # characters


def save_new(path: str, lines: Iterable[str]) -> Path:
    """Write the lines to a new file, for its owner alone (0600); returns where it is. Blocks.

    `~` is the home, a relative path begins in the working directory. Raises OSError; nothing is
    left then.
    """
    if "\0" in path:
        raise ValueError("a path has no NUL in it")
    try:
        target = Path(path).expanduser().absolute()
    except RuntimeError as error:
        raise FileNotFoundError(errno.ENOENT, "there is no such user", path) from error
    folder = os.open(target.parent, _FOLDER)
    try:
        descriptor = os.open(target.name, _FILE, 0o600, dir_fd=folder)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
                _write(file.write, lines)
        except BaseException:
            with suppress(OSError):
                os.unlink(target.name, dir_fd=folder)
            raise
    finally:
        os.close(folder)
    return target


def _write(write: object, lines: Iterable[str]) -> None:
    piece: list[str] = []
    size = 0
    for line in lines:
        piece.append(f"{line}\n")
        size += len(line)
        if size > _AT_ONCE:
            write("".join(piece))  # type: ignore[operator]
            piece, size = [], 0
    write("".join(piece))  # type: ignore[operator]
