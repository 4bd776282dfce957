"""Removal when done: whose word is taken for it, and what a restart is to those who wait."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aiocontainerd import operations
from aiocontainerd.access import Access
from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, NotFound, ReadOnly
from aiocontainerd.maker import MADE_BY, maker
from aiocontainerd.models import REMOVE_LABEL, Container, TaskStatus
from aiocontainerd.operations.leasing import RunLease
from aiocontainerd.operations.notes import LEASE_LABEL, Note, read_all, write
from aiocontainerd.pull import Pulls
from aiocontainerd.run_options import RunOptions
from aiocontainerd.services.leases import purpose
from aiocontainerd.simulator import Simulator, tasks
from aiocontainerd.state import StateDirectory

NAMESPACE = "n"
NGINX = "docker.io/library/nginx:1.27"
DIED = f"{'/'.join(maker().split('/')[:2])}/{os.getpid()}/1"


class Host:
    """A simulator with one image, its client, and a folder of ours."""

    def __init__(self, simulator: Simulator, client: Client, state: StateDirectory) -> None:
        self.simulator, self.client, self.state = simulator, client, state
        self.space = simulator.world.space(NAMESPACE)

    async def run(self, **options: Any) -> Container:
        wanted = RunOptions(image=NGINX, id="web", **options)
        made = await operations.run(self.client, wanted, namespace=NAMESPACE, state=self.state)
        return made.container

    async def now(self) -> Container:
        return await self.client.containers.get("web", namespace=NAMESPACE)

    async def notes(self) -> list[Note]:
        uuid = (await self.client.server_info()).uuid
        return read_all(self.state.of_daemon(uuid))

    async def die(self) -> None:
        """From now on all that we noted is of a process that has ended."""
        state = self.state.of_daemon((await self.client.server_info()).uuid)
        for note in await self.notes():
            write(state, replace(note, made_by=DIED))

    async def left_behind(self) -> list[str]:
        seen = await self.client.containers.list(namespace=NAMESPACE)
        found = await operations.left_behind(self.client, seen, state=self.state)
        return [each.id for each in found]


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    simulator = Simulator(tmp_path / "c.sock")
    async with simulator, Client(simulator.address) as client:
        await Pulls(client, config_dirs=()).start(NGINX, namespace=NAMESPACE).wait()
        yield Host(simulator, client, StateDirectory(tmp_path / "state"))


async def test_only_what_a_dead_ctdeck_noted_is_left_behind(host: Host) -> None:
    container = await host.run(remove=True)
    assert await host.left_behind() == []  # whoever ran it lives
    await host.die()
    assert await host.left_behind() == ["web"]
    await operations.adopt(host.client, container, state=host.state)
    assert await host.left_behind() == []
    await operations.delete_container(host.client, container, state=host.state)
    assert await host.notes() == []


async def test_a_label_alone_is_nobodys_word(host: Host) -> None:
    """`ctr run` copies an image's labels, also one that names a lease of ours."""
    await host.run(remove=True)
    await host.die()
    (note,) = await host.notes()
    labels = {REMOVE_LABEL: "true", LEASE_LABEL: note.lease}
    stranger = replace(await host.now(), id="other", labels=labels)
    unnoted = replace(await host.now(), labels={REMOVE_LABEL: "true"})
    odd = replace(await host.now(), labels={REMOVE_LABEL: "true", LEASE_LABEL: "../../x"})
    seen = [stranger, unnoted, odd]
    assert await operations.left_behind(host.client, seen, state=host.state) == []


async def test_a_run_that_is_not_to_be_removed_leaves_no_note(host: Host) -> None:
    await host.run()
    assert await host.notes() == []


