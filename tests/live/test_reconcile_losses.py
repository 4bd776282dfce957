"""The store when the daemon goes, hangs or comes late, and when a shim does not answer."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from aiocontainerd.models import Key, Phase, TaskStatus

from . import folders
from .conftest import BUSYBOX
from .daemons import Daemon
from .watching import agree, by_us, ctr, following, run_detached, status

StartDaemon = Callable[..., Daemon]


async def test_a_restart_is_survived(
    containerd_name: str, start_daemon: StartDaemon, busybox_tar: Path
) -> None:
    daemon = start_daemon(containerd_name)
    await ctr(daemon, "images", "import", str(busybox_tar), namespace="one")
    await run_detached(daemon, BUSYBOX, "lives", namespace="one")
    await run_detached(daemon, BUSYBOX, "dies", namespace="one")
    async with following(daemon) as followed:
        await agree(followed, daemon, "one")
        before = followed.store.snapshot
        await asyncio.to_thread(daemon.terminate)
        lost = await followed.until(lambda s: s.phase is Phase.LOST, "lost")
        assert by_us(lost, "one") == by_us(before, "one")
        assert "containerd" in lost.error
        os.kill(before.tasks[Key("one", "dies")].pid, signal.SIGKILL)
        await asyncio.to_thread(daemon.start)
        back = time.monotonic()
        live = await followed.until(lambda s: s.phase is Phase.LIVE, "live again")
        print(f"{daemon.name}: live {time.monotonic() - back:.2f} s after the daemon answered")
        assert live.error == ""
        await agree(followed, daemon, "one")
        await ctr(daemon, "images", "tag", BUSYBOX, "a.test/b:1", namespace="one")
        await agree(followed, daemon, "one")


async def test_a_crash_is_survived(
    containerd_name: str, start_daemon: StartDaemon, busybox_tar: Path
) -> None:
    daemon = start_daemon(containerd_name)
    async with following(daemon) as followed:
        for number in range(3):
            await asyncio.to_thread(daemon.kill)
            await followed.until(lambda s: s.phase is Phase.LOST, "lost")
            await asyncio.to_thread(daemon.start)
            await followed.until(lambda s: s.phase is Phase.LIVE, "live again")
            await ctr(daemon, "images", "import", str(busybox_tar), namespace=f"n{number}")
            await agree(followed, daemon, f"n{number}")


async def test_a_frozen_daemon_is_lost_and_found(
    containerd_name: str, start_daemon: StartDaemon
) -> None:
    daemon = start_daemon(containerd_name)
    async with following(daemon, resync=0.2) as followed:
        daemon.freeze()
        lost = await followed.until(lambda s: s.phase is Phase.LOST, "lost")
        assert "does not answer" in lost.error
        turns = 0
        end = time.monotonic() + 0.5
        while time.monotonic() < end:  # the loop is free meanwhile
            await asyncio.sleep(0.005)
            turns += 1
        assert turns > 30
        daemon.thaw()
        await followed.until(lambda s: s.phase is Phase.LIVE, "live again")


async def test_a_daemon_that_is_frozen_from_the_start(
    containerd_name: str, start_daemon: StartDaemon
) -> None:
    daemon = start_daemon(containerd_name)
    daemon.freeze()
    async with following(daemon, live=False) as followed:
        failed = await followed.until(lambda s: s.phase is Phase.FAILED, "failed")
        assert "does not answer" in failed.error
        daemon.thaw()
        await followed.until(lambda s: s.phase is Phase.LIVE, "live")


async def test_a_daemon_that_comes_late(containerd_name: str, start_daemon: StartDaemon) -> None:
    daemon = start_daemon(containerd_name)
    await asyncio.to_thread(daemon.terminate)
    async with following(daemon, live=False) as followed:
        failed = await followed.until(lambda s: s.phase is Phase.FAILED, "failed")
        assert not failed.loaded
        assert "does not run" in failed.error or "not running" in failed.error
        await asyncio.to_thread(daemon.start)
        await followed.until(lambda s: s.phase is Phase.LIVE and s.loaded, "live")


@pytest.fixture
async def stuck_shim(
    containerd_name: str, start_daemon: StartDaemon, busybox_tar: Path
) -> AsyncIterator[tuple[Daemon, Callable[[], None]]]:
    """A daemon with the containers "stuck" and "well", and how to stop the first one's shim."""
    daemon = start_daemon(containerd_name)
    await ctr(daemon, "images", "import", str(busybox_tar), namespace="one")
    await run_detached(daemon, BUSYBOX, "stuck", namespace="one")
    (shim,) = folders.shims(daemon.folder)
    await run_detached(daemon, BUSYBOX, "well", namespace="one")
    yield daemon, lambda: os.kill(shim, signal.SIGSTOP)
    os.kill(shim, signal.SIGCONT)


async def test_a_stuck_shim_delays_only_its_task(
    stuck_shim: tuple[Daemon, Callable[[], None]],
) -> None:
    daemon, stop_shim = stuck_shim
    async with following(daemon) as followed:
        await agree(followed, daemon, "one")
        pid = followed.store.snapshot.tasks[Key("one", "stuck")].pid
        stop_shim()
        await run_detached(daemon, BUSYBOX, "new", namespace="one")
        started = time.monotonic()
        await followed.until(lambda s: status(s, "one", "new") is TaskStatus.RUNNING, "a row")
        print(f"{daemon.name}: row {time.monotonic() - started:.2f} s after ctr run")
        assert followed.store.snapshot.phase is Phase.LIVE
        await ctr(daemon, "tasks", "kill", "-s", "KILL", "new", namespace="one")
        await followed.until(lambda s: status(s, "one", "new") is TaskStatus.STOPPED, "stopped")
        await ctr(daemon, "containers", "label", "stuck", "a=b", namespace="one")
        snapshot = followed.store.snapshot
        assert snapshot.tasks[Key("one", "stuck")].pid == pid


async def test_a_stuck_shim_does_not_keep_the_others_from_the_first_picture(
    stuck_shim: tuple[Daemon, Callable[[], None]],
) -> None:
    daemon, stop_shim = stuck_shim
    stop_shim()
    begun = time.monotonic()
    async with following(daemon, live=False) as followed:
        await followed.until(lambda s: status(s, "one", "well") is TaskStatus.RUNNING, "a row")
        print(f"{daemon.name}: first row {time.monotonic() - begun:.2f} s after the start")
        await followed.until(lambda s: status(s, "one", "stuck") is TaskStatus.UNKNOWN, "unknown")


async def test_a_shim_that_comes_back_is_seen(
    stuck_shim: tuple[Daemon, Callable[[], None]],
) -> None:
    daemon, stop_shim = stuck_shim
    shims = folders.shims(daemon.folder)
    stop_shim()
    async with following(daemon, live=False) as followed:
        await followed.until(lambda s: status(s, "one", "stuck") is TaskStatus.UNKNOWN, "unknown")
        for shim in shims:
            os.kill(shim, signal.SIGCONT)
        await followed.until(lambda s: status(s, "one", "stuck") is TaskStatus.RUNNING, "running")
