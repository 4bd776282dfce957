"""Where a log is, and opening its files safely."""

import errno
import os
import stat
from dataclasses import dataclass

from aiocontainerd.bind_sources import real_path
from aiocontainerd.errors import ContainerdError
from aiocontainerd.safe import safe

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class NoLog(ContainerdError):
    """There is no log to be read: why, and what would give one."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file on the daemon's host: `kind` is "plain", "json" or "cri"; a plain one is all of one
    `stream`, or "" for both. `own` are the last parts of the path that may not be links. `here`
    is for what is on our own host, should that be another."""

    path: str
    kind: str = "plain"
    stream: str = ""
    own: int = 1
    here: bool = False


@dataclass(frozen=True, slots=True)
class LogSource:
    """The files of one container's log; `maker` wrote them, in plain words."""

    files: tuple[LogFile, ...]
    maker: str

    @property
    def has_times(self) -> bool:
        """Its lines tell when they were written, but for those of a container's former lives."""
        return any(file.kind != "plain" for file in self.files)

    @property
    def has_streams(self) -> bool:
        """stdout and stderr can be told apart."""
        return all(file.kind != "plain" or file.stream for file in self.files)


def open_log(file: LogFile, root: str = "") -> int:
    """A descriptor of the file, for reading. Raises OSError, or NoLog for what is no plain file.

    A container may be able to plant something where its log is (`hostPath: /var/log`): what is
    below the place that belongs to the maker is no link, and a FIFO or a device is not read.
    """
    parts = file.path.split("/")
    if not file.path.startswith("/") or "\0" in file.path or ".." in parts:
        raise NoLog("this is not a path of a log", subject=safe(file.path[:200]))
    root = "" if file.here else root
    base = "/".join(parts[: -file.own]) or "/"
    folder = os.open(root + real_path(base, root), _FOLDER)
    try:
        for part in parts[-file.own : -1]:
            inner = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        _check(os.stat(parts[-1], dir_fd=folder, follow_symlinks=False), file.path)
        descriptor = os.open(parts[-1], _FILE, dir_fd=folder)
    finally:
        os.close(folder)
    try:
        _check(os.fstat(descriptor), file.path)  # another one may have taken its place meanwhile
    except NoLog:
        os.close(descriptor)
        raise
    return descriptor


def _check(info: os.stat_result, path: str) -> None:
    """To open a device, or a FIFO, can do something already."""
    if stat.S_ISLNK(info.st_mode):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
    if not stat.S_ISREG(info.st_mode):
        raise NoLog(
            "this is not a plain file, so it is not read",
            subject=safe(os.fsencode(path)),
            remedy="Look what put it in the place of the log.",
        )


def refusal(error: OSError, path: str) -> NoLog:
    """Why a log cannot be read, in plain words."""
    subject = safe(os.fsencode(path))
    if isinstance(error, FileNotFoundError):
        remedy = "It was removed, or the container has written nothing yet."
        return NoLog("the file of its log is not there", subject=subject, remedy=remedy)
    if isinstance(error, PermissionError):
        remedy = "Start ctdeck with sudo."
        return NoLog("you may not read this log", subject=subject, remedy=remedy)
    if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK):
        remedy = "Look who put it there: a log is never a link."
        return NoLog("there is a link in the place of its log", subject=subject, remedy=remedy)
    return NoLog(f"its log cannot be read ({error.strerror})", subject=subject)
