"""The main job on the simulator, unchanged: pull, run, stop, start, delete, and what goes wrong."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from aiocontainerd import operations
from aiocontainerd.client import Client
from aiocontainerd.errors import (
    AlreadyExists,
    ContainerdError,
    DeadlineExceeded,
    FailedPrecondition,
    NotFound,
    Unavailable,
)
from aiocontainerd.maker import MADE_BY, maker
from aiocontainerd.models import Container, Phase, Snapshot, TaskStatus
from aiocontainerd.operations import RunResult
from aiocontainerd.operations.stopping import Sent
from aiocontainerd.procfs import HostView
from aiocontainerd.pull import Pulls
from aiocontainerd.reconcile import reconcile
from aiocontainerd.run_options import RunOptions
from aiocontainerd.services.leases import purpose
from aiocontainerd.simulator import Simulator, tasks
from aiocontainerd.simulator.faults import Faults
from aiocontainerd.simulator.lives import Life
from aiocontainerd.simulator.world import Space
from aiocontainerd.state import StateDirectory
from aiocontainerd.store import Store

NAMESPACE = "n"
NGINX = "docker.io/library/nginx:1.27"
PATIENCE = 20.0  # s
DEAF = Life(obeys=None)
WAIT = "/containerd.services.tasks.v1.Tasks/Wait"


@dataclass
class Host:
    """A simulator with one pulled image, its client, and a folder for logs."""

    simulator: Simulator
    faults: Faults
    client: Client
    state: StateDirectory

    @property
    def space(self) -> Space:
        return self.simulator.world.look(NAMESPACE)

    async def run(self, id: str = "web", *command: str, **options: object) -> RunResult:
        wanted = RunOptions(image=NGINX, id=id, command=command, **options)  # type: ignore[arg-type]
        return await operations.run(self.client, wanted, namespace=NAMESPACE, state=self.state)

    def lives_at(self, view: HostView) -> None:
        """Have the client find this when it looks where the daemon lives."""
        self.client.locate = AsyncMock(return_value=view)  # type: ignore[method-assign]

    async def status(self, id: str = "web") -> TaskStatus:
        return (await self.client.tasks.get(id, namespace=NAMESPACE)).status


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    simulator = Simulator(tmp_path / "c.sock", faults=(faults := Faults()))
    async with simulator, Client(simulator.address) as client:
        await Pulls(client, config_dirs=()).start(NGINX, namespace=NAMESPACE).wait()
        yield Host(simulator, faults, client, StateDirectory(tmp_path / "state"))


async def test_the_whole_job(host: Host) -> None:
    client, state = host.client, host.state
    made = await host.run()
    spec = await client.containers.spec("web", namespace=NAMESPACE)
    assert spec["process"]["args"][0] == "/docker-entrypoint.sh"
    assert operations.stop_signal(made.container) == 3  # the image's SIGQUIT
    assert await host.status() is TaskStatus.RUNNING
    await operations.pause(client, made.container)
    assert await host.status() is TaskStatus.PAUSED
    await operations.resume(client, made.container)
    assert await operations.stop(client, made.container) == 0
    assert await host.status() is TaskStatus.STOPPED
    pid = await operations.start(client, made.container, state=state)
    assert pid not in (0, made.pid)
    again = await operations.restart(client, made.container, state=state)
    assert again != pid
    await operations.kill(client, made.container, "KILL")
    assert (await client.tasks.wait("web", namespace=NAMESPACE))[0] == 137
    await operations.delete_container(client, made.container, state=state)
    assert not host.space.containers
    assert not host.space.tasks
    assert ("overlayfs", "web") not in host.space.snapshots
    assert not host.space.leases
    image = await client.images.get(NGINX, namespace=NAMESPACE)
    await client.images.delete(image.raw_name, namespace=NAMESPACE, sync=True)
    assert not host.space.content
    assert not host.space.snapshots


async def test_one_that_takes_no_notice_is_killed(host: Host) -> None:
    made = await host.run()
    host.simulator.lives.chosen[NAMESPACE, "web"] = DEAF
    assert await operations.stop(host.client, made.container, grace=0.0) == 137


async def test_a_name_that_is_taken(host: Host) -> None:
    await host.run()
    with pytest.raises(AlreadyExists, match="exists already"):
        await host.run()
    assert list(host.space.containers) == ["web"]
    assert await host.status() is TaskStatus.RUNNING


async def test_removed_when_done(host: Host) -> None:
    made = await host.run(remove=True)
    removing = asyncio.create_task(
        operations.remove_when_done(host.client, made.container, state=host.state)
    )
    await asyncio.sleep(0)
    tasks.exit(host.simulator.world, NAMESPACE, "web", 4)
    async with asyncio.timeout(PATIENCE):
        assert await removing == 4
    assert not host.space.containers


CALLS = (
    "Leases/Create",
    "Snapshots/Prepare",
    "Containers/Create",
    "Tasks/Create",
    "Tasks/Start",
)


@pytest.mark.parametrize("call", CALLS)
async def test_a_run_that_fails_leaves_nothing(host: Host, call: str) -> None:
    before = set(host.space.snapshots)
    host.faults.add(call, "error", code="UNAVAILABLE", message="the disk is on fire")
    with pytest.raises(Unavailable, match="on fire"):
        await host.run()
    assert set(host.space.snapshots) == before
    assert not host.space.containers
    assert not host.space.tasks
    assert not host.space.leases
    host.faults.clear()
    await host.run()


async def test_a_run_that_is_cancelled_while_a_call_hangs(host: Host) -> None:
    before = set(host.space.snapshots)
    host.faults.add("Tasks/Create", "hang")
    task = asyncio.create_task(host.run())
    await _until(lambda: bool(host.space.containers))
    task.cancel()
    host.faults.clear()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert set(host.space.snapshots) == before
    assert not host.space.containers
    assert not host.space.tasks


async def test_tasks_outlive_a_restart_of_the_daemon(host: Host) -> None:
    made = await host.run()
    sent: list[Sent] = []
    host.simulator.lives.chosen[NAMESPACE, "web"] = DEAF
    stopping = asyncio.create_task(
        operations.stop(host.client, made.container, grace=PATIENCE, report=sent.append)
    )
    await _until(lambda: bool(sent) and not sent[-1].is_asked and host.simulator.calls[WAIT] > 0)
    await host.simulator.stop()
    assert not stopping.done()
    await host.simulator.start()
    assert await _patiently(lambda: host.client.tasks.list(namespace=NAMESPACE))
    tasks.exit(host.simulator.world, NAMESPACE, "web", 9)
    async with asyncio.timeout(PATIENCE):
        assert await stopping == 9


async def test_a_container_that_is_replaced_is_not_touched(host: Host) -> None:
    made = await host.run()
    await operations.delete_container(host.client, made.container, state=host.state)
    with pytest.raises(NotFound):
        await operations.stop(host.client, made.container)
    await host.run()
    with pytest.raises(FailedPrecondition, match="replaced"):
        await operations.stop(host.client, made.container)


async def test_what_happens_while_the_events_are_cut_is_seen_after_all(host: Host) -> None:
    made = await host.run()
    store = Store()
    following = asyncio.create_task(reconcile(host.client, store))
    try:
        await _seen(store, lambda s: s.phase is Phase.LIVE and _has(s, made.container))
        host.faults.add("Events/Subscribe", "hang")
        assert host.faults.cut() == 1
        await _seen(store, lambda s: s.phase is Phase.LOST)
        await operations.delete_container(host.client, made.container, state=host.state)
        host.faults.clear()
        live = await _seen(store, lambda s: s.phase is Phase.LIVE)
        assert not live.containers
        assert not live.tasks
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


def _has(snapshot: Snapshot, container: Container) -> bool:
    return container.key in snapshot.containers


async def _seen(store: Store, wanted: Callable[[Snapshot], bool]) -> Snapshot:
    async with asyncio.timeout(PATIENCE):
        async for snapshot in store.watch():
            if wanted(snapshot):
                return snapshot
    raise AssertionError("watch() ended")


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


async def _patiently(call: Callable[[], object]) -> object:
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(ContainerdError):
                return await call()  # type: ignore[misc]
            await asyncio.sleep(0.01)


async def test_what_sigkill_does_not_end_is_told(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that hangs in the kernel, or a shim that is a zombie: no end is ever reported."""
    monkeypatch.setattr(sys.modules["aiocontainerd.operations.stopping"], "KILL_WAIT", 0.02)
    made = await host.run("web")
    host.faults.add("Tasks/Wait", "hang")
    host.faults.add("Tasks/Kill", "error", code="UNKNOWN", message="ttrpc: closed: unknown")
    with pytest.raises(DeadlineExceeded, match="SIGKILL and is still there"):
        await operations.stop(host.client, made.container, grace=0.01)
    assert await host.status() is TaskStatus.RUNNING
    with pytest.raises(DeadlineExceeded):
        await operations.delete_container(host.client, made.container, state=host.state, grace=0.01)
    assert (await host.client.containers.get("web", namespace=NAMESPACE)).id == "web"
    host.faults.clear()


async def test_what_a_dead_run_left_is_found_by_the_next(host: Host) -> None:
    dead = "/".join([*maker().split("/")[:2], "1", "0"])  # init began at another moment
    labels = {**purpose("run", "web"), MADE_BY: dead}
    await host.client.leases.create(namespace=NAMESPACE, id="ctdeck-x", labels=labels)
    await host.client.leases.create(namespace=NAMESPACE, id="other", labels=labels)
    (found,) = await operations.cut_short(host.client, [NAMESPACE])
    assert (found.lease, found.doing, found.subject) == ("ctdeck-x", "run", "web")
    await operations.remove_remains(host.client, found, state=host.state)
    await operations.remove_remains(host.client, found, state=host.state)  # it is gone: no error
    assert [lease.id for lease in await host.client.leases.list(namespace=NAMESPACE)] == ["other"]
