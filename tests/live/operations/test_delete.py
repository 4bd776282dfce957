"""Deleting containers and images, and what is left."""

import asyncio
import shutil
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aiocontainerd.errors import AlreadyExists, FailedPrecondition
from aiocontainerd.models import Container
from aiocontainerd.operations import (
    delete_container,
    delete_image,
    image_plan,
    image_plans,
    kill,
    pause,
    remove_when_done,
)
from aiocontainerd.operations.stopping import Sent

from .. import images, layers
from .conftest import Stage, until, written


@pytest.fixture
def empty(stage: Stage) -> dict[str, list[str]]:
    """What there is before the test does anything."""
    return stage.everything()


@pytest.mark.parametrize("how", ["running", "paused", "stopped", "created", "without task"])
async def test_nothing_is_left(stage: Stage, empty: dict[str, list[str]], how: str) -> None:
    result = await stage.run("c", "trap 'echo ending; exit' TERM; echo ready; while :; do :; done")
    await written(result.log, "ready")
    if how == "paused":
        await pause(stage.client, result.container)
    elif how != "running":
        await kill(stage.client, result.container, "KILL")
        await until(lambda: stage.task("c") == "STOPPED", "it ended")
    if how in {"created", "without task"}:
        stage.ctr("tasks", "rm", "c", check=False)
    if how == "created":
        rootfs = await stage.client.snapshots.mounts(
            "c", snapshotter=result.container.snapshotter, namespace=stage.namespace
        )
        await stage.client.tasks.create("c", rootfs, namespace=stage.namespace)
        assert stage.task("c") == "CREATED"
    await delete_container(stage.client, result.container, state=stage.state, grace=5)
    assert stage.everything() == empty
    await delete_container(stage.client, result.container, state=stage.state)  # gone: fine


async def test_a_grace_time_that_is_over(stage: Stage, empty: dict[str, list[str]]) -> None:
    result = await stage.run("c", "trap '' TERM; echo ready; while :; do sleep 1; done")
    await written(result.log, "ready")
    await delete_container(stage.client, result.container, state=stage.state, grace=0.1)
    assert stage.everything() == empty


@pytest.mark.parametrize("piece", ["snapshot", "log", "record"])
async def test_pieces_that_are_gone_already(
    stage: Stage, empty: dict[str, list[str]], piece: str
) -> None:
    result = await stage.run("c")
    if piece == "snapshot":
        stage.ctr("tasks", "rm", "--force", "c")
        stage.ctr("snapshots", "--snapshotter", stage.daemon.snapshotter, "rm", "c")
    elif piece == "log":
        shutil.rmtree(result.log.parent)
    else:
        stage.ctr("tasks", "rm", "--force", "c")
        stage.ctr("containers", "rm", "c")
    await delete_container(stage.client, result.container, state=stage.state, grace=0)
    assert stage.everything() == empty


async def test_several_at_once_agree(stage: Stage, empty: dict[str, list[str]]) -> None:
    result = await stage.run("c")
    results = await asyncio.gather(
        *(
            delete_container(stage.client, result.container, state=stage.state, grace=0)
            for _ in range(4)
        ),
        return_exceptions=True,
    )
    assert results == [None] * 4
    assert stage.everything() == empty


async def test_a_shared_snapshot_stays(stage: Stage) -> None:
    result = await stage.run("c")
    record = await stage.client.containers.get_record("c", namespace=stage.namespace)
    record.id = "other"
    await stage.client.containers.create(record, namespace=stage.namespace)
    await delete_container(stage.client, result.container, state=stage.state, grace=0)
    listing = stage.everything()["snapshots"]
    assert any(line.split()[0] == "c" for line in listing)
    other = await stage.container("other")
    await delete_container(stage.client, other, state=stage.state, grace=0)
    assert not any(line.split()[0] == "c" for line in stage.everything()["snapshots"])


async def test_what_was_replaced_stays(stage: Stage) -> None:
    result = await stage.run("c")
    assert result.container.created_at is not None
    seen = replace(result.container, created_at=result.container.created_at - timedelta(seconds=1))
    before = stage.everything()
    with pytest.raises(FailedPrecondition, match="c: this container was replaced"):
        await delete_container(stage.client, seen, state=stage.state)
    assert stage.everything() == before
    waiting = asyncio.ensure_future(remove_when_done(stage.client, seen, state=stage.state))
    await kill(stage.client, result.container, "KILL")
    assert await waiting == 137
    assert stage.task("c") == "STOPPED"


