"""What our death leaves is found by the next start, offered, and gone when the answer is yes."""

import asyncio
import os
from collections.abc import Callable
from functools import partial

import pytest

from aiocontainerd.errors import AlreadyExists
from aiocontainerd.maker import MADE_BY, maker
from aiocontainerd.models import Key
from aiocontainerd.operations import (
    Remains,
    cut_short,
    delete_container,
    delete_image,
    remove_remains,
    remove_stray_log,
    start,
    stop,
    stray_logs,
)
from aiocontainerd.services.leases import purpose

from .. import images, layers
from ..fakeregistry import FakeRegistry
from ..faults import Hold
from ..processes import POLL
from ..pulling import nothing_under_way
from .conftest import Stage, until
from .dying import mortal


async def clean_up(stage: Stage) -> list[Remains]:
    """As the next start does after a yes; returns what was found."""
    found = await cut_short(stage.client, [stage.namespace], state=stage.state)
    for remains in found:
        await remove_remains(stage.client, remains, state=stage.state)
    for key in await stray_logs(stage.client, stage.state):
        await remove_stray_log(stage.client, key, state=stage.state)
    return found


async def cleaned(stage: Stage, done: Callable[[], bool]) -> list[Remains]:
    """Clean up until all is as it should be; a call that was under way may be late."""
    found: list[Remains] = []
    async with asyncio.timeout(15):
        while True:
            found += await clean_up(stage)
            if done():
                return found
            await asyncio.sleep(POLL)


async def test_a_run_that_was_cut_short_after_any_call(stage: Stage) -> None:
    before = stage.everything()
    kinds: set[tuple[bool, bool]] = set()
    async with mortal(stage) as process:
        for calls in range(1, 30):
            if await process.die("run", calls):
                break
            running = stage.task("c") == "RUNNING"
            for lease in stage.ctr("leases", "ls").splitlines()[1:]:
                assert "containerd.io/gc.expire=" in lease  # without us it ends some day, too
            seen = await clean_up(stage)
            if running:  # it was started: only the lease goes
                assert stage.task("c") == "RUNNING"
                container = await stage.container("c")
                await delete_container(stage.client, container, state=stage.state, grace=0)
            for found in seen + await cleaned(stage, lambda: stage.everything() == before):
                assert (found.doing, found.subject) == ("run", "c"), calls
                kinds.add((found.container is not None, found.task))
        assert calls > 8
    assert kinds == {(False, False), (True, False), (True, True)}


@pytest.mark.containerd("2")
async def test_a_start_that_was_cut_short_after_any_call(stage: Stage) -> None:
    first = await stage.run("c")
    tasks_found = 0
    async with mortal(stage) as process:
        for calls in range(1, 30):
            await stop(stage.client, await stage.container("c"), grace=0)
            if await process.die("start", calls):
                break
            for found in await cleaned(stage, lambda: not stage.ctr("leases", "ls", "-q")):
                assert (found.doing, found.subject, found.container) == ("start", "c", None)
                tasks_found += found.task
            assert stage.ctr("containers", "ls", "-q").split() == ["c"], "it stays"
            assert first.stdout.exists()
            if stage.task("c") != "RUNNING":
                await start(stage.client, await stage.container("c"), state=stage.state)
        assert calls > 6
    assert tasks_found


@pytest.mark.containerd("2")
async def test_a_delete_that_was_cut_short_after_any_call(stage: Stage) -> None:
    before = stage.everything()
    async with mortal(stage) as process:
        for calls in range(1, 30):
            await stage.run("c")
            if await process.die("delete", calls):
                break
            await clean_up(stage)
            for id in stage.ctr("containers", "ls", "-q").split():  # it is still in the list
                container = await stage.container(id)
                await delete_container(stage.client, container, state=stage.state, grace=0)
            collect_garbage(stage)  # its snapshot is nobody's
            assert stage.everything() == before, calls
        assert calls > 5
    await clean_up(stage)
    await until(lambda: stage.everything() == before, "nothing is left")


