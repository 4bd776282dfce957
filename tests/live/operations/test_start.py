"""start and restart of containers that are there."""

import asyncio
import importlib
import json
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.models import Task
from aiocontainerd.operations import (
    LOG_LABEL,
    delete_container,
    restart,
    start,
    stop,
)
from aiocontainerd.state import StateDirectory

from .conftest import Stage, output_of, until, written

DEAF = "trap '' TERM; echo ready; while :; do sleep 1; done"


async def test_start_again_appends_to_the_log(stage: Stage) -> None:
    result = await stage.run("c", "echo life; touch /was-here; ls /was-*; sleep 1000")
    await written(result.log, "was-here")
    with pytest.raises(FailedPrecondition, match="running already"):
        await start(stage.client, result.container, state=stage.state)
    await stop(stage.client, result.container, grace=0)
    pid = await start(stage.client, result.container, state=stage.state)
    assert pid != result.pid
    await until(lambda: output_of(result.log) == "life\n/was-here\n" * 2, "both lives in one log")
    assert stage.task("c") == "RUNNING"


async def test_a_log_that_has_grown_large_is_moved_aside(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("aiocontainerd.operations.starting")
    monkeypatch.setattr(module, "LOG_MAX", 60)  # a line with its time has 42
    script = "n=1; [ -e /tmp/n ] && n=5; echo more > /tmp/n; echo $n; sleep 1000"
    result = await stage.run("c", script)
    aside = result.log.with_name("output.log.1")
    await written(result.log, "1")
    await restart(stage.client, result.container, state=stage.state, grace=0)
    await until(lambda: output_of(result.log) == "1\n5\n", "it was small enough")
    await restart(stage.client, result.container, state=stage.state, grace=0)
    await until(lambda: output_of(result.log) == "5\n", "a new file")
    assert output_of(aside) == "1\n5\n"
    await delete_container(stage.client, result.container, state=stage.state, grace=0)
    assert stage.everything()["files"] == []


async def test_a_start_without_a_log_leaves_the_old_task(stage: Stage, tmp_path: Path) -> None:
    """Its exit status would be lost for nothing."""
    result = await stage.run("c", "exit 3")
    await until(lambda: stage.task("c") == "STOPPED", "it ended")
    (tmp_path / "file").touch()
    with pytest.raises(FailedPrecondition, match="/file: "):
        await start(stage.client, result.container, state=StateDirectory(tmp_path / "file"))
    task = await stage.client.tasks.get("c", namespace=stage.namespace)
    assert task.exit_status == 3
    assert stage.ctr("leases", "ls", "-q") == ""


async def test_restart(stage: Stage) -> None:
    result = await stage.run("c", DEAF)
    pid = await restart(stage.client, result.container, state=stage.state, grace=0.1)
    assert pid != result.pid
    await until(lambda: output_of(result.log) == "ready\n" * 2, "both lives in one log")
    assert str(pid) in stage.ctr("tasks", "ls")


async def test_start_one_that_ctr_made(stage: Stage) -> None:
    snapshotter = ("--snapshotter", stage.daemon.snapshotter)
    program = 'BEGIN { print "hi"; system("sleep 99") }'  # ctr 1.6 would take sh's -c for its own
    stage.ctr("containers", "create", *snapshotter, stage.image, "c", "awk", program)
    container = await stage.container("c")
    with pytest.raises(FailedPrecondition, match="it does not run"):
        await stop(stage.client, container)
    await start(stage.client, container, state=stage.state)
    assert stage.task("c") == "RUNNING"
    labels = json.loads(stage.ctr("containers", "info", "c"))["Labels"]
    log = Path(labels[LOG_LABEL])
    assert log.is_relative_to(stage.state.root / "logs")
    assert await written(log, "hi") == "hi\n"
    assert labels["io.containerd.image.config.stop-signal"] == "SIGTERM"


async def test_start_that_fails_leaves_no_task(stage: Stage) -> None:
    snapshotter = ("--snapshotter", stage.daemon.snapshotter)
    stage.ctr("containers", "create", *snapshotter, stage.image, "c", "/no/such")
    before = stage.everything()
    labels = json.loads(stage.ctr("containers", "info", "c"))["Labels"]
    with pytest.raises(Exception, match="c: the image has no program '/no/such'"):
        await start(stage.client, await stage.container("c"), state=stage.state)
    after = stage.everything()
    assert {**after, "files": []} == before
    assert json.loads(stage.ctr("containers", "info", "c"))["Labels"] == labels


async def test_of_two_that_start_it_one_does(stage: Stage) -> None:
    result = await stage.run("c", "[ -e /again ] && exec sleep 1000; touch /again")
    await until(lambda: stage.task("c") == "STOPPED", "it ended")
    async with Client(str(stage.daemon.socket)) as other:
        get, pids = other.tasks.get, []

        async def late(id: str, *, namespace: str) -> Task:
            task = await get(id, namespace=namespace)
            if not pids:  # the one that was slower saw it stopped, before the quicker one began
                pids.append(await start(stage.client, result.container, state=stage.state))
            return task

        other.tasks.get = late  # type: ignore[method-assign,assignment]
        with pytest.raises(FailedPrecondition, match=r"it is running already \(pid"):
            await start(other, result.container, state=stage.state)
    assert stage.ctr("tasks", "ls").split()[-3:] == ["c", str(pids[0]), "RUNNING"]


async def test_of_many_that_start_it_at_once_one_does(stage: Stage) -> None:
    result = await stage.run("c", "[ -e /again ] && exec sleep 1000; touch /again")
    await until(lambda: stage.task("c") == "STOPPED", "it ended")
    starts = (start(stage.client, result.container, state=stage.state) for _ in range(4))
    results = await asyncio.gather(*starts, return_exceptions=True)
    (pid,) = [result for result in results if isinstance(result, int)]
    losers = [str(result) for result in results if isinstance(result, BaseException)]
    assert all("already" in loser or "another start" in loser for loser in losers), losers
    assert stage.ctr("tasks", "ls").split()[-3:] == ["c", str(pid), "RUNNING"]


async def test_a_terminal_is_started_again_detached(stage: Stage) -> None:
    result = await stage.run("c", "echo life; sleep 1000", terminal=True)
    await written(result.log, "life")
    await restart(stage.client, result.container, state=stage.state, grace=0)
    await until(lambda: output_of(result.log) == "life\r\n" * 2, "both lives in one log")
