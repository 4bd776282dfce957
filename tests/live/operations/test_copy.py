"""Files out of containers and into them, running and stopped; nothing inside leads out."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from aiocontainerd.access import Access
from aiocontainerd.audit import Audit
from aiocontainerd.client import Client
from aiocontainerd.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ReadOnly,
    ResourceExhausted,
    Unavailable,
)
from aiocontainerd.operations import CopyRequest, copy_files, start, stop
from aiocontainerd.operations.copytree import Copied, Copy
from aiocontainerd.procfs import HostView
from aiocontainerd.state import StateDirectory

from ..processes import POLL, wait_for
from .conftest import Stage, until

SCRIPT = """
mkdir -p /d/sub && echo hello > /d/a && echo deep > /d/sub/b && chmod 751 /d/sub && chmod 640 /d/a
cp /d/a /d/suid && chmod 4755 /d/suid && mkfifo /d/pipe && ln -s a /d/link && ln -s /etc /d/conf
ln -s /etc/marker /d/absolute && ln -s ../../../../../../../../etc/marker /d/dots
echo inside > /etc/marker
dd if=/dev/zero of=/d/sparse bs=1 count=1 seek=10737418240 2>/dev/null
touch /ready; exec sleep 1000
"""


def mounts() -> set[bytes]:
    return set(Path("/proc/self/mountinfo").read_bytes().splitlines())


@pytest.fixture(autouse=True)
def nothing_mounted() -> Iterator[None]:
    before = {line.split()[4] for line in mounts()}
    yield
    assert not [p for line in mounts() if (p := line.split()[4]) not in before and b"/fs" in p]


@pytest.fixture(params=["running", "stopped"])
async def files(request: pytest.FixtureRequest, stage: Stage) -> Stage:
    """A container `c` with files, in both states."""
    made = await stage.run("c", SCRIPT)
    await until(lambda: Path(f"/proc/{made.pid}/root/ready").exists(), "its files")
    if request.param == "stopped":
        await stop(stage.client, made.container, grace=0)
    return stage


async def out(stage: Stage, inside: str, host: Path | str, **more: object) -> Copied:
    request = CopyRequest(await stage.container("c"), inside, str(host))
    report = Copied()
    await copy_files(stage.client, request, report=report, **more)  # type: ignore[arg-type]
    return report


async def into(stage: Stage, host: Path, inside: str, **more: object) -> Copied:
    request = CopyRequest(await stage.container("c"), inside, str(host), inward=True)
    report = Copied()
    await copy_files(stage.client, request, report=report, **more)  # type: ignore[arg-type]
    return report


async def test_a_folder_with_all_that_may_come_along(files: Stage, tmp_path: Path) -> None:
    dry = await out(files, "/d", tmp_path / "d", dry=True)
    report = await out(files, "/d", tmp_path / "d")
    got = tmp_path / "d"
    assert (dry.files, dry.folders, dry.links) == (report.files, report.folders, report.links)
    assert (got / "a").read_text() == "hello\n"
    assert (got / "sub/b").read_text() == "deep\n"
    assert stat.S_IMODE((got / "a").stat().st_mode) == 0o640
    assert stat.S_IMODE((got / "sub").stat().st_mode) == 0o751
    assert stat.S_IMODE((got / "suid").stat().st_mode) == 0o755
    assert report.stripped == 1
    assert report.left_out == {"FIFO": 1}
    assert [str((got / name).readlink()) for name in ("link", "absolute")] == ["a", "/etc/marker"]
    sparse = (got / "sparse").stat()
    assert (sparse.st_size, sparse.st_blocks < 100) == (10 * 2**30 + 1, True)
    assert sorted(each.name for each in got.iterdir()) == [
        "a", "absolute", "conf", "dots", "link", "sparse", "sub", "suid",
    ]  # fmt: skip


async def test_links_lead_to_what_the_container_would_see(files: Stage, tmp_path: Path) -> None:
    for path in ("/d/absolute", "/d/dots", "d/../d/dots", "/../../etc/marker"):
        await out(files, path, tmp_path / "got", agreed=None)
        assert (tmp_path / "got").read_text() == "inside\n"
        (tmp_path / "got").write_text("")


@pytest.mark.containerd("2")
async def test_the_habits_of_docker_cp(files: Stage, tmp_path: Path) -> None:
    await out(files, "/d/a", tmp_path)
    await out(files, "/d/a", tmp_path / "renamed")
    await out(files, "/d/sub", tmp_path)
    await out(files, "/d/sub/.", tmp_path)
    assert {"a", "renamed", "sub", "b"} <= {each.name for each in tmp_path.iterdir()}
    with pytest.raises(NotFound, match="there is no such folder"):
        await out(files, "/d/a", f"{tmp_path}/none/")
    with pytest.raises(NotFound, match="there is no such folder"):
        await out(files, "/d/a", tmp_path / "none/x")
    with pytest.raises(InvalidArgument, match="a folder cannot become a file"):
        await out(files, "/d/sub", tmp_path / "a")
    with pytest.raises(NotFound, match="no such file or folder"):
        await out(files, "/d/none", tmp_path)


@pytest.mark.containerd("2")
async def test_what_is_there_stays_unless_it_is_agreed_to(files: Stage, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/b").write_text("mine")
    dry = await out(files, "/d/sub", tmp_path, dry=True)
    assert dry.there == ["sub/b"]
    report = await out(files, "/d/sub", tmp_path)
    assert report.left_out == {"it is there already": 1}
    assert (tmp_path / "sub/b").read_text() == "mine"
    await out(files, "/d/sub", tmp_path, agreed=dry.there)
    assert (tmp_path / "sub/b").read_text() == "deep\n"


async def test_into_it_and_back(files: Stage, tmp_path: Path) -> None:
    here = tmp_path / "here"
    (here / "sub").mkdir(parents=True)
    (here / "sub/x").write_text("new")
    (here / "sub/x").chmod(0o4711)
    report = await into(files, here, "/d")
    assert (report.files, report.stripped) == (1, 1)
    await into(files, here / "sub/x", "/d/conf/y")  # of the container
    await out(files, "/d/here/sub/x", tmp_path / "back")
    assert (tmp_path / "back").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "back").stat().st_mode) == 0o711
    await out(files, "/etc/y", tmp_path / "y")
    assert (tmp_path / "y").read_text() == "new"
    if not files.task("c").startswith("RUN"):
        await start(files.client, await files.container("c"), state=files.state)

    def seen() -> str:  # ctr may lose what a program says that ends at once
        exec_id = ("--exec-id", f"x{time.monotonic_ns()}")
        return files.ctr("tasks", "exec", *exec_id, "c", "cat", "/d/here/sub/x")

    assert await asyncio.to_thread(wait_for, seen, "the container reads it") == "new"


async def test_a_link_out_of_it_is_not_written_through(files: Stage, tmp_path: Path) -> None:
    """Neither an absolute one nor dots: both end inside."""
    (tmp_path / "new").write_text("new")
    marker = Path("/etc/marker")
    assert not marker.exists()
    await into(files, tmp_path / "new", "/d/absolute", agreed=None)
    await into(files, tmp_path / "new", "/d/dots", agreed=None)
    assert not marker.exists()


@pytest.mark.containerd("2")
async def test_a_link_that_is_swapped_all_the_time(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("SECRET")
    script = f"""
