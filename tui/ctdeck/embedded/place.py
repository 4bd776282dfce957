"""Where the embedded daemon keeps its things, its configuration, and who uses it now."""

import asyncio
import errno
import fcntl
import json
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from aiocontainerd.errors import DeadlineExceeded, FailedPrecondition, PermissionDenied
from aiocontainerd.safe import safe
from aiocontainerd.shortsums import sha256_of
from aiocontainerd.state import StateDirectory

_LONGEST = 107  # bytes of a path that fit into the kernel's sockaddr_un
_SHORT = Path("/run/ctdeck")
_PATIENCE = 45.0  # s; longer than another ctdeck needs to start or end the daemon
_POLL = 0.05  # s

# CRI serves a kubelet and needs CNI; NRI opens a socket for plugins outside of our place.
_DISABLED = (
    "io.containerd.grpc.v1.cri",
    "io.containerd.cri.v1.images",
    "io.containerd.cri.v1.runtime",
    "io.containerd.podsandbox.controller.v1.podsandbox",
    "io.containerd.nri.v1.nri",
)


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one embedded daemon; `make` makes them, for us alone."""

    folder: Path
    socket: Path

    @classmethod
    def below(cls, state: Path) -> Self:
        """The place in a state directory; the socket moves to /run when its path gets too long."""
        folder = state / "embedded"
        socket = folder / "containerd.sock"
        if len(os.fsencode(f"{socket}.ttrpc")) > _LONGEST:
            name = sha256_of(os.fsencode(folder))[:12]
            socket = _SHORT / name / "containerd.sock"
        return cls(folder, socket)

    @property
    def config(self) -> Path:
        """The daemon's configuration; its path on a command line is how we know the daemon."""
        return self.folder / "config.toml"

    @property
    def log(self) -> Path:
        """What the daemon says."""
        return self.folder / "containerd.log"

    def make(self) -> None:
        """Make the folders and write the configuration.

        Raises PermissionDenied, or FailedPrecondition when something else is in the way.
        """
        try:
            os.close(StateDirectory(self.folder.parent).open_root())
            for folder in (self.folder, self.socket.parent):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                _check_ours(folder)
            descriptor = _open(self.config, os.O_WRONLY | os.O_TRUNC)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(self.config_text())
        except (OSError, UnicodeError) as error:
            kind = PermissionDenied if isinstance(error, PermissionError) else FailedPrecondition
            raise kind(
                f"the embedded daemon's files cannot be made ({safe(str(error))})",
                subject=safe(os.fsencode(self.folder)),
                remedy="Set XDG_STATE_HOME to a directory of yours with space left.",
            ) from error

    def config_text(self) -> str:
        """TOML in version 2, which 1.6 to 2.x take. JSON's strings are TOML's."""
        disabled = ", ".join(_quoted(name) for name in _DISABLED)
        return "\n".join(
            (
                "version = 2",
                f"root = {_quoted(self.folder / 'root')}",
                f"state = {_quoted(self.folder / 'state')}",
                f"disabled_plugins = [{disabled}]",
                f"[grpc]\naddress = {_quoted(self.socket)}",
                f"[ttrpc]\naddress = {_quoted(f'{self.socket}.ttrpc')}",
                '[debug]\nlevel = "warn"',
                f'[plugins."io.containerd.internal.v1.opt"]\npath = {_quoted(self.folder / "opt")}',
                "",
            )
        )

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """While no other ctdeck starts or ends the daemon. Raises DeadlineExceeded."""
        descriptor = _open(self.folder / "change.lock", os.O_RDWR)
        try:
            for _ in range(int(_PATIENCE / _POLL)):
                if _lock(descriptor, fcntl.LOCK_EX):
                    break
                await asyncio.sleep(_POLL)
            else:
                raise DeadlineExceeded(
                    "another ctdeck is still starting or ending the embedded daemon",
                    remedy="Try again in a moment.",
                )
            yield
        finally:
            os.close(descriptor)


class Seat:
    """That we use the daemon: held until `leave`, or until our process ends in any way."""

    def __init__(self, place: Place) -> None:
        self._descriptor = _open(place.folder / "users.lock", os.O_RDWR)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def is_last(self) -> bool:
        """Nobody else holds one now."""
        last = _lock(self._descriptor, fcntl.LOCK_EX)
        # Changing a lock gives it up first, so it has to be taken again either way.
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        return last

    def leave(self) -> None:
        """Give it up."""
        os.close(self._descriptor)


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _check_ours(folder: Path) -> None:
    """Who else could write here would choose what a root daemon does."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise OSError(errno.EPERM, "this is a link or belongs to someone else", str(folder))
    folder.chmod(0o700)


def _quoted(text: Path | str) -> str:
    return json.dumps(str(text))
