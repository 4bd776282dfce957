"""Files into a container that is stopped: as long as it is, and what is told of what is refused."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from aiocontainerd import operations
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.models import Task, TaskStatus
from aiocontainerd.operations import CopyRequest, copying, copythread
from aiocontainerd.operations.copytree import Copied, Copy
from aiocontainerd.procfs import HostView
from aiocontainerd.services.snapshots import MountSpec
from tests.unit.test_simulator_job import Host, host

__all__ = ["host"]


@pytest.fixture
async def root(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That of `web`, which has run and is stopped; a folder of its snapshotter, as "native"."""
    made = await host.run()
    await operations.stop(host.client, made.container)
    host.lives_at(HostView(shares_pids=True, root=""))
    root = tmp_path / "root"
    root.mkdir()

    async def mounts(*_: object, **__: object) -> list[MountSpec]:
        return [MountSpec("bind", str(root))]

    monkeypatch.setattr(host.client.snapshots, "mounts", mounts)
    return root


@pytest.fixture
def source(tmp_path: Path) -> Path:
    made = tmp_path / "source"
    made.mkdir()
    for name in "ab":
        (made / name).write_text(name)
    return made


async def begin(host: Host, source: Path, report: Copied) -> None:
    container = (await host.client.containers.list(namespace="n"))[0]
    request = CopyRequest(container, "/", f"{source}/.", inward=True)
    await operations.copy_files(host.client, request, report=report)


async def start(host: Host) -> None:
    (container,) = await host.client.containers.list(namespace="n")
    await operations.start(host.client, container, state=host.state)


class Held:
    """The copying thread waits before its file of this number."""

    def __init__(self, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.goes_on = threading.Event(), threading.Event()
        copied, report = Copy._file, [0]

        def file(copy: Copy, *more: object) -> None:
            if report[0] == number:
                self.reached.set()
                assert self.goes_on.wait(30)
            report[0] += 1
            copied(copy, *more)  # type: ignore[arg-type]

        monkeypatch.setattr(Copy, "_file", file)


@pytest.mark.parametrize("runs", [False, True])
async def test_a_start_in_the_middle_ends_it(
    host: Host, root: Path, source: Path, monkeypatch: pytest.MonkeyPatch, runs: bool
) -> None:
    """Of one that runs a restart: its old root is held by us."""
    if runs:
        await start(host)
        opened = partial(copying.root_of_snapshot, [MountSpec("bind", str(root))], write=True)
        monkeypatch.setattr(copying, "root_of_process", lambda _: opened())
    monkeypatch.setattr(copythread, "EVERY", 0.01)
    held, report = Held(1, monkeypatch), Copied()
    (source / "b").write_bytes(b"b" * (3 << 20))
    work = asyncio.create_task(begin(host, source, report))
    await asyncio.to_thread(held.reached.wait, 30)
    (container,) = await host.client.containers.list(namespace="n")
    await operations.restart(host.client, container, state=host.state)
    async with asyncio.timeout(30):
        while not report.stop:
            await asyncio.sleep(0.005)
    held.goes_on.set()
    with pytest.raises(FailedPrecondition, match="started while files were copied") as told:
        await work
    assert told.value.remedy.startswith("1 file is copied. Restart it")
    assert len(list(root.iterdir())) == 1


async def test_a_start_between_the_looks_is_seen_at_the_end(
    host: Host, root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even one that is over again."""
    monkeypatch.setattr(copythread, "EVERY", 1000)
    held, report = Held(1, monkeypatch), Copied()
    work = asyncio.create_task(begin(host, source, report))
    await asyncio.to_thread(held.reached.wait, 30)
    await start(host)
    (container,) = await host.client.containers.list(namespace="n")
    await operations.stop(host.client, container)
    held.goes_on.set()
    with pytest.raises(FailedPrecondition, match="started while files were copied") as told:
        await work
    assert told.value.remedy.startswith("2 files are copied.")


async def test_a_start_just_before_it_is_mounted(
    host: Host, root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, opened = asyncio.get_running_loop(), copying.root_of_snapshot

    @contextmanager
    def started(*args: object, **more: object) -> Iterator[int]:
        asyncio.run_coroutine_threadsafe(start(host), loop).result()
        with opened(*args, **more) as found:  # type: ignore[arg-type]
            yield found

    monkeypatch.setattr(copying, "root_of_snapshot", started)
    with pytest.raises(FailedPrecondition, match="started while") as told:
        await begin(host, source, Copied())
    assert told.value.remedy.startswith("No file is copied.")
    assert list(root.iterdir()) == []


async def test_a_daemon_that_goes_away_does_not_end_it(
    host: Host, root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, report = Held(1, monkeypatch), Copied()
    work = asyncio.create_task(begin(host, source, report))
    await asyncio.to_thread(held.reached.wait, 30)
    await host.simulator.__aexit__(None, None, None)
    held.goes_on.set()
    await work
    assert {each.name for each in root.iterdir()} == {"a", "b"}


async def test_a_read_only_root_is_told_with_what_was_copied(
    host: Host, root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = os.open

    def read_only(path: str, flags: int, *args: int, **more: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return make(path, flags, *args, **more)

    monkeypatch.setattr(os, "open", read_only)
    with pytest.raises(FailedPrecondition, match="Read-only file system") as told:
        await begin(host, source, Copied())
    assert told.value.remedy == "Nothing of it is kept. No file is copied."


async def test_nothing_is_written_where_the_shim_does_not_say_if_it_runs(
    host: Host, root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(*_: object, **__: object) -> Task:
        return Task("web", "n", 0, TaskStatus.UNKNOWN)

    monkeypatch.setattr(host.client.tasks, "get", silent)
    with pytest.raises(FailedPrecondition, match="its shim does not answer"):
        await begin(host, source, Copied())
    assert list(root.iterdir()) == []