async def test_a_task_without_its_record_is_explained(stage: Stage) -> None:
    result = await stage.run("c")
    await stage.client.containers.delete("c", namespace=stage.namespace)
    with pytest.raises(FailedPrecondition, match="record was deleted"):
        await delete_container(stage.client, result.container, state=stage.state)


async def test_removed_when_done_waits_through_a_new_start(
    stage: Stage, empty: dict[str, list[str]]
) -> None:
    result = await stage.run("c", "sleep 1000", remove=True)
    removing = asyncio.ensure_future(
        remove_when_done(stage.client, result.container, state=stage.state)
    )
    await asyncio.sleep(0)
    await kill(stage.client, result.container, "KILL")
    assert await removing == 137
    assert stage.everything() == empty


async def blobs_and_snapshots(stage: Stage) -> tuple[dict[str, int], dict[str, int]]:
    """Sizes by digest, and by snapshot key, as the daemon tells them."""
    where = {"namespace": stage.namespace}
    blobs = {info.digest: info.size async for info in stage.client.content.list(**where)}
    name = stage.daemon.snapshotter
    keys = [info.name async for info in stage.client.snapshots.list(snapshotter=name, **where)]
    return blobs, {
        key: await stage.client.snapshots.usage(key, snapshotter=name, **where) for key in keys
    }


@pytest.mark.parametrize(
    "case", ["alone", "two names", "shared layer", "container", "leased", "rooted", "not unpacked"]
)
async def test_the_plan_says_what_is_freed(stage: Stage, tmp_path: Path, case: str) -> None:
    made = images.busybox(*layers.filler(2, 300_000))
    archive = images.save(tmp_path / "i.tar", {"a.test/i:1": made})
    flags = ("--no-unpack",) if case == "not unpacked" else ()
    stage.ctr("images", "import", *flags, str(archive))
    if case == "two names":
        stage.ctr("images", "tag", "a.test/i:1", "a.test/j:1")
    elif case == "shared layer":
        other = images.busybox(*layers.filler(1, 300_000), cmd=("/bin/true",))
        second = images.save(tmp_path / "j.tar", {"a.test/j:1": other})
        stage.ctr("images", "import", str(second))
    elif case == "container":
        await stage.run("c", image="a.test/i:1")
    elif case == "rooted":
        stage.ctr("content", "label", made.digest, "containerd.io/gc.root=now")
    elif case == "leased":
        await lease(stage, made.digest)
    await collect_garbage(stage)  # an import leaves its index.json
    image = await stage.client.images.get("a.test/i:1", namespace=stage.namespace)
    plan = await image_plan(stage.client, await stage.snapshot(), image)
    if case == "two names":  # what both hold is free when both are deleted
        other = await stage.client.images.get("a.test/j:1", namespace=stage.namespace)
        world = await stage.snapshot()
        plans, together = await image_plans(stage.client, world, [image, other], most=1)
        assert (plans, together > 600_000) == ([plan], True)
    before = await blobs_and_snapshots(stage)
    await delete_image(stage.client, image)
    after = await blobs_and_snapshots(stage)
    freed = [
        {key: size for key, size in old.items() if key not in new}
        for old, new in zip(before, after, strict=True)
    ]
    assert plan.frees == sum(freed[0].values()) + sum(freed[1].values())
    assert (plan.blobs, plan.snapshots) == (len(freed[0]), len(freed[1]))
    assert [user.id for user in plan.users] == (["c"] if case == "container" else [])
    assert plan.other_names == (("a.test/j:1",) if case == "two names" else ())
    if case == "alone":
        assert plan.snapshots == 2  # busybox's own layer is the other image's as well
        assert plan.frees > 600_000
    if case in {"two names", "leased", "rooted"}:
        assert plan.frees == 0
    assert "a.test/i:1" not in stage.ctr("images", "ls", "-q").split()
    await delete_image(stage.client, image)  # gone: fine


