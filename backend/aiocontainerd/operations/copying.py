"""Copy files out of a container and into it, running or stopped, with the habits of `docker cp`.

containerd has no call for it: a running one's files are reached through its process, a stopped
one's through its snapshot, which this process mounts for itself alone (`copyroot.py`).
"""

import asyncio
import errno
import os
import stat
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from aiocontainerd.client import Client
from aiocontainerd.errors import (
    ContainerdError,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
)
from aiocontainerd.models import Container, Task, TaskStatus
from aiocontainerd.operations.copyroot import FOUND, open_in, root_of_process, root_of_snapshot
from aiocontainerd.operations.copythread import OneLife, owned_thread
from aiocontainerd.operations.copytree import Copied, Copy, Stopped
from aiocontainerd.operations.identity import same_container, task_of
from aiocontainerd.safe import safe

Opener = Callable[[str, int], int]
Pour = Callable[[int, Collection[int]], None]
# What the kernel makes up as it is read: nobody means it by "all below /".
_MADE_UP = frozenset(
    b"proc sysfs cgroup cgroup2 devpts mqueue securityfs debugfs tracefs bpf pstore".split()
)
_DOTS = {"", ".", ".."}


@dataclass(frozen=True, slots=True)
class CopyRequest:
    """`inside` is a path in the container, `host` one of this host, absolute.

    `inward` copies from here into it. A source that ends in `/.` is the content of a folder; a
    target that is a folder gets the source by its name, another one is what it will be called.
    """

    container: Container
    inside: str
    host: str
    inward: bool = False


class _Place(NamedTuple):
    """Where it goes: a folder, and what it is called there ("" for only what is in it)."""

    folder: int
    name: str


async def copy_files(
    client: Client,
    request: CopyRequest,
    *,
    report: Copied,
    agreed: Collection[str] | None = (),
    dry: bool = False,
) -> None:
    """Copy, and tell in `report` how far it is; with `dry` only count, and find what is there.

    What is there already is overwritten only if it is `agreed` to, by the names that a dry run
    put into `report.there`; None is all of it. A cancelled copy removes the file that it was at.
    Raises NotFound, InvalidArgument for a target that cannot be, PermissionDenied,
    FailedPrecondition where the files cannot be reached from here, ResourceExhausted on a full
    disk, ReadOnly.
    """
    container, writes = request.container, request.inward and not dry
    if writes:
        client.check_writable(container.namespace)
    await same_container(client, container)
    task = await task_of(client, container)
    if writes and task is not None and task.status is TaskStatus.UNKNOWN:
        raise _silent(container)
    life = OneLife(client, container, task, report) if writes else None

    def pour(root: int, skipped: Collection[int] = ()) -> None:
        copy = Copy(report, agreed=agreed, dry=dry, skipped_devices=skipped)
        with life.checked() if life else nullcontext(), _told(report):
            _between(root, request, copy)

    async with _watched(client, container, life):
        if task is not None and task.status is not TaskStatus.STOPPED and task.pid:
            await _through_process(client, container, task, report, pour)
        else:
            await _through_snapshot(client, container, report, pour, write=writes)


@asynccontextmanager
async def _watched(
    client: Client, container: Container, life: OneLife | None
) -> AsyncIterator[None]:
    """No call leaves that the gate could record: what is written into a container is, here."""
    if life is None:
        yield
        return
    async with AsyncExitStack() as around:
        if (audit := client.audit) is not None:
            entry = audit.entry("Files.Write", container.namespace, container.id)
            await around.enter_async_context(audit.recorded(entry))
        await around.enter_async_context(life.watched())
        yield


async def _through_process(
    client: Client, container: Container, task: Task, report: Copied, pour: Pour
) -> None:
    if not (await client.locate()).shares_pids:
        raise _elsewhere(container, "its processes are not those of this host")
    with root_of_process(task.pid) as root:
        await _same_process(client, container, task)
        devices = await asyncio.to_thread(_made_up, task.pid)
        await owned_thread(lambda: pour(root, devices), report)


async def _through_snapshot(
    client: Client, container: Container, report: Copied, pour: Pour, *, write: bool
) -> None:
    if (await client.locate()).root != "":
        raise _elsewhere(container, "the daemon has a file system of its own")
    mounts = await client.snapshots.mounts(
        container.snapshot_key, snapshotter=container.snapshotter, namespace=container.namespace
    )

    def mounted() -> None:
        with root_of_snapshot(mounts, write=write) as root:
            pour(root, ())

    await owned_thread(mounted, report)