async def test_a_run_under_way_is_nobodys_leftover(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its record is there and has no task yet; this is how a second ctdeck sees it."""
    seen: list[object] = []
    create = host.client.tasks.create

    async def looked(*args: Any, **named: Any) -> int:
        seen.append(await host.left_behind())
        seen.append(await operations.cut_short(host.client, [NAMESPACE], state=host.state))
        return await create(*args, **named)

    monkeypatch.setattr(host.client.tasks, "create", looked)
    await host.run(remove=True)
    assert seen == [[], []]


async def test_a_restart_is_no_end(host: Host) -> None:
    """Whoever waits for its end may be another process: it reads the label anew."""
    container = await host.run(remove=True)
    async with Client(host.simulator.address) as other:
        for client in (host.client, other):
            waiting = asyncio.ensure_future(
                operations.remove_when_done(client, container, state=host.state)
            )
            await client.tasks.get("web", namespace=NAMESPACE)
            await operations.restart(host.client, container, state=host.state)
            task = await client.tasks.get("web", namespace=NAMESPACE)
            assert task.status is TaskStatus.RUNNING
            assert (await host.now()).labels[REMOVE_LABEL] == "true"
            assert not waiting.done()
            waiting.cancel()
        waiting = asyncio.ensure_future(
            operations.remove_when_done(other, container, state=host.state)
        )
        await operations.restart(host.client, container, state=host.state)
        tasks.exit(host.simulator.world, NAMESPACE, "web", 4)
        async with asyncio.timeout(20):
            await waiting
    assert not host.space.containers
    assert not host.space.tasks


async def test_a_restart_that_fails_keeps_it(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    container = await host.run(remove=True)
    waiting = asyncio.ensure_future(
        operations.remove_when_done(host.client, container, state=host.state)
    )

    async def refused(*_: object, **__: object) -> int:
        raise NotFound("no such thing")

    monkeypatch.setattr(host.client.tasks, "create", refused)
    with pytest.raises(NotFound) as caught:
        await operations.restart(host.client, container, state=host.state)
    assert "It is not removed when done any more." in caught.value.remedy
    async with asyncio.timeout(20):
        await waiting
    assert list(host.space.containers) == ["web"]


@pytest.mark.parametrize("call", ["start", "set_labels"])
async def test_a_task_whose_record_went_meanwhile_is_ended(
    host: Host, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Somebody removed the record between two of our calls: no task is left that none can end."""
    container = await host.run(remove=True)
    service = host.client.tasks if call == "start" else host.client.containers
    real = getattr(service, call)

    async def late(*args: Any, **named: Any) -> Any:
        if call == "start" or args[1] == {REMOVE_LABEL: "true"}:
            await host.client.containers.delete("web", namespace=NAMESPACE)
        return await real(*args, **named)

    monkeypatch.setattr(service, call, late)
    with pytest.raises(ContainerdError):
        await operations.restart(host.client, container, state=host.state)
    assert not host.space.tasks
    assert not host.space.containers


async def test_what_was_started_has_run(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lease could not be dropped: that does not mean that the run did not come to its end."""

    async def kept(_: object) -> None:
        return

    monkeypatch.setattr(RunLease, "drop", kept)
    container = await host.run(remove=True)
    await operations.stop(host.client, container)
    await host.client.tasks.delete("web", namespace=NAMESPACE)
    await host.die()
    (old,) = await host.client.leases.list(namespace=NAMESPACE)
    await host.client.leases.delete(old.id, namespace=NAMESPACE)
    labels = {**purpose("run", "web"), MADE_BY: DIED}
    await host.client.leases.create(namespace=NAMESPACE, id=old.id, labels=labels)
    (found,) = await operations.cut_short(host.client, [NAMESPACE], state=host.state)
    assert found.container is None
    await operations.remove_remains(host.client, found, state=host.state)
    assert list(host.space.containers) == ["web"]
    assert await host.left_behind() == ["web"]  # it was asked to go when done: in these words


async def test_read_only_keeps_the_log_of_what_is_gone(host: Host) -> None:
    container = await host.run()
    await operations.stop(host.client, container)
    await host.client.tasks.delete("web", namespace=NAMESPACE)
    await host.client.containers.delete("web", namespace=NAMESPACE)
    async with Client(host.simulator.address, access=Access(read_only=True)) as client:
        with pytest.raises(ReadOnly):
            await operations.delete_container(client, container, state=host.state)
        with pytest.raises(ReadOnly):
            await operations.remove_stray_log(client, container.key, state=host.state)
    assert list(host.state.root.rglob("output.log"))


async def test_read_only_takes_over_nothing(host: Host) -> None:
    """Not even by a note of ours: who may change it would wait in vain for its end."""
    container = await host.run(remove=True)
    await host.die()
    noted = await host.notes()
    async with Client(host.simulator.address, access=Access(read_only=True)) as client:
        with pytest.raises(ReadOnly):
            await operations.adopt(client, container, state=host.state)
    assert await host.notes() == noted
