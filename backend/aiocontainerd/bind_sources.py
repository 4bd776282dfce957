"""What a bind mount's source really is on the daemon's host. Does I/O, which may hang (NFS)."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from aiocontainerd.safe import safe

# Paths that can be reached under another name: through /proc/1/root, a bind mount, a hard link.
WELL_KNOWN = (
    "/",
    "/etc",
    "/etc/kubernetes",
    "/etc/shadow",
    "/root",
    "/root/.ssh",
    "/home",
    "/usr",
    "/boot",
    "/var",
    "/var/lib",
    "/run",
    "/dev",
    "/proc",
    "/sys",
    "/run/containerd/containerd.sock",
    "/run/docker.sock",
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/lib/kubelet",
    "/var/lib/etcd",
    "/var/spool/cron",
    "/run/systemd",
    "/run/dbus",
)
_LINKS_MAX = 40  # as the kernel
_ENTRIES_MAX = 1_000  # of a directory
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A source as the kernel will find it.

    `real` is where it leads when links are followed. `kind` is "directory", "file", "socket",
    "device", or "" for what is not there. `same_as` is one of WELL_KNOWN that is the same file
    under another name. `submounts` are mount points below it that can be written to. `sockets`
    are names of sockets in a directory itself; `is_bundle`: it is what a runtime makes of a
    container (OCI: config.json and rootfs).
    """

    real: str
    kind: str = ""
    same_as: str = ""
    submounts: tuple[str, ...] = ()
    sockets: tuple[str, ...] = ()
    is_bundle: bool = False


def look_at(path: str, root: str = "") -> SourceFacts:
    """Find out; `root` is what leads to the daemon's files ("" for ours). Never raises."""
    try:
        real = real_path(path, root)
        info = os.lstat(root + real)
    except (OSError, ValueError):
        return SourceFacts(path)
    kind = _kind(info.st_mode)
    inside = _inside(root + real) if kind == "directory" else {}
    return SourceFacts(
        real,
        kind,
        _same_as(info, real, root),
        tuple(_submounts(real, root)),
        tuple(sorted(name for name, is_socket in inside.items() if is_socket)),
        {"config.json", "rootfs"} <= inside.keys(),
    )


def real_path(path: str, root: str = "") -> str:
    """Follow every link from `root` on, as the daemon would. Raises OSError for a loop."""
    todo, done, links = path.split("/")[::-1], "", 0
    while todo:
        name = todo.pop()
        if name in {"", "."}:
            continue
        if name == "..":
            done = done.rpartition("/")[0]
            continue
        here = f"{done}/{name}"
        try:
            target = str(Path(root + here).readlink())
        except OSError:  # no link, or not there
            done = here
            continue
        links += 1
        if links > _LINKS_MAX:
            raise OSError("its links run in a loop")
        done = "" if target.startswith("/") else done
        todo += target.split("/")[::-1]
    return done or "/"


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "directory"
    if stat.S_ISSOCK(mode):
        return "socket"
    return "device" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else "file"


def _inside(folder: str) -> dict[str, bool]:
    """What is directly in it, by name: whether it is a socket. Of many only the first."""
    found: dict[str, bool] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in islice(entries, _ENTRIES_MAX):
                found[safe(entry.name)] = stat.S_ISSOCK(entry.stat(follow_symlinks=False).st_mode)
    except OSError:
        pass
    return found


def _same_as(info: os.stat_result, real: str, root: str) -> str:
    for known in WELL_KNOWN:
        try:
            other = Path(root + known).stat()
        except OSError:
            continue
        if (other.st_dev, other.st_ino) == (info.st_dev, info.st_ino):
            return "" if real == known or real == real_path(known, root) else known
    return ""


def _submounts(real: str, root: str) -> Iterator[str]:
    """From the mount table of the daemon's namespace; those that are read-only are left out."""
    table = Path(root).parent / "mountinfo" if root else Path("/proc/self/mountinfo")
    prefix = real.rstrip("/") + "/"
    latest: dict[str, str] = {}  # the last one at a place hides those below it
    try:
        with table.open(encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                fields = line.split(" ")
                latest[unescaped(fields[4])] = fields[5]
    except (OSError, IndexError):
        return
    for place, options in sorted(latest.items()):
        below = place.startswith(prefix) and place != prefix
        if below and "ro" not in options.split(","):
            yield place


def unescaped(field: str) -> str:
    """A path of a mount table without its \\040 for blanks."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), field)