async def _same_process(client: Client, container: Container, task: Task) -> None:
    """A number may have been given away: the root that was opened is the task's if it lives on."""
    now = await task_of(client, container)
    if now is None or now.pid != task.pid or now.status is TaskStatus.STOPPED:
        raise FailedPrecondition(
            "it has just ended",
            subject=container.id,
            remedy="Try again: its files are still there.",
        )


def _made_up(pid: int) -> frozenset[int]:
    """The devices of the file systems in its view that are the kernel's own."""
    found = set()
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/mountinfo").read_bytes().splitlines():
            fields, _, rest = line.partition(b" - ")
            if rest.split(b" ", 1)[0] in _MADE_UP:
                major, _, minor = fields.split()[2].partition(b":")
                found.add(os.makedev(int(major), int(minor)))
    return frozenset(found)


def _between(root: int, request: CopyRequest, copy: Copy) -> None:
    """From one side to the other, each with its own way of opening a path."""

    def in_container(path: str, flags: int) -> int:
        return open_in(root, path, flags)

    def here(path: str, flags: int) -> int:
        return os.open(path, flags)

    inside = "/" + request.inside.lstrip("/")
    if request.inward:
        _copy(here, request.host, in_container, inside, copy)
    else:
        _copy(in_container, inside, here, request.host, copy)


def _copy(read: Opener, source: str, write: Opener, target: str, copy: Copy) -> None:
    try:
        found = read(source, FOUND)
    except OSError as error:
        raise _bad(error, source) from error
    try:
        is_folder = stat.S_ISDIR(os.fstat(found).st_mode)
        name = source.rstrip("/").rpartition("/")[2]
        content = is_folder and name in _DOTS
        place = _place(write, target, is_folder=is_folder, name="" if content else name)
        try:
            if place.name:
                copy.node(found, place.folder, place.name, place.name)
            else:
                copy.inside(found, place.folder, ".")
        finally:
            os.close(place.folder)
    finally:
        os.close(found)


def _place(write: Opener, target: str, *, is_folder: bool, name: str) -> _Place:
    try:
        there = write(target, FOUND)
    except FileNotFoundError:
        if target.endswith("/"):
            raise _no_folder(target) from None
    except OSError as error:
        raise _bad(error, target) from error
    else:
        if stat.S_ISDIR(os.fstat(there).st_mode):
            return _Place(there, name)
        os.close(there)
        if is_folder:
            raise InvalidArgument("a folder cannot become a file", subject=safe(target))
    head, _, last = target.rpartition("/")
    try:
        return _Place(write(head or "/", FOUND | os.O_DIRECTORY), last)
    except OSError as error:
        raise _no_folder(head) from error


def _no_folder(path: str) -> NotFound:
    remedy = "Make it first, or name one that is there."
    return NotFound("there is no such folder", subject=safe(path or "/"), remedy=remedy)


def _bad(error: OSError, path: str) -> ContainerdError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return NotFound("there is no such file or folder", subject=safe(path))
    if error.errno == errno.ENOSYS:
        what = "this kernel is too old to look into a container safely (it lacks openat2)"
        return FailedPrecondition(what, subject=safe(path))
    kind = PermissionDenied if isinstance(error, PermissionError) else FailedPrecondition
    return kind(f"it cannot be opened ({error.strerror})", subject=safe(path))


@contextmanager
def _told(report: Copied) -> Iterator[None]:
    """What ends a copy, in our words."""
    try:
        yield
    except OSError as error:
        path = safe(str(error.filename or ""))
        so_far = f"Nothing of it is kept. {report.so_far()}"
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise ResourceExhausted("the disk is full", subject=path, remedy=so_far) from error
        what = f"it could not be copied ({error.strerror})"
        raise FailedPrecondition(what, subject=path, remedy=so_far) from error


def _silent(container: Container) -> FailedPrecondition:
    return FailedPrecondition(
        "its shim does not answer, so whether it runs is not known",
        subject=container.id,
        remedy="Files go into it by another way if it runs than if it does not: try again later.",
    )


def _elsewhere(container: Container, why: str) -> FailedPrecondition:
    return FailedPrecondition(
        f"its files cannot be reached from here: {why}",
        subject=container.id,
        remedy="Run ctdeck where the daemon runs.",
    )


__all__ = ["Copied", "CopyRequest", "Stopped", "copy_files"]
