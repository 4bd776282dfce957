"""What was typed on the `:` line: kept in memory as typed, in a file without secrets."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from aiocontainerd.errors import FailedPrecondition, InvalidArgument
from aiocontainerd.safe import safe
from aiocontainerd.state import StateDirectory
from ctdeck.command.flags import Role
from ctdeck.command.parsing import command_word
from ctdeck.command.shellwords import Word, join, split
from ctdeck.masking import masked_args

KEPT = 500  # lines
_LONGEST = 4096  # characters; longer lines are not kept
_FILE_MAX = KEPT * _LONGEST


class History:
    """The lines, oldest first; `path` is its file, None to keep nothing after the session.

    A file that cannot be read or written costs the history, and nothing else.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lines: list[str] = []
        self._loaded = path is None

    @property
    def lines(self) -> tuple[str, ...]:
        """Oldest first."""
        return tuple(self._lines)

    def load(self) -> None:
        """Read the file, once; blocking."""
        if self._loaded or self._path is None:
            return
        self._loaded = True
        # A folder that others could change makes it no history of ours.
        with suppress(OSError, FailedPrecondition), _file(self._path, os.O_RDONLY) as file:
            old = file.read(_FILE_MAX).decode("utf-8", "replace").splitlines()
            self._lines = [*map(safe, old[-KEPT:]), *self._lines]

    def add(self, line: str) -> None:
        """Remember a line, also one that failed; it moves to the end if it is there already."""
        line = line.strip()
        if line and len(line) <= _LONGEST:
            self._lines = [*(each for each in self._lines if each != line), line][-KEPT:]

    def save(self) -> None:
        """Write the file anew, 0600, without the values of variables; blocking."""
        if self._path is None:
            return
        kept = dict.fromkeys(text for line in self._lines if (text := without_secrets(line)))
        new = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        with suppress(OSError, FailedPrecondition):
            os.close(StateDirectory(self._path.parent).open_root())
            try:
                with _open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as file:
                    file.write("".join(f"{line}\n" for line in kept).encode("utf-8", "replace"))
                new.replace(self._path)
            finally:
                new.unlink(missing_ok=True)


def without_secrets(line: str) -> str:
    """The line with `-e NAME` for `-e NAME=VALUE`.

    Empty if another word of it is secret, or if it cannot be taken apart for sure.
    """
    try:
        words = split(line)
        word = command_word(words[0].text) if words else None
    except InvalidArgument:
        return ""
    if word is None:
        return ""
    told: dict[Word, str] = {}
    for piece in word.walk(words[1:]):
        if piece.role is Role.UNKNOWN:
            return ""  # what follows may be a secret behind a misspelt -e
        if piece.role is Role.VALUE and piece.flag and piece.flag.name == "--env":
            head = piece.word.text[: len(piece.word.text) - len(piece.text)]
            told[piece.word] = head + piece.text.partition("=")[0]
    others = tuple(each.text for each in words if each not in told)
    if masked_args(others) != others:
        return ""  # stars in its place would be run one day
    return join(told.get(each, each.text) for each in words) if told else line


def shows_secret(line: str) -> bool:
    """Whether a secret stands in the line: it is not put on the screen unasked."""
    try:
        words = tuple(word.text for word in split(line))
    except InvalidArgument:
        return True
    return masked_args(words) != words


def _file(path: Path, flags: int) -> BinaryIO:
    """Raises FailedPrecondition where the folder is a link, or others can write to it."""
    if path.parent.exists():
        os.close(StateDirectory(path.parent).open_root())
    return _open(path, flags)


def _open(path: Path, flags: int) -> BinaryIO:
    """Follows no link: whoever planted one would choose what is overwritten or shown."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    return os.fdopen(descriptor, "rb" if flags == os.O_RDONLY else "wb")
