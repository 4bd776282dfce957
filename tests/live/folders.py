"""Short private folders for daemons, and the removal of all that a daemon leaves behind.

Each folder names the test run that owns it. A run that was killed cannot clean up: the next one
removes the folders whose owner is gone, with their tasks, shims, mounts and cgroups.
"""

import contextlib
import ctypes
import fcntl
import functools
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from .processes import birth, descendants, kill, running

PREFIX = "ctd-"
BASES = ("/tmp", "/var/tmp", "/dev/shm")
TASKS = "io.containerd.runtime.v2.task"
RUNC_ROOT = Path("/run/containerd/runc")  # fixed in the shim, shared by all daemons of a machine
MNT_DETACH, UMOUNT_NOFOLLOW = 2, 8
_LIBC = ctypes.CDLL(None, use_errno=True)


def new_folder() -> Path:
    """Make an empty folder with a short path, since a socket's may have 107 bytes only."""
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_base()[0]))
    draft = folder / "owner.new"
    draft.write_text(birth(os.getpid()))
    draft.rename(folder / "owner")  # whole at once: a run beside us may sweep just now
    return folder


def snapshotter() -> str:
    """Return "overlayfs", or "native" where our folders lie on a file system that forbids it."""
    return _base()[1]


def sweep() -> None:
    """Remove what test runs left that are no longer alive; another may do so at the same time."""
    for base in BASES:
        for folder in Path(base).glob(f"{PREFIX}*"):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, BlockingIOError):
                _sweep(folder)


def _sweep(folder: Path) -> None:
    """Remove it if its owner has ended; OSError if it is gone, or another process is at it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ours = not folder.is_symlink() and folder.stat().st_uid == 0
        if ours and not _alive((folder / "owner").read_text()):
            remove(folder)
    finally:
        os.close(handle)


def remove(folder: Path) -> None:
    """End all that runs on behalf of the daemon in `folder`, then unmount and delete it."""
    kill(daemons(folder))
    clear_tasks(folder)
    for target in reversed(mounts(folder)):
        if _LIBC.umount2(os.fsencode(target), MNT_DETACH | UMOUNT_NOFOLLOW) != 0:
            raise OSError(ctypes.get_errno(), f"cannot unmount {target}")
    if left := mounts(folder):  # never delete through a mount
        raise AssertionError(f"still mounted: {left}")
    remove_cgroup(pods_cgroup(folder))
    if Path("/sys/class/net", bridge(folder)).exists():
        subprocess.run(["ip", "link", "delete", bridge(folder)], check=True)
    shutil.rmtree(folder)


def bridge(folder: Path) -> str:
    """Return the name of the network interface that a daemon in `folder` may make for its pods."""
    return f"ctd{folder.name.removeprefix(PREFIX)}"[:15]


def pods_cgroup(folder: Path) -> str:
    """Return the cgroup path below which the pods of a daemon in `folder` are."""
    return f"/{folder.name}"


def clear_tasks(folder: Path, namespace: str = "*") -> None:
    """End the tasks and shims of a folder's daemon, with their sockets, cgroups and runc state."""
    bundles = [b for b in (folder / "state" / TASKS).glob(f"{namespace}/*") if b.is_dir()]
    namespaces = {n.name for n in folder.glob(f"*/{TASKS}/{namespace}")}
    cgroups = {_cgroup(bundle) for bundle in bundles} - {""}
    for bundle in bundles:
        root = ["--root", str(RUNC_ROOT / bundle.parent.name)]
        command = ["runc", *root, "delete", "--force", bundle.name]
        subprocess.run(command, capture_output=True, check=False)
    found = shims(folder, namespace)
    kill([p for shim in found for p in (shim, *descendants(shim))])
    for bundle in bundles:
        for socket in shim_sockets(bundle):  # they lie outside of our folder
            socket.unlink(missing_ok=True)
        shutil.rmtree(RUNC_ROOT / bundle.parent.name / bundle.name, ignore_errors=True)
    for path in cgroups:
        remove_cgroup(path)
    for name in namespaces:  # other daemons may use the same name: only what is empty
        for empty in (RUNC_ROOT / name, *cgroup_folders(name)):
            with contextlib.suppress(OSError):
                empty.rmdir()


def daemons(folder: Path) -> list[int]:
    """Return the pids of containerds that were started with this folder's configuration."""
    wanted = ["--config", str(folder / "config.toml")]
    return [pid for pid, argv in running() if argv[-2:] == wanted]


def shims(folder: Path, namespace: str = "*") -> list[int]:
    """Return the pids of the shims that report to this folder's daemon."""
    socket = str(folder / "c.sock")
    return [
        pid
        for pid, argv in running()
        if socket in argv
        and "-namespace" in argv
        and namespace in ("*", argv[argv.index("-namespace") + 1])
    ]


def shim_sockets(bundle: Path) -> list[Path]:
    """Return the sockets on which a bundle's shim listens."""
    texts = [
        path.read_text()
        for name in ("address", "bootstrap.json")
        if (path := bundle / name).is_file()
    ]
    return [Path(found) for text in texts for found in re.findall(r"unix://(/[^\"\s]+)", text)]


def mounts(folder: Path) -> list[str]:
    """Return the mount points at or below `folder`, outer ones first."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text(errors="surrogateescape").splitlines():
        escaped = line.split(" ")[4]
        target = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), escaped)
        if target == str(folder) or target.startswith(f"{folder}/"):
            found.append(target)
    return found


def cgroup_folders(path: str) -> list[Path]:
    """Return the folders of a cgroup path in all hierarchies where it exists."""
    top = Path("/sys/fs/cgroup")
    candidates = [top, *top.iterdir()]
    return [c / path.lstrip("/") for c in candidates if (c / path.lstrip("/")).is_dir()]


def remove_cgroup(path: str) -> None:
    """Remove a cgroup and its children in all hierarchies, as far as no process is in them."""
    for folder in cgroup_folders(path):
        for parent, _, _ in os.walk(folder, topdown=False):
            with contextlib.suppress(OSError):
                Path(parent).rmdir()


def _cgroup(bundle: Path) -> str:
    """Return the cgroup path in a bundle's spec, or "" for none or one in systemd's notation."""
    try:
        path = json.loads((bundle / "config.json").read_text())["linux"]["cgroupsPath"]
    except (OSError, ValueError, KeyError):
        return ""
    return path if path.strip("/") and path.startswith("/") else ""


def _alive(owner: str) -> bool:
    """Tell whether the process that made a folder still lives."""
    pid = owner.partition(":")[0]
    return pid.isdigit() and birth(int(pid)) == owner


@functools.cache
def _base() -> tuple[str, str]:
    """Return where folders go and the snapshotter that works there; overlay fails on overlay."""
    for base in BASES:
        with tempfile.TemporaryDirectory(prefix="ovl-", dir=base) as folder:
            for name in ("lower", "upper", "work", "merged"):
                Path(folder, name).mkdir()
            options = f"lowerdir={folder}/lower,upperdir={folder}/upper,workdir={folder}/work"
            command = ["mount", "-t", "overlay", "overlay", "-o", options, f"{folder}/merged"]
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                subprocess.run(["umount", f"{folder}/merged"], check=True)
                return base, "overlayfs"
    return BASES[0], "native"
