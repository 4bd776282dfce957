"""How one looks at the lists, kept from one ctdeck to the next: order, columns, theme.

A small file of ours, read before the first frame with nothing imported for it. One that is not as
we write it is left alone until something is to be remembered; then it is written anew.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from aiocontainerd.stateplace import state_root

if TYPE_CHECKING:
    from ctdeck.settings import Session, Settings

FILE = "view"
LARGEST = 16_384  # bytes
_LONGEST = 64  # characters of a name
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Sort(NamedTuple):
    """The column that a list is sorted by, "" for its own order, and whether it is turned round."""

    column: str = ""
    reverse: bool = False


def root_for(settings: Settings, session: Session | None = None) -> str:
    """Where is remembered how one looks at the lists; "" for nowhere."""
    if session is not None:
        return str(getattr(session.state, "root", ""))
    return "" if settings.demo else state_root()


class Remembered:
    """What is in the file below `root`; "" to keep nothing. `trouble` says why it is left out."""

    def __init__(self, root: str = "") -> None:
        self.theme = ""
        self.sorts: dict[str, Sort] = {}
        self.hidden: dict[str, tuple[str, ...]] = {}
        self.trouble = ""
        self.is_dirty = False
        self.on_change: Callable[[], None] = lambda: None
        self._root = root
        if root:
            self._load()

    def set_theme(self, name: str) -> None:
        """Remember the look."""
        if name != self.theme:
            self.theme = name
            self._changed()

    def set_sort(self, pane: str, sort: Sort) -> None:
        """Remember the order of a list."""
        if sort != self.sorts.get(pane, Sort()):
            self.sorts[pane] = sort
            self._changed()

    def set_hidden(self, pane: str, columns: tuple[str, ...]) -> None:
        """Remember which columns of a list are not shown."""
        if columns != self.hidden.get(pane, ()):
            self.hidden[pane] = columns
            self._changed()

    def _changed(self) -> None:
        self.is_dirty = True
        self.on_change()

    def _load(self) -> None:
        try:
            lines = _read(f"{self._root}/{FILE}").decode().splitlines()
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            self.trouble = getattr(error, "strerror", None) or str(error)
            return
        for number, line in enumerate(lines, 1):
            if not self._take(line.split(" ")):
                self.trouble = f"line {number} is not ctdeck's"
                self.theme, self.sorts, self.hidden = "", {}, {}
                return

    def _take(self, words: list[str]) -> bool:
        if not all(word and len(word) <= _LONGEST and word.isprintable() for word in words):
            return False
        match words:
            case ["theme", name]:
                self.theme = name
            case ["sort", pane, column, ("up" | "down") as way]:
                self.sorts[pane] = Sort("" if column == "-" else column, way == "down")
            case ["hide", pane, *columns]:
                self.hidden[pane] = tuple(columns)
            case _:
                return False
        return True

    def save(self) -> None:
        """Write it anew, 0600; blocking. What cannot be written is not remembered, no more."""
        self.is_dirty = False
        if not self._root:
            return
        from pathlib import Path

        from aiocontainerd.errors import FailedPrecondition
        from aiocontainerd.state import StateDirectory

        new = f".{FILE}.{os.getpid()}"
        with suppress(OSError, FailedPrecondition):
            root = StateDirectory(Path(self._root)).open_root()
            try:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                with suppress(FileNotFoundError):  # of one that had our number and died
                    os.unlink(new, dir_fd=root)
                with os.fdopen(os.open(new, flags, 0o600, dir_fd=root), "w") as file:
                    file.write(self._text())
                os.rename(new, FILE, src_dir_fd=root, dst_dir_fd=root)
            finally:
                with suppress(OSError):
                    os.unlink(new, dir_fd=root)
                os.close(root)

    def _text(self) -> str:
        lines = [f"theme {self.theme}"] if self.theme else []
        for pane, (column, reverse) in self.sorts.items():
            if column or reverse:
                lines.append(f"sort {pane} {column or '-'} {'down' if reverse else 'up'}")
        lines += [" ".join(("hide", pane, *names)) for pane, names in self.hidden.items() if names]
        return "".join(f"{line}\n" for line in lines)


def _read(path: str) -> bytes:
    """Raises OSError, or ValueError for what is not a small file of ours or root's."""
    with os.fdopen(os.open(path, _FLAGS), "rb") as file:
        info = os.fstat(file.fileno())
        if not stat.S_ISREG(info.st_mode) or info.st_uid not in {0, os.geteuid()}:
            raise ValueError("it is not a file of yours")
        if info.st_mode & 0o022:
            raise ValueError("others can write to it")
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError("it is too large")
    return data