mkdir -p /r/good && echo good > /r/good/secret; cd /r; ln -s {tmp_path} bad; touch /ready
while true; do mv good was; mv bad good; mv good bad; mv was good; done
"""
    made = await stage.run("c", script)
    await until(lambda: Path(f"/proc/{made.pid}/root/ready").exists(), "its files")
    for number in range(60):
        try:
            await out(stage, "/r/good", tmp_path / f"got{number}")
        except NotFound:
            continue
    found = [path.read_bytes() for path in tmp_path.glob("got*/secret") if path.is_file()]
    assert found
    assert set(found) == {b"good\n"}


@pytest.mark.containerd("2")
async def test_a_full_disk_keeps_no_half_file(files: Stage, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", small], check=True)
    try:
        big = tmp_path / "big"
        big.write_bytes(b"x" * 300_000)
        await into(files, big, "/d/big")
        with pytest.raises(ResourceExhausted, match="the disk is full"):
            await out(files, "/d/big", small)
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.containerd("2")
async def test_a_cancelled_copy_removes_the_file_it_was_at(stage: Stage, tmp_path: Path) -> None:
    await stage.run("c", "sleep 1000")
    report = Copied()
    request = CopyRequest(await stage.container("c"), "/dev/../big", str(tmp_path))
    (tmp_path / "big0").write_bytes(os.urandom(1 << 20) * 150)
    await into(stage, tmp_path / "big0", "/big")
    work = asyncio.create_task(copy_files(stage.client, request, report=report))
    await until(lambda: report.bytes > 1 << 20, "some of it")
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert report.bytes < 150 << 20
    assert not (tmp_path / "big").exists()


@pytest.mark.containerd("2")
async def test_one_that_runs_with_a_root_that_is_read_only(stage: Stage, tmp_path: Path) -> None:
    await stage.run("c", readonly=True)
    (tmp_path / "new").write_text("new")
    with pytest.raises(FailedPrecondition, match="Read-only file system") as told:
        await into(stage, tmp_path / "new", "/etc/new")
    assert told.value.remedy == "Nothing of it is kept. No file is copied."
    report = await into(stage, tmp_path / "new", "/dev/null", agreed=None)
    assert (report.files, report.left_out) == (0, {"a device is there": 1})
    await into(stage, tmp_path / "new", "/dev/shm/new")
    await out(stage, "/dev/shm/new", tmp_path / "back")
    assert (tmp_path / "back").read_text() == "new"


@pytest.mark.containerd("2")
async def test_all_of_it_without_what_the_kernel_makes_up(stage: Stage, tmp_path: Path) -> None:
    await stage.run("c", "sleep 1000")
    report = await out(stage, "/", tmp_path / "all")
    assert (tmp_path / "all/bin/busybox").exists()
    assert report.left_out["the kernel's own file system"] >= 2
    assert not (tmp_path / "all/proc").exists()


@pytest.mark.containerd("2")
async def test_writing_is_recorded_and_read_only_refuses_it(
    stage: Stage, tmp_path: Path, state: StateDirectory
) -> None:
    await stage.run("c", "sleep 1000")
    (tmp_path / "x").write_text("x")
    audit = Audit(state)
    async with Client(str(stage.daemon.socket), audit=audit) as client:
        request = CopyRequest(await stage.container("c"), "/x", str(tmp_path / "x"), inward=True)
        await copy_files(client, request, report=Copied())
    lines = state.audit.read_text().splitlines()
    assert [('"Files.Write"' in each, '"c"' in each) for each in lines] == [(True, True)] * 2
    access = Access(read_only=True)
    async with Client(str(stage.daemon.socket), access=access) as client:
        with pytest.raises(ReadOnly):
            await copy_files(client, request, report=Copied())
        back = CopyRequest(request.container, "/x", str(tmp_path / "back"))
        await copy_files(client, back, report=Copied())  # reading is free
    assert (tmp_path / "back").read_text() == "x"


_KILLED = """
import asyncio, sys
from aiocontainerd.client import Client
from aiocontainerd.operations import CopyRequest, copy_files
from aiocontainerd.operations.copytree import Copied

