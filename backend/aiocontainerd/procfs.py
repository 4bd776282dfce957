"""What /proc of this host tells of the daemon and its tasks; Linux only, nothing is changed.

Pids and paths in containerd's answers are those of the daemon's own namespaces. `look` finds
out if they are ours too; where they are not, nothing is claimed about them.
"""

import os
import socket
import struct
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from aiocontainerd.quickdata import dataclass

_PROC = Path("/proc")
_CONNECT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class HostView:
    """How the daemon's world maps to ours.

    `shares_pids`: a pid in its answers is the same process here.
    `root`: what to put before one of its absolute paths ("" for none); None if it is out of reach.
    """

    shares_pids: bool = False
    root: str | None = None


NOWHERE = HostView()


def look(socket_path: str, server_pid: int = 0) -> HostView:
    """Find out where the daemon behind a unix socket lives; blocks for a second at most.

    The kernel names the process that listens (SO_PEERCRED), which works for every containerd;
    `server_pid` is what the daemon itself says (0 if it does not), used where /proc refuses us.
    """
    pid = peer_pid(socket_path)
    if pid <= 0:
        return NOWHERE
    pids = _same_namespace(pid, "pid")
    mounts = _same_namespace(pid, "mnt")
    if pids is None:  # not root: the daemon and the kernel agreeing on its pid is as good
        pids = server_pid in (0, pid)
    root = f"/proc/{pid}/root" if mounts is False else ""
    return HostView(shares_pids=pids, root=root)


def start_time(pid: int) -> datetime | None:
    """When a process of this host began, in UTC; None if there is none or it cannot be read."""
    ticks = start_ticks(pid)
    if ticks is None:
        return None
    return datetime.fromtimestamp(boot_time() + ticks / os.sysconf("SC_CLK_TCK"), UTC)


def start_ticks(pid: int) -> int | None:
    """The same as the kernel counts it: ticks (SC_CLK_TCK a second) since the host was started."""
    try:
        stat = (_PROC / str(pid) / "stat").read_bytes()
        # The command's name may hold blanks and brackets: count the fields after the last one.
        return int(stat.rpartition(b")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None


@cache  # read once: the two clocks drift, and a start time must not move
def boot_time() -> float:
    """When this host was started, in seconds since 1970."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)


def peer_pid(socket_path: str) -> int:
    """The pid that listens on the socket, in our numbers; 0 if it is not in our namespace."""
    if not hasattr(socket, "SO_PEERCRED"):  # no Linux: a simulated daemon
        return 0
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(_CONNECT_SECONDS)
            link.connect(socket_path)
            size = struct.calcsize("3i")
            found = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    except (OSError, ValueError):
        return 0
    pid: int = struct.unpack("3i", found)[0]
    return pid


def _same_namespace(pid: int, kind: str) -> bool | None:
    """Whether a process is in our namespace of that kind; None if /proc will not say."""
    try:
        theirs = (_PROC / str(pid) / "ns" / kind).stat()
        ours = (_PROC / "self" / "ns" / kind).stat()
    except OSError:
        return None
    return (theirs.st_dev, theirs.st_ino) == (ours.st_dev, ours.st_ino)