@pytest.mark.containerd("1.6", "2")
async def test_a_pull_that_was_cut_short_after_any_call(
    stage: Stage, fake_registry: FakeRegistry
) -> None:
    """By us on 1.6, by the daemon's Transfer on 2.x."""
    made = images.busybox(*layers.filler(1, 2 * layers.MIB))
    reference = fake_registry.add("a/b", "1", made)
    collect_garbage(stage)
    before = await contents(stage)
    async with mortal(stage) as process:
        for calls in range(1, 60):
            if await process.die("pull", calls, image=reference):
                break
            for found in await clean_up(stage):
                assert (found.doing, found.subject) == ("pull", reference)
            for image in await stage.client.images.list(namespace=stage.namespace):
                if image.name == reference:  # whole: only the lease was left
                    await delete_image(stage.client, image)
            await nothing_under_way(stage.client, stage.namespace)
            assert await contents(stage) == before, calls
        assert calls > 5


@pytest.mark.containerd("1.6", "2")
async def test_a_pull_that_was_cut_short_in_the_midst_of_a_layer(
    stage: Stage, fake_registry: FakeRegistry
) -> None:
    made = images.busybox(*layers.filler(1, 2 * layers.MIB))
    reference = fake_registry.add("a/b", "1", made)
    hold = Hold(after=layers.MIB)
    fake_registry.on(made.blobs[-1].digest, hold, method="GET")
    collect_garbage(stage)
    before = await contents(stage)
    async with mortal(stage) as process:
        reached = partial(asyncio.to_thread, hold.reached.wait, 10)
        assert not await process.die("pull", image=reference, when=reached)
    (found,) = await clean_up(stage)
    assert found.blobs
    fake_registry.clear()
    async with asyncio.timeout(10):  # the daemon needs a moment to see that nobody waits for it
        while await contents(stage) != before:
            await clean_up(stage)
            await asyncio.sleep(0.01)
    await nothing_under_way(stage.client, stage.namespace)


def collect_garbage(stage: Stage) -> None:
    stage.ctr("leases", "create", "--id", "x")
    stage.ctr("leases", "rm", "--sync", "x")


async def contents(stage: Stage) -> dict[str, list[str]]:
    """What pulls make."""
    client, namespace = stage.client, stage.namespace
    return {
        **stage.everything(),
        "blobs": sorted([each.digest async for each in client.content.list(namespace=namespace)]),
        "images": sorted(image.name for image in await client.images.list(namespace=namespace)),
    }


async def test_what_a_living_process_does_is_left_alone(stage: Stage) -> None:
    await stage.client.leases.create(namespace=stage.namespace, labels=purpose("run", "c"))
    assert await cut_short(stage.client, [stage.namespace], state=stage.state) == []
    elsewhere = "0/" + "/".join(maker().split("/")[1:])  # another host's, made just now
    labels = {**purpose("pull", "x"), MADE_BY: elsewhere}
    await stage.client.leases.create(namespace=stage.namespace, labels=labels)
    await stage.client.leases.create(namespace=stage.namespace, id="not-ours", labels=labels)
    assert await cut_short(stage.client, [stage.namespace], state=stage.state) == []


async def test_what_has_the_name_by_now_stays(stage: Stage) -> None:
    """The lease of a dead run names a container that somebody made since."""
    died = f"{'/'.join(maker().split('/')[:2])}/{os.getpid()}/1"
    labels = {**purpose("run", "c"), MADE_BY: died}
    await stage.client.leases.create(namespace=stage.namespace, labels=labels)
    await stage.run("c")
    await stop(stage.client, await stage.container("c"), grace=0)
    stage.ctr("tasks", "rm", "c")
    (found,) = await clean_up(stage)
    assert await cut_short(stage.client, [stage.namespace], state=stage.state) == []
    assert found.container is None
    assert stage.ctr("containers", "ls", "-q").split() == ["c"]
    assert stage.everything()["files"]


async def test_what_was_started_since_it_was_found_stays(stage: Stage) -> None:
    async with mortal(stage) as process:
        for calls in range(8, 30):
            assert not await process.die("run", calls)
            seen = await cut_short(stage.client, [stage.namespace], state=stage.state)
            if found := next((each for each in seen if each.task), None):
                break
            await clean_up(stage)
    assert found is not None
    await start(stage.client, await stage.container("c"), state=stage.state)
    await remove_remains(stage.client, found, state=stage.state)
    assert stage.task("c") == "RUNNING"
    assert stage.ctr("leases", "ls", "-q") == ""


