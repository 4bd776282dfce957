"""The host round the daemon: runtimes, cgroups, networks, room on its disks, its clock."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiocontainerd.ancestry import breach
from aiocontainerd.doctor.finding import Finding, note, ok, problem, some, warning
from aiocontainerd.doctor.scene import Scene
from aiocontainerd.programs import output_of
from aiocontainerd.safe import safe

PROGRAMS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_CNI_CONFIG = "/etc/cni/net.d"
_CNI_PROGRAMS = ("/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni")
_SKEW = timedelta(seconds=30)
_LOW, _FULL = 0.10, 0.03  # shares of a disk that are free
_LARGEST = 1 << 20  # bytes of a network's configuration


async def runtimes(scene: Scene) -> Iterable[Finding]:
    """The shims of the runtimes that containers name, and runc with its version."""
    if scene.root is None:
        return [note("runtime", "not looked at: the files of the daemon's host are out of reach")]
    used = Counter(each.runtime for each in scene.containers.values())
    used.setdefault("io.containerd.runc.v2", 0)
    folders = await asyncio.to_thread(_program_folders, scene)
    findings = []
    for name, count in sorted(used.items()):
        program = shim_name(name)
        if program and _program(program, folders, scene.root) is None:
            means = f"{count} containers name {name} and cannot be started." if count else ""
            means = means or "Containers are run by it unless another runtime is asked for."
            remedy = f"Install {program}, or add its folder to the PATH of the daemon's service."
            findings.append(warning("runtime", f"there is no {program}", means, remedy))
    runc = _program("runc", folders, scene.root)
    if runc is None:
        means = "Without it nothing is started by io.containerd.runc.v2."
        return [warning("runtime", "there is no runc", means, "Install runc."), *findings]
    said = await _version_of(runc) if scene.root == "" else ""
    return [ok("runtime", said or f"{runc.removeprefix(scene.root)} is there"), *findings]


def shim_name(runtime: str) -> str:
    """`io.containerd.runc.v2` → `containerd-shim-runc-v2`; a path stays; "" for what is neither."""
    if runtime.startswith("/"):
        return runtime
    parts = runtime.split(".")
    return f"containerd-shim-{parts[-2]}-{parts[-1]}" if len(parts) >= 2 else ""


def _program_folders(scene: Scene) -> tuple[str, ...]:
    """Where the daemon looks, as its environment says if we may read that."""
    from aiocontainerd.procfs import peer_pid

    pid = peer_pid(scene.address) if scene.host.shares_pids else 0
    try:
        text = Path(f"/proc/{pid}/environ").read_bytes() if pid else b""
        beside = [os.path.dirname(os.readlink(f"/proc/{pid}/exe"))] if pid else []  # noqa: PTH115, PTH120
    except OSError:
        text, beside = b"", []
    path = next((each[5:] for each in text.split(b"\0") if each.startswith(b"PATH=")), b"")
    named = [os.fsdecode(each) for each in path.split(b":") if each]
    return tuple(dict.fromkeys([*beside, *named, *PROGRAMS]))


def _program(name: str, folders: Iterable[str], root: str) -> str | None:
    places = [name] if name.startswith("/") else [f"{folder}/{name}" for folder in folders]
    return next((root + each for each in places if os.access(root + each, os.X_OK)), None)


def _can_be_run(program: str) -> bool:
    """Nobody but root and we could change it: the daemon, and its PATH, may be another user's."""
    try:
        return breach(Path(program)) is None and not Path(program).stat().st_mode & 0o022
    except OSError:
        return False


async def _version_of(program: str) -> str:
    """Its own first line; "" if it does not say, or is not to be run by us."""
    if not await asyncio.to_thread(_can_be_run, program):
        return ""
    output = await output_of(program, "--version", patience=3.0)
    return safe(output[:200].splitlines()[0]) if output.strip() else ""


async def cgroups(scene: Scene) -> Iterable[Finding]:
    """Version 1, 2, or both at once."""
    if scene.root is None:
        return [note("cgroups", "not looked at: the files of the daemon's host are out of reach")]
    base = Path(f"{scene.root}/sys/fs/cgroup")
    if (base / "cgroup.controllers").exists():
        return [ok("cgroups", "version 2")]
    if (base / "memory").is_dir() or (base / "cpu").is_dir():
        means = "It works; limits of swap, pressure and rootless containers need version 2."
        return [
            note(
                "cgroups",
                "version 1",
                means,
                "Version 2: systemd.unified_cgroup_hierarchy=1 on the kernel's command line.",
            )
        ]
    means = "Without them a container has no limits, and runc starts none."
    return [problem("cgroups", "none are mounted", means, "$ mount -t cgroup2 none /sys/fs/cgroup")]


