"""What is wrong with a socket's path, before anything is said through it."""

import errno
import grp
import os
import pwd
import socket
import stat
from pathlib import Path

from aiocontainerd.quickdata import dataclass
from aiocontainerd.safe import safe

_SCHEMES = ("unix://", "unix:")
_LONGEST = 107  # bytes of a path that fit into the kernel's sockaddr_un
_OWN = ("/run/containerd/containerd.sock", "/var/run/containerd/containerd.sock")
_NAME_ONE = "Name the daemon's socket with --address, such as /run/containerd/containerd.sock."


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and what to do about it: one plain line each."""

    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem}. {self.remedy}"


def path_of(address: str) -> str:
    """The file-system path of an address, with or without `unix://`."""
    for scheme in _SCHEMES:
        if address.startswith(scheme):
            return address.removeprefix(scheme)
    return address


def find_fault(address: str) -> Fault | None:
    """Look at the path and knock once, without waiting; None if something accepts there."""
    path = path_of(address)
    if "://" in path or not path.startswith("/"):
        return Fault("this is not the absolute path of a unix socket", _NAME_ONE)
    if len(os.fsencode(path)) > _LONGEST:
        return Fault(f"the path is longer than the {_LONGEST} bytes a socket can have", _NAME_ONE)
    try:
        found = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return Fault("there is no such socket: containerd does not run here", _start(path))
    except PermissionError:
        return Fault("you may not look into its folder", _permission_remedy(None))
    except (OSError, ValueError) as error:
        return Fault(f"the path cannot be read: {_reason(error)}", _NAME_ONE)
    return _odd_kind(path, found) or _knock(path, found)


def _odd_kind(path: str, found: os.stat_result) -> Fault | None:
    if stat.S_ISDIR(found.st_mode):
        inside = Path(path) / "containerd.sock"
        remedy = f"Perhaps you mean --address {safe(str(inside))}" if inside.exists() else _NAME_ONE
        return Fault("this is a directory, not a socket", remedy)
    if not stat.S_ISSOCK(found.st_mode):
        return Fault("this is a file, not a socket", _NAME_ONE)
    return None


def _knock(path: str, found: os.stat_result) -> Fault | None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.setblocking(False)
        code = link.connect_ex(path)
    if code in (0, errno.EAGAIN):  # again: it is so busy, or stuck, that its queue is full
        return None
    if code in (errno.EACCES, errno.EPERM):
        return Fault(f"you may not use it: {_rights(found)}", _permission_remedy(found))
    if code == errno.ECONNREFUSED:
        return Fault("nobody listens: containerd is not running (any more)", _start(path))
    if code == errno.ENOENT:
        return Fault("there is no such socket: containerd does not run here", _start(path))
    if code == errno.EPROTOTYPE:
        return Fault("this is a socket of another kind (datagrams)", _NAME_ONE)
    return Fault(f"it cannot be connected to: {os.strerror(code)}", _NAME_ONE)


def _rights(found: os.stat_result) -> str:
    mode = stat.filemode(found.st_mode)[1:]
    return f"it belongs to {_user(found.st_uid)}:{_group(found.st_gid)}, mode {mode}"


def _permission_remedy(found: os.stat_result | None) -> str:
    """sudo, or the socket's group where being in that is enough and more than being root."""
    if found is not None and found.st_gid != 0 and found.st_mode & stat.S_IWGRP:
        return f"Run it with sudo, or join the group {_group(found.st_gid)}."
    if os.geteuid() == 0:
        return "Even root may not: look at the security modules and the namespace you are in."
    return "Run it with sudo, or name a rootless containerd's socket with --address."


def _user(uid: int) -> str:
    try:
        return safe(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    try:
        return safe(grp.getgrgid(gid).gr_name)
    except KeyError:
        return str(gid)


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _start(path: str) -> str:
    """Only containerd's own socket is certain to be that of a service called containerd."""
    how = " (`systemctl start containerd`)" if path in _OWN else ""
    return f"Start it{how}, or name another socket with --address."
