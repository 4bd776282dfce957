"""Where our own files are: the logs of containers that we started, and the audit.

Every directory that we make is 0700 and every file 0600. The root is no link, nobody else may
write to it or to what is above it (`ancestry.py`), and below it no link is followed: whoever could
plant one there would choose a file that the shim, which is root, writes to.
"""

import errno
import os
import shlex
import shutil
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Self

from aiocontainerd.ancestry import breach
from aiocontainerd.errors import FailedPrecondition, PermissionDenied
from aiocontainerd.identifiers import check_container_id, check_identifier
from aiocontainerd.quickdata import dataclass
from aiocontainerd.safe import safe
from aiocontainerd.shortsums import sha256_of
from aiocontainerd.stateplace import state_root

OUTPUT, TERMINAL, STDIN = "output.log", "stdout.log", "stdin"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class StateDirectory:
    """The root of our files, an absolute path; nothing is made before it is needed.

    `daemon` is the folder of one daemon's logs in it: see `of_daemon`.
    """

    root: Path
    daemon: str = ""

    @classmethod
    def default(cls, environ: Mapping[str, str] | None = None) -> Self:
        """$XDG_STATE_HOME/ctdeck, else /var/lib/ctdeck for root, else ~/.local/state/ctdeck."""
        return cls(Path(state_root(environ)))

    def of_daemon(self, uuid: str) -> Self:
        """The same, with logs of this daemon apart: containers of two may have the same id."""
        return replace(self, daemon=sha256_of(uuid.encode())[:8] if uuid else "")

    @property
    def audit(self) -> Path:
        """The file that holds lines for each change made through us: see `audit.py`."""
        return self.root / "audit.log"

    def logs(self, namespace: str, id: str) -> Path:
        """The directory of one container's logs, made or not. Raises InvalidArgument."""
        check_identifier(namespace, "namespace")
        return self.root / "logs" / self.daemon / namespace / check_container_id(id)

    def log_path(self, namespace: str, id: str, *, terminal: bool) -> Path:
        """The file to which the output of that container goes when we start it."""
        return self.logs(namespace, id) / (TERMINAL if terminal else OUTPUT)

    def make_log(self, namespace: str, id: str, *, terminal: bool) -> Path:
        """Make the directory and the empty file; one that exists is kept, to be appended to.

        With a `terminal` also the FIFO of its input. Raises PermissionDenied, or
        FailedPrecondition when something else is in the way.
        """
        log = self.log_path(namespace, id, terminal=terminal)
        try:
            os.close(self.open_root())
            for folder in self._folders(log.parent):
                _make_folder(folder)
            _make_file(log)
            if terminal:
                make_fifo(stdin_of(log))
        except OSError as error:
            kind = PermissionDenied if isinstance(error, PermissionError) else FailedPrecondition
            raise kind(
                f"the log cannot be made ({error.strerror})",
                subject=safe(os.fsencode(error.filename or log)),
                remedy="Set XDG_STATE_HOME to a directory that can be written, with space left.",
            ) from error
        return log

    def open_root(self) -> int:
        """Make the root if it is missing; returns its descriptor, for files right below it.

        Raises OSError, or FailedPrecondition for a link or a folder that others could change, or
        for such a folder above it.
        """
        try:
            descriptor = os.open(self.root, _FOLDER)
        except FileNotFoundError:
            descriptor = self._make_root()
        except NotADirectoryError:
            _check_folder(self.root)
            raise
        try:
            _check_way(self.root.parent, os.geteuid())
            _check(self.root, os.fstat(descriptor))
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _make_root(self) -> int:
        with suppress(FileNotFoundError):
            _check_way(self.root.parent, os.geteuid())
        for folder in (*reversed(self.root.parents), self.root):
            if not folder.exists():
                with suppress(FileExistsError):
                    folder.mkdir(mode=0o700)
        return os.open(self.root, _FOLDER)

    def remove_logs(self, namespace: str, id: str) -> None:
        """Delete one container's logs; what is not there or not ours to delete stays."""
        logs = self.logs(namespace, id)
        with suppress(OSError, FailedPrecondition):
            for folder in self._folders(logs):
                _check_folder(folder)
            shutil.rmtree(logs)

    def check_folder(self, folder: Path) -> None:
        """Raises OSError, or FailedPrecondition for a link or one that others could change."""
        _check_folder(folder)

    def _folders(self, logs: Path) -> list[Path]:
        """All between the root and a container's logs, the uppermost first, and that one."""
        below = logs.relative_to(self.root)
        return [self.root / folder for folder in (*reversed(below.parents[:-1]), below)]


def stdin_of(log: Path) -> Path:
    """The FIFO beside the log of a terminal, from which the container reads."""
    return log.with_name(STDIN)


@lru_cache(maxsize=16)
def _check_way(folder: Path, uid: int) -> None:
    """Raises FailedPrecondition if others could put another folder in its place, and OSError.

    A good answer is kept for this `uid`, which is ours: only root and we could change it.
    """
    if (found := breach(folder)) is None:
        return
    name = safe(os.fsencode(found.place))
    if found.owner is not None:
        raise FailedPrecondition(
            "this belongs to someone else, so nothing is written below it",
            subject=name,
            remedy="Set XDG_STATE_HOME to a folder of yours in one of yours.",
        )
    raise _open_to_others(found.place)


def _open_to_others(folder: Path) -> FailedPrecondition:
    name = safe(os.fsencode(folder))
    return FailedPrecondition(
        "others may write to this folder, so nothing is written below it",
        subject=name,
        remedy=f"Look what is in it, then: chmod go-w {shlex.quote(name)}",
    )


def _make_folder(folder: Path) -> None:
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    _check_folder(folder)


def _check_folder(folder: Path) -> None:
    _check(folder, folder.lstat())


def _check(folder: Path, info: os.stat_result) -> None:
    if not stat.S_ISDIR(info.st_mode) or info.st_uid not in {0, os.geteuid()}:
        raise FailedPrecondition(
            "this is a link or belongs to someone else, so nothing is written below it",
            subject=safe(os.fsencode(folder)),
            remedy="Look who made it, then remove it.",
        )
    if info.st_mode & 0o022:
        raise _open_to_others(folder)


def make_fifo(path: Path) -> None:
    """One that is there stays. Raises OSError, also when something else is in its place."""
    with suppress(FileExistsError):
        os.mkfifo(path, 0o600)
    if not stat.S_ISFIFO(path.lstat().st_mode):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)


def _make_file(file: Path) -> None:
    """An empty file to append to. O_NOFOLLOW fails with ELOOP on a link."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    os.close(os.open(file, flags, 0o600))
