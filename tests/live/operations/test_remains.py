"""What our death leaves is found by the next start, offered, and gone when the answer is yes."""

import os

import pytest

from aiocontainerd.errors import AlreadyExists
from aiocontainerd.maker import MADE_BY, maker
from aiocontainerd.models import Key
from aiocontainerd.operations import (
    cut_short,
    delete_container,
    left_behind,
    remove_remains,
    remove_stray_log,
    start,
    stop,
    stray_logs,
)
from aiocontainerd.services.leases import purpose

from .cleaning import clean_up, cleaned, collect_garbage
from .conftest import Stage, until
from .dying import mortal


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
            assert first.log.exists()
            if stage.task("c") != "RUNNING":
                await start(stage.client, await stage.container("c"), state=stage.state)
        assert calls > 6
    assert tasks_found


@pytest.mark.containerd("2")
async def test_a_restart_that_was_cut_short_after_any_call(stage: Stage) -> None:
    """Of one that is to be removed when done: whenever we die, the next start sees to that."""
    before = stage.everything()
    running: list[bool] = []
    async with mortal(stage) as process:
        await process.die("run", remove=True)
        for calls in range(1, 40):
            through = await process.die("restart", calls)
            await cleaned(stage, lambda: not stage.ctr("leases", "ls", "-q"))
            container = await stage.container("c")
            running.append(stage.task("c") == "RUNNING")
            assert await left_behind(stage.client, [container], state=stage.state), calls
            if through:
                break
            if not running[-1]:
                assert await process.die("start")
    assert calls > 8
    assert set(running) == {True, False}
    await delete_container(stage.client, container, state=stage.state, grace=0)
    assert stage.everything() == before


@pytest.mark.containerd("2")
async def test_a_delete_that_was_cut_short_after_any_call(stage: Stage) -> None:
    before = stage.everything()
    async with mortal(stage) as process:
        for calls in range(1, 30):
            await stage.run("c")
            if await process.die("delete", calls):
                break
            await clean_up(stage)
            for container in await stage.client.containers.list(namespace=stage.namespace):
                await delete_container(stage.client, container, state=stage.state, grace=0)
            await collect_garbage(stage)  # its snapshot is nobody's
            assert stage.everything() == before, calls
        assert calls > 5
    await clean_up(stage)
    await until(lambda: stage.everything() == before, "nothing is left")


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
    state.make_log("gone-ns", "x", terminal=False)
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
