"""The file of the audit: lines, whole, at its end; and who we are. All of it blocks."""

import fcntl
import os
import pwd
import stat
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from aiocontainerd.auditwords import short
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.safe import safe
from aiocontainerd.state import StateDirectory

NAME = "audit.log"
LOGIN = Path("/proc/self/loginuid")
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_DIGITS = 10  # of the largest uid
_NOBODY = 0xFFFFFFFF  # the kernel's login uid of what no login started


def append(
    state: StateDirectory, lines: bytes, *, limit: int, kept: int, wait: bool = True, whole: int = 0
) -> int:
    """Write these lines, or nothing of them; before that, put a file aside that would get larger
    than `limit`.

    Returns the file's size: given as `whole` the next time, it says that we know how it ends.
    The folder's lock keeps several ctdecks apart: without `wait`, BlockingIOError if another one
    has it. Raises OSError, or FailedPrecondition for a link, or a thing of somebody else.
    """
    folder = state.open_root()
    try:
        fcntl.flock(folder, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        file, size = _open(folder)
        try:
            if size and size + len(lines) > limit and _rotate(folder, kept):
                os.close(file)
                file, size = _open(folder)
            if (
                size not in {0, whole} and os.pread(file, 1, size - 1) != b"\n"
            ):  # the power failed in a line
                lines = b"\n" + lines
            if os.write(file, lines) != len(lines):  # the disk is full
                os.ftruncate(file, size)
                raise FailedPrecondition("no space left on the device")
            return size + len(lines)
        finally:
            os.close(file)
    finally:
        os.close(folder)


def _open(folder: int) -> tuple[int, int]:
    """The file's descriptor and size."""
    file = os.open(NAME, _FLAGS, 0o600, dir_fd=folder)
    info = os.fstat(file)
    if not stat.S_ISREG(info.st_mode) or info.st_uid not in {0, os.geteuid()} or info.st_nlink > 1:
        os.close(file)
        raise FailedPrecondition("this is no file of ours: look who made it, then remove it")
    if info.st_mode & 0o077:
        with suppress(PermissionError):
            os.fchmod(file, 0o600)
    return file, info.st_size


def _rotate(folder: int, kept: int) -> bool:
    """audit.log becomes audit.log.1, and so on; false where that cannot be (`chattr +a`)."""
    names = [NAME, *(f"{NAME}.{number}" for number in range(1, kept + 1))]
    for old, new in reversed(list(pairwise(names))):
        try:
            os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return True


def who() -> dict[str, str | int]:
    """The user, and behind sudo or su who that is: as sudo says, and as the kernel knows."""
    uid = os.getuid()
    found: dict[str, str | int] = {"uid": uid, "user": _name(uid)}
    sudo = os.environ.get("SUDO_UID", "")
    if sudo.isascii() and sudo.isdigit() and len(sudo) <= _DIGITS:
        found |= {"sudo_uid": int(sudo), "sudo_user": short(os.environ.get("SUDO_USER", ""))}
    with suppress(OSError, ValueError):
        login = int(LOGIN.read_text())
        if login != _NOBODY:
            found |= {"login_uid": login, "login_user": _name(login)}
    return found


def _name(uid: int) -> str:
    try:
        return safe(pwd.getpwuid(uid).pw_name)
    except (KeyError, OverflowError):
        return ""
