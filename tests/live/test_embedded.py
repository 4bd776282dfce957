"""The embedded daemon on each release: its start, its sample image, who ends it and when."""

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from aiocontainerd.access import Access
from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition, Unavailable
from aiocontainerd.sample import SAMPLE_NAME
from ctdeck.embedded import EmbeddedDaemon, process
from ctdeck.embedded.place import Place

from . import folders, processes
from .namespaces import new_id
from .releases import release

Ctr = Callable[..., str]


@pytest.fixture
def state(tmp_path: Path, containerd_name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state directory; which release is started is decided by PATH. Nothing may be left."""
    programs = release(containerd_name).programs
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    folder = folders.new_folder()
    state = folder / "s"
    yield state
    left = _processes_of(state)
    folders.clear_tasks(state / "embedded")
    processes.kill(left)
    mounted = folders.mounts(folder)
    folders.remove(folder)
    assert not left
    assert not mounted


@pytest.fixture
def ctr(containerd_name: str, state: Path) -> Ctr:
    """Run that release's `ctr` on the embedded daemon."""

    def run(*words: str) -> str:
        program = release(containerd_name).programs / "ctr"
        socket = state / "embedded" / "containerd.sock"
        answer = subprocess.run(
            [program, "-a", socket, *words], capture_output=True, text=True, check=False, timeout=60
        )
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    return run


def _processes_of(state: Path) -> list[int]:
    """The daemon and its shims."""
    return [
        pid
        for pid, argv in processes.running()
        if any(word.startswith(str(state / "embedded")) for word in argv) and pid != os.getpid()
    ]


def _daemons(state: Path) -> list[int]:
    config = str(state / "embedded" / "config.toml")
    return [pid for pid, argv in processes.running() if argv[-2:] == ["--config", config]]


async def test_it_starts_with_a_sample_image_as_good_as_a_pulled_one(state: Path, ctr: Ctr) -> None:
    daemon = await EmbeddedDaemon.start(state)
    try:
        assert (daemon.origin, daemon.sample_problem) == ("started", "")
        ctr("leases", "create", "--id", "x")
        ctr("leases", "delete", "--sync", "x")  # collects garbage
        checked = ctr("images", "check")
        assert SAMPLE_NAME in checked
        assert "complete (2/2)" in checked
        assert "true" in checked
        said = ctr(
            "run", "--rm", SAMPLE_NAME, new_id("x"), "sh", "-c", "id -un; echo $PATH; ls /bin/tick"
        )
        assert said.split() == [
            "root",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "/bin/tick",
        ]
        ctr("images", "rm", "--sync", SAMPLE_NAME)
        assert ctr("content", "ls", "-q") == ""
        assert ctr("snapshots", "ls").count("\n") == 1  # the head of the table
    finally:
        await daemon.stop()


async def test_a_second_ctdeck_joins_and_the_last_one_ends_it(state: Path, ctr: Ctr) -> None:
    first = await EmbeddedDaemon.start(state)
    (pid,) = _daemons(state)
    second = await EmbeddedDaemon.start(state)
    assert second.origin == "found"
    assert not first.is_last()
    web = new_id("web")
    ctr("run", "-d", SAMPLE_NAME, web)
    assert await second.running_containers() == (f"default/{web}",)

    await first.stop()  # another one is here: nothing ends
    assert _daemons(state) == [pid]
    assert second.is_last()
    assert await second.running_containers() == (f"default/{web}",)

    await second.leave()  # a container runs: the daemon stays for it
    assert _daemons(state) == [pid]

    third = await EmbeddedDaemon.start(state)
    assert third.origin == "found"
    await third.stop()
    assert _processes_of(state) == []
    assert not (state / "embedded" / "containerd.sock").exists()


async def test_what_is_read_only_in_it_is_neither_filled_nor_ended(state: Path, ctr: Ctr) -> None:
    locked = Access(namespaces=frozenset({"default"}))
    daemon = await EmbeddedDaemon.start(state, locked)
    assert "the namespace default is read-only" in daemon.sample_problem
    assert SAMPLE_NAME not in ctr("images", "ls", "-q")
    free = await EmbeddedDaemon.start(state)
    web = new_id("web")
    ctr("run", "-d", SAMPLE_NAME, web)
    await free.leave()
    assert await daemon.running_containers() == (f"default/{web}",)
    assert await daemon.to_be_stopped() == ()
    await daemon.stop()
    assert len(_daemons(state)) == 1
    last = await EmbeddedDaemon.start(state)
    assert await last.running_containers() == (f"default/{web}",)
    await last.stop()
    assert _processes_of(state) == []


async def test_leaving_ends_it_when_nothing_runs_and_its_things_stay(state: Path, ctr: Ctr) -> None:
    daemon = await EmbeddedDaemon.start(state)
    done = new_id("done")
    ctr("run", SAMPLE_NAME, done, "true")  # ended: its container stays
    await daemon.leave()
    assert _processes_of(state) == []
    again = await EmbeddedDaemon.start(state)
    try:
        assert again.origin == "started"
        async with Client(again.address) as client:
            (container,) = await client.containers.list(namespace="default")
        assert container.id == done
    finally:
        await again.stop()


async def test_stop_ends_paused_and_deaf_containers(state: Path, ctr: Ctr) -> None:
    daemon = await EmbeddedDaemon.start(state)
    deaf, paused = new_id("deaf"), new_id("paused")
    ctr("run", "-d", SAMPLE_NAME, deaf, "sh", "-c", "trap '' TERM; while :; do sleep 1; done")
    ctr("run", "-d", SAMPLE_NAME, paused)
    ctr("tasks", "pause", paused)
    assert set(await daemon.running_containers()) == {f"default/{deaf}", f"default/{paused}"}
    await daemon.stop()
    assert _processes_of(state) == []


async def test_a_daemon_that_dies_is_started_again(state: Path, ctr: Ctr) -> None:
    daemon = await EmbeddedDaemon.start(state)
    try:
        (pid,) = _daemons(state)
        web = new_id("web")
        ctr("run", "-d", SAMPLE_NAME, web)
        os.kill(pid, signal.SIGKILL)
        await _until(lambda: _daemons(state) not in ([], [pid]))
        await _answers(daemon)
        assert await daemon.running_containers() == (f"default/{web}",)
    finally:
        await daemon.stop()


@pytest.mark.containerd("1.6")
async def test_the_files_are_ours_alone(state: Path, ctr: Ctr) -> None:
    old = os.umask(0)
    try:
        daemon = await EmbeddedDaemon.start(state)
    finally:
        os.umask(old)
    await daemon.leave()
    for folder in (state, state / "embedded"):
        assert folder.stat().st_mode & 0o777 == 0o700
    for name in ("config.toml", "containerd.log", "users.lock", "change.lock"):
        assert (state / "embedded" / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.containerd("1.6")
async def test_a_long_path_moves_the_socket_only(state: Path) -> None:
    deep = state / ("long" * 25)
    daemon = await EmbeddedDaemon.start(deep)
    try:
        assert daemon.address.startswith("/run/ctdeck/")
        assert Path(daemon.address).parent.stat().st_mode & 0o777 == 0o700
        assert daemon.sample_problem == ""
    finally:
        await daemon.stop()
        Path(daemon.address).parent.rmdir()


@pytest.mark.containerd("1.6")
async def test_a_start_that_is_given_up_leaves_nothing(state: Path) -> None:
    start = asyncio.create_task(EmbeddedDaemon.start(state))
    await _until(lambda: _daemons(state) != [])
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert _processes_of(state) == []


@pytest.mark.containerd("1.6")
async def test_a_start_that_is_given_up_before_there_is_a_process(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, given_up, spawn = threading.Event(), threading.Event(), process.spawn

    def late(place: Place) -> int:
        begun.set()
        assert given_up.wait(60)
        return spawn(place)

    monkeypatch.setattr(process, "spawn", late)
    start = asyncio.create_task(EmbeddedDaemon.start(state))
    await _until(begun.is_set)
    start.cancel()
    await asyncio.wait({start}, timeout=0.3)  # as long as it takes if it does not wait for it
    given_up.set()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert _processes_of(state) == []


@pytest.mark.containerd("1.6")
async def test_a_daemon_that_ends_at_once_is_told_with_its_last_words(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Place, "config_text", lambda self: "= no TOML\n")
    with pytest.raises(FailedPrecondition, match=r"ended at once: [^.]"):
        await EmbeddedDaemon.start(state)
    assert _processes_of(state) == []


async def _until(condition: Callable[[], bool]) -> None:
    """Without blocking the loop: the daemon's keeper works in it."""
    await asyncio.to_thread(processes.wait_for, condition, "the condition holds")


async def _answers(daemon: EmbeddedDaemon) -> None:
    async with Client(daemon.address) as client, asyncio.timeout(20):
        while True:
            with suppress(Unavailable):
                await client.version.get()
                return
