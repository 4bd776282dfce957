"""A change hits what was seen, or nothing: another one under its name is looked for each time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from aiocontainerd import operations
from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.models import Container, Task, TaskStatus
from aiocontainerd.operations import Life, identity, life_of
from aiocontainerd.procfs import HostView
from tests.unit.test_simulator_job import NAMESPACE, NGINX, Host, host

__all__ = ["host"]


async def replaced(host: Host, seen: Container, client: Client | None = None) -> None:
    """Somebody deletes it and makes another one of the same id."""
    other = replace(host, client=client or host.client)
    await operations.delete_container(other.client, seen, state=host.state, grace=0)
    await other.run(seen.id)


Act = Callable[[Host, Container], Awaitable[Any]]
ACTS: dict[str, Act] = {
    "stop": lambda h, c: operations.stop(h.client, c, grace=0),
    "kill": lambda h, c: operations.kill(h.client, c, 9),
    "pause": lambda h, c: operations.pause(h.client, c),
    "resume": lambda h, c: operations.resume(h.client, c),
    "start": lambda h, c: operations.start(h.client, c, state=h.state),
    "restart": lambda h, c: operations.restart(h.client, c, state=h.state, grace=0),
    "delete": lambda h, c: operations.delete_container(h.client, c, state=h.state, grace=0),
}


@pytest.mark.parametrize("verb", ACTS)
async def test_one_made_anew_under_the_same_id_is_left_alone(host: Host, verb: str) -> None:
    seen = (await host.run()).container
    await replaced(host, seen)
    with pytest.raises(FailedPrecondition, match="web: this container was replaced"):
        await ACTS[verb](host, seen)
    assert await host.status() is TaskStatus.RUNNING


def signalled_late(
    host: Host, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Client], Awaitable[object]]
) -> list[int]:
    """The signals that are sent: somebody else is quicker than the first.

    Who waits for the end of what was signalled has lost its shim, and waits for another's by now.
    """
    tell = host.client.tasks.kill
    signals: list[int] = []

    async def kill(id: str, number: int, **more: Any) -> None:
        signals.append(number)
        if len(signals) > 1:
            await tell(id, number, **more)
        else:
            async with Client(host.client.address) as other:
                await meanwhile(other)

    async def wait(*_: Any, **__: Any) -> tuple[int, None]:
        return await asyncio.Event().wait()  # type: ignore[return-value]

    monkeypatch.setattr(host.client.tasks, "kill", kill)
    monkeypatch.setattr(host.client.tasks, "wait", wait)
    return signals


async def test_the_kill_after_the_grace_time_is_not_for_its_successor(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = (await host.run()).container
    signals = signalled_late(host, monkeypatch, lambda other: replaced(host, seen, other))
    with pytest.raises(FailedPrecondition, match="web: this container was replaced"):
        await operations.stop(host.client, seen, grace=0.01)
    assert await host.status() is TaskStatus.RUNNING
    assert len(signals) == 1


# The same container, and another process: "kill what I see" is not "kill what runs by now".

Bound = Callable[[Host, Container, Life | None], Awaitable[Any]]
BOUND: dict[str, Bound] = {
    "stop": lambda h, c, seen: operations.stop(h.client, c, seen=seen, grace=0),
    "kill": lambda h, c, seen: operations.kill(h.client, c, 9, seen=seen),
    "pause": lambda h, c, seen: operations.pause(h.client, c, seen=seen),
    "restart": lambda h, c, seen: operations.restart(
        h.client, c, state=h.state, seen=seen, grace=0
    ),
    "delete": lambda h, c, seen: operations.delete_container(
        h.client, c, state=h.state, seen=seen, grace=0
    ),
}


async def life(host: Host) -> Life | None:
    return life_of(await host.client.tasks.get("web", namespace=NAMESPACE))


@pytest.mark.parametrize("verb", BOUND)
async def test_what_was_restarted_meanwhile_is_left_alone(host: Host, verb: str) -> None:
    container = (await host.run()).container
    seen = await life(host)
    pid = await operations.restart(host.client, container, state=host.state, grace=0)
    assert seen
    with pytest.raises(
        FailedPrecondition, match=rf"web: it was restarted .* \(was pid {seen.pid}, now {pid}\)"
    ):
        await BOUND[verb](host, container, seen)
    assert await life(host) == Life(pid)
    assert await host.status() is TaskStatus.RUNNING
    await BOUND[verb](host, container, Life(pid))


@pytest.mark.parametrize("verb", ["restart", "delete"])
async def test_what_did_not_run_and_was_started_meanwhile_is_left_alone(
    host: Host, verb: str
) -> None:
    container = (await host.run()).container
    await operations.stop(host.client, container, grace=0)
    seen = await life(host)
    assert seen == life_of(None) == Life(0)
    pid = await operations.start(host.client, container, state=host.state)
    with pytest.raises(FailedPrecondition, match=rf"web: it was started .* \(now {pid}\)"):
        await BOUND[verb](host, container, seen)
    assert await host.status() is TaskStatus.RUNNING


async def test_a_pid_that_another_process_has_by_now(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = (await host.run()).container
    now = await life(host)
    assert now
    began, later = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    monkeypatch.setattr(identity, "start_time", lambda pid: {now.pid: later}[pid])
    host.lives_at(HostView(shares_pids=True))
    with pytest.raises(FailedPrecondition, match="web: it was restarted since you looked"):
        await operations.kill(host.client, container, 9, seen=Life(now.pid, began))
    host.lives_at(HostView(shares_pids=False))  # its pids are not ours
    await operations.kill(host.client, container, 9, seen=Life(now.pid, began))


async def test_the_kill_after_the_grace_time_is_not_for_its_next_life(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = (await host.run()).container

    async def restart(other: Client) -> None:
        await operations.restart(other, container, state=host.state, grace=0)

    signals = signalled_late(host, monkeypatch, restart)
    with pytest.raises(FailedPrecondition, match="web: it was restarted since you looked"):
        await operations.stop(host.client, container, grace=0.01)
    assert await host.status() is TaskStatus.RUNNING
    assert len(signals) == 1


async def test_a_task_that_the_daemon_knows_nothing_of_binds_nothing(host: Host) -> None:
    container = (await host.run()).container
    unknown = life_of(Task(NAMESPACE, "web", 0, TaskStatus.UNKNOWN))
    await operations.kill(host.client, container, 9, seen=unknown)


async def test_the_restart_monitor_is_told_nothing_of_a_successor(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = (await host.run()).container
    labels = {"containerd.io/restart.status": "running"}
    await host.client.containers.set_labels("web", labels, namespace=NAMESPACE)
    seen = await host.client.containers.get("web", namespace=NAMESPACE)
    wait = host.client.tasks.wait

    async def replaced_then(*args: Any, **more: Any) -> Any:
        """It ends, and is replaced before the monitor could be told."""
        result = await wait(*args, **more)
        async with Client(host.client.address) as other:
            await replaced(host, seen, other)
            await other.containers.set_labels("web", labels, namespace=NAMESPACE)
        return result

    monkeypatch.setattr(host.client.tasks, "wait", replaced_then)
    await operations.stop(host.client, seen, grace=5)
    now = await host.client.containers.get("web", namespace=NAMESPACE)
    assert now.labels["containerd.io/restart.status"] == "running"


async def test_a_name_that_points_elsewhere_by_now_is_not_deleted(host: Host) -> None:
    seen = await host.client.images.get(NGINX, namespace=NAMESPACE)
    other = replace(seen, target=replace(seen.target, digest="sha256:" + "7" * 64))
    with pytest.raises(FailedPrecondition, match="this name points to another image"):
        await operations.delete_image(host.client, other)
    assert await host.client.images.get(NGINX, namespace=NAMESPACE)