async def test_what_another_namespace_has_too_is_not_freed(stage: Stage, tmp_path: Path) -> None:
    made = images.busybox(*layers.filler(1, 310_000))
    archive = str(images.save(tmp_path / "i.tar", {"a.test/i:1": made}))
    stage.ctr("images", "import", "--no-unpack", archive)
    await collect_garbage(stage)
    image = await stage.client.images.get("a.test/i:1", namespace=stage.namespace)
    alone = await image_plan(stage.client, await stage.snapshot(), image)
    other = f"{stage.namespace}-too"
    try:
        stage.daemon.ctr("images", "import", "--no-unpack", archive, namespace=other)
        both = await image_plan(stage.client, await stage.snapshot(), image)
    finally:
        stage.daemon.ctr("images", "rm", "--sync", "a.test/i:1", namespace=other)
        stage.daemon.ctr("namespaces", "rm", other, check=False)
    assert alone.frees > 300_000
    assert (both.frees, both.blobs) == (0, 0)


async def lease(stage: Stage, digest: str) -> None:
    """Let a lease hold a blob and all that it refers to, as a pull under way does."""
    client, namespace = stage.client, stage.namespace
    name = await client.leases.create(namespace=namespace)
    data = await client.content.read_all(digest, namespace=namespace)
    async with client.content.writer("again", namespace=namespace, lease=name) as writer:
        with suppress(AlreadyExists):  # that is how a blob which is there comes under a lease
            await writer.status(len(data), digest)


async def collect_garbage(stage: Stage) -> None:
    """Make the daemon collect now what nothing holds."""
    lease = await stage.client.leases.create(namespace=stage.namespace)
    await stage.client.leases.delete(lease, namespace=stage.namespace, sync=True)


async def test_an_image_name_that_moved_stays(stage: Stage, tmp_path: Path) -> None:
    image = await stage.client.images.get(stage.image, namespace=stage.namespace)
    other = images.busybox(cmd=("/bin/true",))
    stage.ctr("images", "import", str(images.save(tmp_path / "i.tar", {stage.image: other})))
    with pytest.raises(FailedPrecondition, match="points to another image"):
        await delete_image(stage.client, image)
    assert stage.image in stage.ctr("images", "ls", "-q").split()


async def test_a_used_image_goes_and_its_container_runs_on(stage: Stage) -> None:
    result = await stage.run("c")
    image = await stage.client.images.get(stage.image, namespace=stage.namespace)
    await delete_image(stage.client, image)
    assert stage.task("c") == "RUNNING"
    await delete_container(stage.client, result.container, state=stage.state, grace=0)


async def test_killed_at_once(stage: Stage, empty: dict[str, list[str]]) -> None:
    """As `docker rm -f`: no stop signal and no grace time."""
    result = await stage.run("c", "trap '' TERM; echo ready; while :; do sleep 1; done")
    await written(result.log, "ready")
    heard: list[Sent] = []
    await delete_container(
        stage.client, result.container, state=stage.state, kill=True, report=heard.append
    )
    assert heard == [Sent(9, is_asked=True), Sent(9)]
    assert stage.everything() == empty


async def test_two_on_one_snapshot_that_go_at_once_leave_none(stage: Stage) -> None:
    result = await stage.run("c")
    record = await stage.client.containers.get_record("c", namespace=stage.namespace)
    record.id = "other"
    await stage.client.containers.create(record, namespace=stage.namespace)
    both = [result.container, await stage.container("other")]
    for container in both:  # each was looked at when the other was still there
        await delete_container(stage.client, container, state=stage.state, kill=True, others=both)
    assert not any(line.split()[0] == "c" for line in stage.everything()["snapshots"])


async def test_who_follows_the_containers_spares_the_list(
    stage: Stage, empty: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of ten thousand containers it takes a second, for each that is deleted."""
    one, other = (await stage.run("one")).container, (await stage.run("other")).container

    async def list_all(**_: object) -> list[Container]:
        raise AssertionError("they were listed")

    monkeypatch.setattr(stage.client.containers, "list", list_all)
    for container in (one, other):
        await delete_container(
            stage.client, container, state=stage.state, kill=True, others=[one, other]
        )
    assert stage.everything() == empty


async def test_a_snapshot_that_one_who_is_followed_shares_stays(stage: Stage) -> None:
    result = await stage.run("c")
    record = await stage.client.containers.get_record("c", namespace=stage.namespace)
    record.id = "other"
    await stage.client.containers.create(record, namespace=stage.namespace)
    both = [result.container, await stage.container("other")]
    for number, container in enumerate(both):
        await delete_container(
            stage.client, container, state=stage.state, kill=True, others=both[number:]
        )
        left = any(line.split()[0] == "c" for line in stage.everything()["snapshots"])
        assert left is (number == 0)
