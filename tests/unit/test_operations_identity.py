"""A change hits what was seen, or nothing: another one under its name is looked for each time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from aiocontainerd import operations
from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.models import Container, TaskStatus
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


async def test_the_kill_after_the_grace_time_is_not_for_its_successor(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = (await host.run()).container
    tell = host.client.tasks.kill
    signals: list[int] = []

    async def kill(id: str, number: int, **more: Any) -> None:
        signals.append(number)
        if len(signals) > 1:
            await tell(id, number, **more)
        else:  # somebody else is quicker than the signal
            async with Client(host.client.address) as other:
                await replaced(host, seen, other)

    async def wait(*_: Any, **__: Any) -> tuple[int, None]:
        """A wait that has lost its shim and, after that, waits for the successor's end."""
        return await asyncio.Event().wait()  # type: ignore[return-value]

    monkeypatch.setattr(host.client.tasks, "kill", kill)
    monkeypatch.setattr(host.client.tasks, "wait", wait)
    with pytest.raises(FailedPrecondition, match="web: this container was replaced"):
        await operations.stop(host.client, seen, grace=0.01)
    assert await host.status() is TaskStatus.RUNNING
    assert len(signals) == 1


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