async def main(socket, namespace, target):
    async with Client(socket) as client:
        container = await client.containers.get("c", namespace=namespace)
        report = Copied()
        work = asyncio.create_task(
            copy_files(client, CopyRequest(container, "/big", target), report=report)
        )
        while not report.bytes:
            await asyncio.sleep(0.001)
        print("copying", flush=True)
        await work

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.containerd("2")
async def test_killed_in_the_middle_nothing_stays_mounted(stage: Stage, tmp_path: Path) -> None:
    made = await stage.run("c", "sleep 1000")
    (tmp_path / "big").write_bytes(os.urandom(1 << 20) * 100)
    await into(stage, tmp_path / "big", "/big")
    await stop(stage.client, made.container, grace=0)
    before = mounts()
    arguments = (str(stage.daemon.socket), stage.namespace, str(tmp_path / "got"))
    process = subprocess.Popen([sys.executable, "-c", _KILLED, *arguments], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert await asyncio.to_thread(process.stdout.readline) == b"copying\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    ours = str(stage.daemon.root).encode()
    assert not [line for line in mounts() - before if ours in line]
    await start(stage.client, made.container, state=stage.state)


async def test_the_daemon_is_killed_in_the_middle(
    files: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is opened stays open: the copies end well, and the next one when the daemon is back."""
    begun, goes_on = set(), threading.Event()
    copied = Copy._file

    def held(self: Copy, *more: object) -> None:
        begun.add(self)
        assert goes_on.wait(30)
        copied(self, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Copy, "_file", held)
    (tmp_path / "new").write_text("new")
    both = out(files, "/d", tmp_path / "d"), into(files, tmp_path / "new", "/new")
    work = asyncio.gather(*both)
    await until(lambda: len(begun) == 2, "both copy")
    files.daemon.kill()
    try:
        goes_on.set()
        report, inward = await work
    finally:
        files.daemon.start()
    assert (report.files, inward.files) == (4, 1)
    assert (tmp_path / "d" / "sub" / "b").read_text() == "deep\n"
    async with asyncio.timeout(15):
        while not (tmp_path / "again").exists():
            with suppress(Unavailable):  # the channel needs a moment to see that it is back
                await out(files, "/d/a", tmp_path / "again")
            await asyncio.sleep(POLL)
    assert (tmp_path / "again").read_text() == "hello\n"
    await out(files, "/new", tmp_path / "back")
    assert (tmp_path / "back").read_text() == "new"


@pytest.mark.containerd("2")
async def test_a_daemon_with_files_or_processes_of_its_own_is_told(
    files: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = HostView(shares_pids=False, root="/proc/1/root")
    monkeypatch.setattr(files.client, "locate", AsyncMock(return_value=view))
    with pytest.raises(FailedPrecondition, match="cannot be reached from here"):
        await out(files, "/d/a", tmp_path)
