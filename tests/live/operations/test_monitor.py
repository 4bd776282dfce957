"""Containers that the daemon's restart monitor looks after: it must not undo what a user wants."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.operations import restart, start, stop
from aiocontainerd.state import StateDirectory

from ..conftest import BUSYBOX
from ..daemons import Daemon
from ..namespaces import new_name
from .conftest import Stage, until

ALWAYS = ("containerd.io/restart.status=running", "containerd.io/restart.policy=always")
PLUGINS = ("io.containerd.internal.v1.restart", "io.containerd.monitor.container.v1.restart")


def row(stage: Stage, id: str) -> list[str]:
    """Its line of `ctr tasks ls`: id, pid, status; [] without a task."""
    lines = (line.split() for line in stage.ctr("tasks", "ls").splitlines())
    return next((words for words in lines if words[:1] == [id]), [])


async def revived(stage: Stage, id: str) -> None:
    """Kill it and wait until the monitor has started it again."""
    old = row(stage, id)
    stage.ctr("tasks", "kill", "--signal", "SIGKILL", id)
    # One look for both: of two, the first may still see it running and the second see it stopped.
    await until(lambda: (now := row(stage, id))[2:] == ["RUNNING"] and now != old, "revived")


def restart_labels(stage: Stage, id: str) -> dict[str, str]:
    """Those of its labels that the monitor reads, without their common beginning."""
    start = "containerd.io/restart."
    found = json.loads(stage.ctr("containers", "info", id))["Labels"]
    return {key.removeprefix(start): found[key] for key in found if key.startswith(start)}


@pytest.fixture
def monitored(
    containerd_name: str, start_daemon: Callable[..., Daemon], busybox_tar: Path
) -> Callable[[str], Daemon]:
    """A daemon whose monitor looks that often: `monitored("300ms")`."""

    def begin(interval: str) -> Daemon:
        plugin = PLUGINS[containerd_name == "2"]
        daemon = start_daemon(
            containerd_name, extra=f'[plugins."{plugin}"]\ninterval = "{interval}"'
        )
        daemon.ctr("images", "import", str(busybox_tar))
        return daemon

    return begin


async def test_what_is_stopped_stays_stopped(
    monitored: Callable[[str], Daemon], state: StateDirectory
) -> None:
    daemon = monitored("300ms")
    async with Client(str(daemon.socket)) as client:
        stage = Stage(client, daemon, "default", BUSYBOX, state)
        id, other = new_name(), new_name()  # runc knows those of all daemons
        for name in (id, other):  # labelled when they run: the monitor is quicker than a start
            await stage.run(name)
            stage.ctr("containers", "label", name, *ALWAYS)
        await stop(client, await stage.container(id), grace=0)
        for _ in range(2):
            await revived(stage, other)  # so the monitor has looked at both
        await until(lambda: stage.task(id) in {"", "STOPPED"}, "it stays as it was left")
        await revived(stage, other)
        assert stage.task(id) in {"", "STOPPED"}


async def test_what_is_started_is_looked_after_again(
    monitored: Callable[[str], Daemon], state: StateDirectory
) -> None:
    daemon = monitored("1h")
    async with Client(str(daemon.socket)) as client:
        stage = Stage(client, daemon, "default", BUSYBOX, state)
        id = new_name()
        await stage.run(id)
        stage.ctr("containers", "label", id, *ALWAYS)
        await stop(client, await stage.container(id), grace=0)
        stopped = {"status": "stopped", "policy": "always", "explicitly-stopped": "true"}
        assert restart_labels(stage, id) == stopped
        await start(client, await stage.container(id), state=state)
        running = {"status": "running", "policy": "always", "explicitly-stopped": "false"}
        assert restart_labels(stage, id) == running
        await restart(client, await stage.container(id), state=state, grace=0)
        assert restart_labels(stage, id) == running
        await stop(client, await stage.container(id), grace=0)
        seen, blocked = await stage.container(id), StateDirectory(Path("/proc/none"))
        with pytest.raises(FailedPrecondition):  # a start that fails changes nothing
            await start(client, seen, state=blocked)
        assert restart_labels(stage, id) == stopped


async def test_without_a_policy_no_label_is_set(stage: Stage) -> None:
    result = await stage.run("c")
    await stop(stage.client, result.container, grace=0)
    await start(stage.client, result.container, state=stage.state)
    assert restart_labels(stage, "c") == {}
