"""Whose a path is: bundles, bind mounts, snapshots, overlay mounts, folders named by an id."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from aiocontainerd.client import Client
from aiocontainerd.disk.things import layer
from aiocontainerd.errors import ContainerdError
from aiocontainerd.models import Container, Key, Snapshot
from aiocontainerd.services.snapshots import MountSpec
from aiocontainerd.whose import Found, of_container, shown
from aiocontainerd.whose.digests import holders_of, holdings_now, of_digest

_PATIENCE = 5.0  # seconds for the file system to tell where a path leads
_MOUNTINFO = 8 << 20  # bytes
_ASKED, _AT_ONCE = 5_000, 16  # containers whose mounts are asked for
_TASK = re.compile(r"io\.containerd\.runtime\.v\d\.(?:task|linux)/([^/]+)/([^/]+)")
_BLOB = re.compile(r"/blobs/sha256/([0-9a-f]{64})(?:/|$)")
_LAYER = re.compile(r"/snapshots/(\d+)(?:/|$)")
_POD_UID = "io.kubernetes.pod.uid"


async def of_path(client: Client, world: Snapshot, path: str) -> list[Found]:
    """By all that it can be, the surest first; also where links lead."""
    forms = await _forms(path)
    found: list[Found] = []
    for form in forms:
        found += _bundle(world, form)
        found += _binds(world, form)
        found += _by_parts(world, form)
        if blob := _BLOB.search(form):
            found += await of_digest(client, world, blob[1])
    found += await _layers(client, world, forms)
    return found


async def _forms(path: str) -> list[str]:
    """The path as it is written, where it leads, and what is mounted there."""
    forms = [_normal(path)]
    with suppress(OSError, ValueError, TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            real = await asyncio.to_thread(os.path.realpath, path)
        forms += [real] if real not in forms else []
    with suppress(OSError):
        forms += await asyncio.to_thread(lambda: list(_mounted(forms[-1])))
    return list(dict.fromkeys(forms))


def _normal(path: str) -> str:
    return f"/{os.path.normpath(path).lstrip('/')}"


def _mounted(path: str) -> Iterator[str]:
    """The upper folder of the overlay that a path lies on, and where it is mounted."""
    with Path("/proc/self/mountinfo").open("rb") as file:
        lines = file.read(_MOUNTINFO).decode("utf-8", "surrogateescape").splitlines()
    best, options = "", ""
    for line in lines:
        fields, _, rest = line.partition(" - ")
        places, kind = fields.split(" "), rest.split(" ")
        if len(places) < 5 or len(kind) < 3:
            continue
        place = _plain(places[4])
        if _is_below(path, place) and len(place) >= len(best):
            best, options = place, kind[2] if kind[0] == "overlay" else ""
    if options:
        yield best
        yield from (_plain(o[9:]) for o in options.split(",") if o.startswith("upperdir="))


def _plain(text: str) -> str:
    """Blanks and the like are written as octal numbers there."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _bundle(world: Snapshot, path: str) -> Iterator[Found]:
    if match := _TASK.search(path):
        key = Key(match[1], match[2])
        container = world.containers.get(key)
        yield (
            of_container(container, "it lies in its bundle")
            if container
            else Found(Key(shown(key.namespace), shown(key.id)), "it lies in its bundle")
        )


def _binds(world: Snapshot, path: str) -> list[Found]:
    """Those that bind it or a folder above it, the nearest first; then those that bind below it."""
    above: list[tuple[int, Found]] = []
    below: list[Found] = []
    for container in world.containers.values():
        for mount in container.mounts:
            if not mount.is_bind or not mount.source.startswith("/") or mount.source == "/":
                continue
            if _is_below(path, mount.source.rstrip("/")):
                words = f"{shown(mount.source)} is its {shown(mount.destination)}"
                above.append((-len(mount.source), of_container(container, words)))
            elif path != "/" and _is_below(mount.source, path):
                words = f"it binds {shown(mount.source)}, which lies below"
                below.append(of_container(container, words))
    return [found for _, found in sorted(above, key=lambda each: each[0])] + below


def _by_parts(world: Snapshot, path: str) -> Iterator[Found]:
    """Folders that Docker, nerdctl, the kubelet and the CRI plugin name by an id or a pod's uid."""
    parts = {word for part in path.split("/") for word in (part, part.rpartition("_")[2]) if word}
    for container in world.containers.values():
        if len(container.id) >= 32 and container.id in parts:
            yield of_container(container, "a folder above it has its id")
        elif container.labels.get(_POD_UID) in parts:
            yield of_container(container, "it belongs to its pod")


async def _layers(client: Client, world: Snapshot, forms: Iterable[str]) -> list[Found]:
    """A folder of a snapshot, by the mounts of the containers that stand on it."""
    server = await client.server_info()
    wanted: dict[str, str] = {}  # snapshotter → folder of the snapshot
    for form in forms:
        for name, root in server.snapshotters.items():
            folder = root or f"/io.containerd.snapshotter.v1.{name}"
            match = _LAYER.search(form)
            if match and folder in form:
                wanted[name] = form[: match.end()].rstrip("/")
    found: list[Found] = []
    for name, folder in wanted.items():
        found += await _standing(client, world, name, folder)
    return found


async def _standing(client: Client, world: Snapshot, name: str, folder: str) -> list[Found]:
    its = [c for c in world.containers.values() if c.snapshotter == name and c.snapshot_key]
    turn = asyncio.Semaphore(_AT_ONCE)
    place: list[int | None] = [None] * len(its)

    async def one(number: int, container: Container) -> None:
        async with turn:
            with suppress(ContainerdError):
                mounts = await client.snapshots.mounts(
                    container.snapshot_key, snapshotter=name, namespace=container.namespace
                )
                place[number] = _place(mounts, folder)

    await asyncio.gather(*(one(n, c) for n, c in enumerate(its[:_ASKED])))
    hits = [(place, c) for place, c in zip(place, its, strict=True) if place is not None]
    found = [of_container(c, "it is what it has written") for place, c in hits if place == 0]
    if below := [(place, c) for place, c in hits if place]:
        holdings = await holdings_now(client, world)
        depth, container = below[0]
        own = layer(container.namespace, name, container.snapshot_key)
        parents = list(holdings.parents(own))
        found += [of_container(c, "it is a layer under it") for _, c in below]
        if depth <= len(parents):
            found += holders_of(holdings, world, parents[depth - 1], "this layer")
    return found


def _place(mounts: Iterable[MountSpec], folder: str) -> int | None:
    """0 for the writable layer, else how far below it; None if it is not among them."""
    for mount in mounts:
        options = dict(option.partition("=")[::2] for option in mount.options)
        lower = options.get("lowerdir", "").split(":") if options.get("lowerdir") else []
        upper = options.get("upperdir") or (mount.source if mount.source.startswith("/") else "")
        for place, path in enumerate((upper, *lower)):
            if path and _is_below(path, folder):
                return place
    return None
