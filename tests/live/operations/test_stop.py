"""stop, kill, pause and resume."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition, InvalidArgument, NotFound, Unavailable
from aiocontainerd.operations import (
    delete_container,
    kill,
    life_of,
    pause,
    restart,
    resume,
    start,
    stop,
)
from aiocontainerd.operations.stopping import Sent
from aiocontainerd.procfs import start_time
from aiocontainerd.state import StateDirectory

from .. import images, processes
from ..conftest import BUSYBOX
from ..daemons import Daemon
from ..folders import shims
from ..namespaces import new_name
from .conftest import Stage, until, written

HEARS = "trap 'echo {0}; exit 4' {0}; echo ready; while :; do sleep 0.05; done"
STUBBORN = "trap 'echo no' TERM; echo ready; while :; do sleep 0.05; done"
DEAF = "trap '' TERM; echo ready; while :; do sleep 1; done"


async def test_it_gets_the_stop_signal_and_time_to_end(stage: Stage) -> None:
    result = await stage.run("c", HEARS.format("TERM"))
    await written(result.log, "ready")
    heard: list[Sent] = []
    status = await stop(stage.client, result.container, grace=10, report=heard.append)
    assert status == 4
    assert stage.task("c") == "STOPPED"
    assert await written(result.log, "TERM") == "ready\nTERM\n"
    assert heard == [Sent(15, 10, is_asked=True), Sent(15, 10)]
    assert await stop(stage.client, result.container) == 4, "again: it is stopped already"


async def test_the_images_own_stop_signal(stage: Stage, tmp_path: Path) -> None:
    made = images.busybox(cmd=["/bin/sh", "-c", HEARS.format("USR1")], stop_signal="SIGUSR1")
    stage.ctr("images", "import", str(images.save(tmp_path / "i.tar", {"a.test/i:1": made})))
    result = await stage.run("c", image="a.test/i:1", command=())
    await written(result.log, "ready")
    assert await stop(stage.client, result.container, grace=10) == 4
    await written(result.log, "USR1")


async def test_what_does_not_listen_is_killed_after_the_grace_time(stage: Stage) -> None:
    result = await stage.run("c", DEAF)
    await written(result.log, "ready")
    heard: list[Sent] = []
    begin = time.monotonic()
    assert await stop(stage.client, result.container, grace=0.3, report=heard.append) == 137
    assert 0.3 <= time.monotonic() - begin < 5
    assert [each for each in heard if not each.is_asked] == [Sent(15, 0.3), Sent(9)]
    assert stage.task("c") == "STOPPED"


@pytest.mark.parametrize(("script", "status"), [(HEARS.format("TERM"), 4), (DEAF, 137)])
async def test_a_paused_one_hears_it_too(stage: Stage, script: str, status: int) -> None:
    result = await stage.run("c", script)
    await written(result.log, "ready")
    await pause(stage.client, result.container)
    assert stage.task("c") == "PAUSED"
    assert await stop(stage.client, result.container, grace=0.5) == status
    assert stage.task("c") == "STOPPED"


async def test_pause_and_resume(stage: Stage) -> None:
    result = await stage.run("c")
    await pause(stage.client, result.container)
    with pytest.raises(FailedPrecondition, match="c: it is paused"):
        await pause(stage.client, result.container)
    with pytest.raises(FailedPrecondition, match=r"paused already \(pid .*Resume it"):
        await start(stage.client, result.container, state=stage.state)
    await resume(stage.client, result.container)
    assert stage.task("c") == "RUNNING"
    with pytest.raises(FailedPrecondition, match="c: it is running"):
        await resume(stage.client, result.container)


async def test_kill_by_name_and_number(stage: Stage) -> None:
    result = await stage.run("c", HEARS.format("HUP"))
    await written(result.log, "ready")
    with pytest.raises(InvalidArgument, match="'SIGNONE': this is not a signal"):
        await kill(stage.client, result.container, "SIGNONE")
    await kill(stage.client, result.container, "hup")
    await until(lambda: stage.task("c") == "STOPPED", "it ended")
    with pytest.raises(FailedPrecondition, match="it does not run"):
        await kill(stage.client, result.container, 9)


async def test_nerdctls_stop_timeout_is_kept(stage: Stage) -> None:
    labels = (("nerdctl/stop-timeout", "0"),)
    result = await stage.run("c", DEAF, labels=labels)
    await written(result.log, "ready")
    began = time.monotonic()
    assert await stop(stage.client, result.container) == 137
    assert time.monotonic() - began < 9, "not nerdctl's default of 10 s"


async def test_what_was_replaced_is_left_alone(stage: Stage) -> None:
    result = await stage.run("c")
    assert result.container.created_at is not None
    earlier = result.container.created_at - timedelta(seconds=1)
    seen = replace(result.container, created_at=earlier)
    for act in (
        stop(stage.client, seen),
        kill(stage.client, seen, 9),
        pause(stage.client, seen),
        restart(stage.client, seen, state=stage.state),
    ):
        with pytest.raises(FailedPrecondition, match="c: this container was replaced"):
            await act
    assert stage.task("c") == "RUNNING"


async def test_what_was_restarted_since_it_was_seen_is_left_alone(stage: Stage) -> None:
    container = (await stage.run("c")).container
    seen = life_of(await stage.client.tasks.get("c", namespace=stage.namespace))
    stage.ctr("tasks", "kill", "-s", "KILL", "c")
    await until(lambda: stage.task("c") == "STOPPED", "its end")
    pid = await start(stage.client, container, state=stage.state)
    for act in (
        stop(stage.client, container, seen=seen),
        kill(stage.client, container, 9, seen=seen),
        pause(stage.client, container, seen=seen),
        restart(stage.client, container, state=stage.state, seen=seen),
        delete_container(stage.client, container, state=stage.state, seen=seen),
    ):
        with pytest.raises(FailedPrecondition, match=f"c: it was restarted .* now {pid}"):
            await act
    assert stage.task("c") == "RUNNING"
    now = life_of(await stage.client.tasks.get("c", namespace=stage.namespace))
    assert now
    with pytest.raises(FailedPrecondition, match="c: it was restarted since you looked"):
        await kill(
            stage.client, container, 9, seen=now._replace(since=datetime(2020, 1, 1, tzinfo=UTC))
        )
    await kill(stage.client, container, 9, seen=now._replace(since=start_time(pid)))


async def test_what_is_gone_and_what_is_only_a_task(stage: Stage) -> None:
    result = await stage.run("c")
    await stage.client.containers.delete("c", namespace=stage.namespace)
    with pytest.raises(FailedPrecondition, match=rf"its task still runs \(pid {result.pid}\)"):
        await stop(stage.client, result.container)
    gone = replace(result.container, id="never-was")
    with pytest.raises(NotFound, match="never-was: this container is not there any more"):
        await stop(stage.client, gone)


async def test_a_dead_shim_is_the_end_of_its_task(stage: Stage) -> None:
    result = await stage.run("c", DEAF)
    await written(result.log, "ready")
    heard: list[Sent] = []
    stopping = asyncio.ensure_future(
        stop(stage.client, result.container, grace=10, report=heard.append)
    )
    await until(lambda: heard, "it is being stopped")
    processes.kill(shims(stage.daemon.folder, stage.namespace))
    assert await stopping in {137, 255}
    await until(lambda: stage.task("c") in {"", "STOPPED"}, "the daemon knows")


async def test_it_is_stopped_although_the_daemon_restarts(
    containerd_name: str,
    start_daemon: Callable[..., Daemon],
    busybox_tar: Path,
    state: StateDirectory,
) -> None:
    daemon = start_daemon(containerd_name)
    daemon.ctr("images", "import", str(busybox_tar))
    async with Client(str(daemon.socket)) as client:
        stage = Stage(client, daemon, "default", BUSYBOX, state)
        # runc knows it beside those of all daemons
        result = await stage.run(new_name(), STUBBORN)
        await written(result.log, "ready")
        stopping = asyncio.ensure_future(stop(client, result.container, grace=5))
        await written(result.log, "no")
        await asyncio.to_thread(daemon.kill)
        await asyncio.to_thread(daemon.start)
        assert await stopping == 137
        assert stage.task(result.id) == "STOPPED"


async def test_a_daemon_that_does_not_come_back_is_told(
    start_daemon: Callable[..., Daemon], busybox_tar: Path, state: StateDirectory
) -> None:
    daemon = start_daemon("2")
    daemon.ctr("images", "import", str(busybox_tar))
    async with Client(str(daemon.socket)) as client:
        stage = Stage(client, daemon, "default", BUSYBOX, state)
        result = await stage.run(new_name(), STUBBORN)
        await written(result.log, "ready")
        stopping = asyncio.ensure_future(stop(client, result.container, grace=1))
        await written(result.log, "no")
        await asyncio.to_thread(daemon.kill)
        with pytest.raises(Unavailable, match="Try again when containerd runs"):
            await stopping
