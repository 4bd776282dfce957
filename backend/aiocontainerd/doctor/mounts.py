"""Mounts below the daemon's state folder that no task needs any more."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from aiocontainerd.bind_sources import unescaped
from aiocontainerd.doctor.finding import Finding, note, ok, told, warning
from aiocontainerd.doctor.scene import Scene
from aiocontainerd.errors import ContainerdError
from aiocontainerd.models import Key
from aiocontainerd.safe import safe

_BUNDLE = re.compile(r"(.*)/io\.containerd\.runtime\.v\d\.\w+/([^/]+)/([^/]+)/rootfs\Z")


class Rootfs(NamedTuple):
    """The root file system of a bundle; `about` is what the kernel says of the mount."""

    place: str
    state: str  # the daemon's state folder
    key: Key
    about: str


async def leaked(scene: Scene) -> Iterable[Finding]:
    """The root file systems of bundles without a task, of this daemon."""
    if scene.root is None:
        return [note("mounts", "not looked at: the files of the daemon's host are out of reach")]
    table = mount_table(scene.root)
    try:
        mounts = await asyncio.to_thread(lambda: list(read_bundles(table)))
    except OSError:
        return [note("mounts", "not looked at: there is no mount table of the daemon's host")]
    ours = _of_this_daemon(mounts, scene)
    lost = [each for each in ours if each.key not in scene.tasks]
    lost = [each for each in lost if await _is_lost(scene, each, table)]
    findings = [
        warning(
            "mounts",
            f"{each.place} is mounted, and {each.key.id} in {each.key.namespace} has no task",
            "A task ended without its shim cleaning up. Its snapshot cannot be removed meanwhile.",
            f"$ umount {quote(each.place)}",
        )
        for each in lost
    ]
    return told("mounts", "are mounted without a task", findings) or [
        ok("mounts", f"{len(ours)} root file systems, each of a task")
    ]


def mount_table(root: str) -> Path:
    """Of the daemon's mount namespace."""
    return Path(root).parent / "mountinfo" if root else Path("/proc/self/mountinfo")


def read_bundles(table: Path) -> Iterator[Rootfs]:
    """All root file systems of bundles, of any daemon. Raises OSError."""
    with table.open(encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            fields = line.split(" ")
            found = _BUNDLE.match(unescaped(fields[4])) if len(fields) > 5 else None
            if found:
                key = Key(safe(found[2]), safe(found[3]))
                yield Rootfs(safe(found[0]), safe(found[1]), key, " ".join(fields[3:]))


def _of_this_daemon(mounts: Sequence[Rootfs], scene: Scene) -> list[Rootfs]:
    """By the state folder, which the mounts of its tasks and its socket show, or by its data."""
    states = {each.state for each in mounts if each.key in scene.tasks and _has_data(each, scene)}
    states.add(scene.address.rpartition("/")[0])
    return [each for each in mounts if each.state in states or _has_data(each, scene)]


def _has_data(mount: Rootfs, scene: Scene) -> bool:
    return any(f"{folder}/" in mount.about for folder in scene.data)


async def _is_lost(scene: Scene, mount: Rootfs, table: Path) -> bool:
    """Now: its task may have begun after the list, or be on its way to its end."""
    if mount.key.namespace in scene.silent:
        return False
    try:
        tasks = await scene.client.tasks.list(namespace=mount.key.namespace)
    except ContainerdError:
        return False
    if any(task.id == mount.key.id for task in tasks):
        return False
    now = await asyncio.to_thread(lambda: [each.place for each in read_bundles(table)])
    return mount.place in now