async def network(scene: Scene) -> Iterable[Finding]:
    """CNI: the first configuration by name is used, and its plugins must be there."""
    if scene.root is None:
        return [note("network", "not looked at: the files of the daemon's host are out of reach")]
    root = scene.root
    return await asyncio.to_thread(lambda: list(_network(root)))


def _network(root: str) -> Iterator[Finding]:
    folder = Path(root + _CNI_CONFIG)
    try:
        names = sorted(each.name for each in folder.iterdir())
    except OSError:
        names = []
    files = [name for name in names if name.endswith((".conf", ".conflist", ".json"))]
    if not files:
        means = "ctr --cni, nerdctl's and Kubernetes' networks need one; host and none work."
        yield note("network", f"no CNI configuration in {_CNI_CONFIG}", means)
        return
    there = {
        each.name
        for place in _CNI_PROGRAMS
        if (path := Path(root + place)).is_dir()
        for each in path.iterdir()
    }
    for name in files:
        kinds, why = read_conflist(folder / name)
        missing = sorted({kind for kind in kinds if kind not in there})
        if why:
            means = "CNI takes the first by name: containers may be without a network."
            yield warning(
                "network", f"{_CNI_CONFIG}/{safe(name)} {why}", means, "Mend it, or take it away."
            )
        elif missing:
            means = "Containers on this network are not started."
            remedy = f"Install CNI's plugins into {_CNI_PROGRAMS[0]} (containernetworking-plugins)."
            yield warning(
                "network", f"{safe(name)} needs {some(missing)}, not there", means, remedy
            )
        else:
            yield ok("network", f"{safe(name)}: {', '.join(kinds)}, all there")


def read_conflist(file: Path) -> tuple[list[str], str]:
    """The plugins that it names, and what is wrong with it."""
    try:
        with file.open("rb") as opened:
            document = json.loads(opened.read(_LARGEST))
    except OSError as error:
        return [], f"cannot be read: {error.strerror}"
    except (ValueError, RecursionError):
        return [], "is not JSON"
    if not isinstance(document, dict):
        return [], "is not a network's configuration"
    plugins = document.get("plugins", [document])
    kinds = (
        [each.get("type") for each in plugins if isinstance(each, dict)]
        if isinstance(plugins, list)
        else []
    )
    named = [safe(kind) for kind in kinds if isinstance(kind, str)]
    return named, "" if named else "names no plugin"


async def disk(scene: Scene) -> Iterable[Finding]:
    """Room where the daemon keeps its data and its state."""
    if scene.root is None:
        return [note("disk", "not looked at: the files of the daemon's host are out of reach")]
    folders = [*scene.data, scene.address.rpartition("/")[0]]
    root, seen, findings = scene.root, set(), []
    for folder in dict.fromkeys(folders):
        try:
            room = await asyncio.to_thread(os.statvfs, root + folder)
        except OSError:
            continue
        if room.f_fsid not in seen or not room.f_fsid:
            seen.add(room.f_fsid)
            findings.append(_room(folder, room))
    return findings


def _room(folder: str, room: os.statvfs_result) -> Finding:
    free, all_of_it = room.f_bavail * room.f_frsize, room.f_blocks * room.f_frsize
    said = f"{folder}: {free / 1e9:,.1f} GB of {all_of_it / 1e9:,.1f} GB free"
    share = min(
        free / all_of_it if all_of_it else 1.0,
        room.f_favail / room.f_files if room.f_files else 1.0,
    )
    if room.f_files and room.f_favail / room.f_files < _LOW:
        said += f", and {room.f_favail:,} files of {room.f_files:,}"
    remedy = "$ ctr -n NAMESPACE images ls   (delete images and containers that nobody needs)"
    if share < _FULL:
        means = "Pulls fail, containers stop on their next write, and the daemon's database too."
        return problem("disk", said, means, remedy)
    if share < _LOW:
        return warning("disk", said, "It will be full soon.", remedy)
    return ok("disk", said)


async def clock(scene: Scene) -> Iterable[Finding]:
    """A record that is younger than now shows that one of two clocks was or is wrong."""
    now = datetime.now(UTC)
    times = [each.created_at for each in scene.containers.values() if each.created_at]
    newest = max(times, default=now)
    if newest > now + _SKEW:
        ahead = int((newest - now).total_seconds())
        means = "This host's clock, or the daemon's, was set back: ages and expiries are wrong."
        return [
            warning(
                "clock", f"a container is {ahead} s younger than now", means, "$ timedatectl status"
            )
        ]
    return [ok("clock", "no record is younger than now")]