async def test_a_name_that_a_dead_run_holds_says_how_to_free_it(stage: Stage) -> None:
    async with mortal(stage) as process:
        for calls in range(4, 30):
            assert not await process.die("run", calls)
            if any(line.split()[0] == "c" for line in stage.everything()["snapshots"]):
                break
            await clean_up(stage)
    with pytest.raises(AlreadyExists) as caught:
        await stage.run("c")
    (found,) = (
        e
        for e in await cut_short(stage.client, [stage.namespace], state=stage.state)
        if e.snapshots
    )
    assert "A run of it was cut short" in caught.value.remedy
    assert found.lease in caught.value.remedy
    await clean_up(stage)
    await stage.run("c")


async def test_logs_of_what_is_gone_are_found_and_others_are_not(stage: Stage) -> None:
    await stage.run("c")
    await stage.run("gone")
    await stage.run("orphan")
    stage.ctr("containers", "rm", "orphan", check=False)
    await stage.client.containers.delete("orphan", namespace=stage.namespace)  # its task runs on
    stage.ctr("tasks", "kill", "-s", "KILL", "gone")
    await until(lambda: stage.task("gone") == "STOPPED", "it ended")
    stage.ctr("tasks", "rm", "gone")
    stage.ctr("containers", "rm", "gone")
    key = Key(stage.namespace, "gone")
    assert await stray_logs(stage.client, stage.state) == [key]
    assert await stray_logs(stage.client, stage.state, known={key}) == []
    assert await stray_logs(stage.client, stage.state, namespaces={"other"}) == []
    await remove_stray_log(stage.client, key, state=stage.state)
    assert {path.parent.name for path in stage.state.root.rglob("*.log")} == {"c", "orphan"}


@pytest.mark.containerd("2")
async def test_a_half_made_one_is_found_when_its_lease_is_gone(stage: Stage) -> None:
    """The daemon drops a lease after a day; the record is there for ever."""
    before = stage.everything()
    async with mortal(stage) as process:
        for calls in range(6, 30):
            assert not await process.die("run", calls)
            if stage.ctr("containers", "ls", "-q"):
                break
            await clean_up(stage)
    for lease in stage.ctr("leases", "ls", "-q").split():
        stage.ctr("leases", "rm", "--sync", lease)
    (found,) = await clean_up(stage)
    assert found.container is not None
    assert found.expired
    assert stage.everything() == before


@pytest.mark.containerd("1.6", "2")
async def test_what_was_started_is_not_said_to_have_never_run(stage: Stage) -> None:
    """We died between its start and the drop of the lease; since then it has ended."""
    async with mortal(stage) as process:
        for calls in range(8, 30):
            assert not await process.die("run", calls)
            if stage.task("c") == "RUNNING" and stage.ctr("leases", "ls", "-q"):
                break
            await clean_up(stage)
    stage.ctr("tasks", "kill", "-s", "KILL", "c")
    await until(lambda: stage.task("c") == "STOPPED", "it ended")
    stage.ctr("tasks", "rm", "c")
    (found,) = await clean_up(stage)
    assert found.container is None
    assert stage.ctr("containers", "ls", "-q").split() == ["c"]


async def test_logs_of_a_namespace_that_is_gone_are_found(stage: Stage) -> None:
    state = stage.state.of_daemon((await stage.client.server_info()).uuid)
    state.make_logs("gone-ns", "x")
    assert await stray_logs(stage.client, stage.state) == [Key("gone-ns", "x")]


async def test_a_lease_that_somebody_else_wrote_proves_nothing(stage: Stage) -> None:
    """It says "start" and a maker that has ended: the task is not ours for that."""
    await stage.run("c")
    await stop(stage.client, await stage.container("c"), grace=0)
    stage.ctr("tasks", "rm", "c")
    container = await stage.container("c")
    rootfs = await stage.client.snapshots.mounts(
        "c", snapshotter=container.snapshotter, namespace=stage.namespace
    )
    await stage.client.tasks.create("c", rootfs, namespace=stage.namespace)
    died = f"{'/'.join(maker().split('/')[:2])}/{os.getpid()}/1"
    labels = {**purpose("start", "c"), MADE_BY: died}
    await stage.client.leases.create(namespace=stage.namespace, labels=labels)
    (found,) = await clean_up(stage)
    assert not found.task
    assert stage.task("c") == "CREATED"
