"""Whose a process or a cgroup is: /proc of this host, and the pids that tasks tell."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, FailedPrecondition
from aiocontainerd.models import Key, Snapshot, TaskStatus
from aiocontainerd.whose import Found, of_container, shown

_PROC = Path("/proc")
_READ = 64 << 10  # bytes of a file of /proc
_GENERATIONS = 64
_ASKED, _AT_ONCE = 2_000, 16  # tasks whose processes are listed
_CGROUPS = "/sys/fs/cgroup"


async def of_pid(client: Client, world: Snapshot, pid: int) -> list[Found]:
    """By the cgroup, the parents, the shim's own words, and at last by what each task lists.

    Where the daemon's processes are not ours it is a task's own pid or none that can be known.
    """
    try:
        await _shared(client)
    except FailedPrecondition:
        there = [key for key, task in world.tasks.items() if pid and task.pid == pid]
        if not there:
            raise
        return [*_found(world, ((key, "it is its process on the daemon's host") for key in there))]
    if not await asyncio.to_thread((_PROC / str(pid)).exists):
        raise FailedPrecondition("there is no such process", subject=f"pid {pid}")
    tasks = {task.pid: key for key, task in world.tasks.items() if task.pid}
    ancestry = await asyncio.to_thread(lambda: list(_ancestry(pid)))
    found = [
        (tasks[each], "it is its process" if each == pid else f"it comes from its process {each}")
        for each in ancestry
        if each in tasks
    ]
    cgroups = await asyncio.to_thread(_cgroups, [pid, *tasks])
    own = cgroups.get(pid, frozenset())
    found += [
        (key, "it is in its cgroup")
        for task, key in tasks.items()
        if any(_is_in(path, theirs) for path in own for theirs in cgroups.get(task, ()))
    ]
    if shim := await asyncio.to_thread(_shim, pid):
        found.append((shim, "it is its shim"))
    if not found:
        found = [(key, "its task lists it") async for key in _listing(client, world, pid)]
    return [*_found(world, found)]


async def of_cgroup(client: Client, world: Snapshot, path: str) -> list[Found]:
    """The tasks in it, above it or below it, and whose ids are in its name."""
    wanted = _normal(path)
    forms = {wanted}
    if path.startswith(_CGROUPS):
        wanted = _normal(path.removeprefix(_CGROUPS))
        forms = {wanted, f"/{wanted.lstrip('/').partition('/')[2]}"}  # v1: the controller is first
    forms.discard("/")
    found: list[tuple[Key, str]] = []
    with suppress(FailedPrecondition):
        await _shared(client)
        tasks = {task.pid: key for key, task in world.tasks.items() if task.pid}
        cgroups = await asyncio.to_thread(_cgroups, tasks)
        for task, key in tasks.items():
            for theirs in cgroups.get(task, ()):
                if any(_is_in(form, theirs) for form in forms):
                    found.append((key, "it is its cgroup"))
                elif any(_is_in(theirs, form) for form in forms):
                    found.append((key, "its cgroup lies below"))
    if not found and (path.startswith(_CGROUPS) or not await asyncio.to_thread(_exists, path)):
        found += _named(world, wanted)
    return [*_found(world, found)]


def _named(world: Snapshot, path: str) -> Iterator[tuple[Key, str]]:
    """By an id in the path, as ctr, the CRI plugin, Docker and nerdctl name cgroups."""
    parts = path.split("/")
    for key in world.containers:
        for place, part in enumerate(parts):
            bare = part.removesuffix(".scope").rpartition("-")[2].rpartition(":")[2]
            if key.id not in (part, bare):
                continue
            above = parts[place - 1] if place else ""
            if len(key.id) >= 32 or above == key.namespace:
                yield key, "its cgroup is named so"


async def _shared(client: Client) -> None:
    """Raises FailedPrecondition where pids of the daemon are not ours."""
    if not (await client.locate()).shares_pids:
        raise FailedPrecondition("the daemon's processes are not those of this host")


async def _listing(client: Client, world: Snapshot, pid: int) -> AsyncIterator[Key]:
    turn = asyncio.Semaphore(_AT_ONCE)
    alive = [k for k, t in world.tasks.items() if t.status is not TaskStatus.STOPPED][:_ASKED]

    async def one(key: Key) -> Key | None:
        async with turn:
            with suppress(ContainerdError):
                if pid in await client.tasks.pids(key.id, namespace=key.namespace):
                    return key
        return None

    for key in await asyncio.gather(*map(one, alive)):
        if key is not None:
            yield key


def _found(world: Snapshot, keys: Iterable[tuple[Key, str]]) -> Iterator[Found]:
    for key, because in keys:
        container = world.containers.get(key)
        yield of_container(container, because) if container else Found(key, because)


def _ancestry(pid: int) -> Iterator[int]:
    """The process, its parent, and so on."""
    for _ in range(_GENERATIONS):
        if pid <= 1:
            return
        yield pid
        try:
            # The command's name may hold blanks and brackets: count after the last one.
            pid = int(_read(pid, "stat").rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return


def _cgroups(pids: Iterable[int]) -> Mapping[int, frozenset[str]]:
    """The cgroups of each process that can be read, without the root."""
    found: dict[int, frozenset[str]] = {}
    for pid in pids:
        with suppress(OSError):
            lines = _read(pid, "cgroup").decode("utf-8", "surrogateescape").splitlines()
            found[pid] = frozenset(line.split(":", 2)[-1] for line in lines) - {"/", ""}
    return found


def _shim(pid: int) -> Key | None:
    """What a shim says of itself in its arguments."""
    with suppress(OSError):
        args = _read(pid, "cmdline").decode("utf-8", "replace").split("\0")
        if Path(args[0]).name.startswith("containerd-shim"):
            named = dict(pairwise(args))
            return Key(shown(named.get("-namespace", "")), shown(named.get("-id", "")))
    return None


def _read(pid: int, name: str) -> bytes:
    with (_PROC / str(pid) / name).open("rb") as file:
        return file.read(_READ)


def _is_in(path: str, above: str) -> bool:
    return path == above or path.startswith(f"{above}/")


def _normal(path: str) -> str:
    return "/" + "/".join(part for part in path.split("/") if part not in ("", "."))


def _exists(path: str) -> bool:
    return os.path.lexists(path)
