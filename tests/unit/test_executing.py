"""What is executed, its end and what is left of it, where the daemon or a shim hangs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aiocontainerd import operations
from aiocontainerd.client import Client
from aiocontainerd.models import Container, Key
from aiocontainerd.operations import ExecOptions, end_orphans, executed, executing
from aiocontainerd.pull import Pulls
from aiocontainerd.run_options import RunOptions
from aiocontainerd.simulator import Simulator
from aiocontainerd.simulator.faultrules import Rule
from aiocontainerd.simulator.faults import Faults
from aiocontainerd.state import StateDirectory

PATIENCE = 20.0  # s, of which none is used where nothing waits
NGINX = "docker.io/library/nginx:1.27"
SHELL = ExecOptions(("sh",))
STUCK = Rule("Tasks/(Kill|DeleteProcess)", "hang")


class Host:
    """A simulator that may be struck by faults, its client, and a folder of ours."""

    def __init__(self, simulator: Simulator, client: Client, folder: Path) -> None:
        self.faults, self.client = simulator.faults, client
        self.space = simulator.world.space("n")
        self.state = StateDirectory(folder)

    async def run(self, id: str) -> Container:
        wanted = RunOptions(image=NGINX, id=id)
        made = await operations.run(self.client, wanted, namespace="n", state=self.state)
        return made.container

    def noted(self) -> int:
        return len(list(self.state.root.glob("execs/*/*")))


@pytest.fixture
async def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Host]:
    monkeypatch.setattr(executing, "ANSWER", 0.05, raising=False)
    simulator = Simulator(tmp_path / "c.sock", faults=Faults())
    async with simulator, Client(simulator.address) as client:
        await Pulls(client, config_dirs=()).start(NGINX, namespace="n").wait()
        yield Host(simulator, client, tmp_path / "state")


async def left(host: Host, container: Container) -> None:
    """Execute a shell that cannot be ended."""
    async with asyncio.timeout(PATIENCE), executed(host.client, container, SHELL, state=host.state):
        host.faults.rules = [STUCK]


async def test_it_is_left_while_the_daemon_hangs_and_ended_later(host: Host) -> None:
    web = await host.run("web")
    await left(host, web)
    assert len(host.space.tasks["web"].execs) == host.noted() == 1
    host.faults.rules = []
    assert await end_orphans(host.client, host.state) == [Key("n", "web")]
    assert len(host.space.tasks["web"].execs) == host.noted() == 0


async def test_what_cannot_be_ended_holds_up_no_other(host: Host) -> None:
    web, db = await host.run("web"), await host.run("db")
    await left(host, web)
    async with asyncio.timeout(PATIENCE), executed(host.client, db, SHELL, state=host.state):
        host.faults.rules = []
    assert not host.space.tasks["db"].execs
