"""What the survey foretells, and what `ctr` says became of it; prune; whose it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aiocontainerd.disk.holding import Holdings
from aiocontainerd.disk.plan import Group, Item, plan
from aiocontainerd.disk.pruning import Pruner, in_order
from aiocontainerd.disk.report import Report
from aiocontainerd.disk.survey import surveyed
from aiocontainerd.disk.things import CONTAINER, IMAGE, LEASE, Node, blob
from aiocontainerd.errors import FailedPrecondition, NotFound
from aiocontainerd.models import Snapshot
from aiocontainerd.mounts import parse_volume
from aiocontainerd.operations import stop
from aiocontainerd.whose import whose

from .. import images, layers
from ..namespaces import clean, new_name
from .conftest import Stage, until


async def holdings(stage: Stage) -> Holdings:
    return Holdings(await surveyed(stage.client, namespaces=await stage.client.namespaces.list()))


async def collect(stage: Stage) -> None:
    """A garbage collection, and wait for its end."""
    id = await stage.client.leases.create(namespace=stage.namespace)
    await stage.client.leases.delete(id, namespace=stage.namespace, sync=True)


def blobs(stage: Stage, namespace: str = "") -> dict[str, int]:
    """Digests and bytes, as `ctr` lists them."""
    text = stage.daemon.ctr("content", "ls", "-q", namespace=namespace or stage.namespace)
    digests = text.split()
    store = stage.daemon.root / "io.containerd.content.v1.content" / "blobs" / "sha256"
    return {it: (store / it.removeprefix("sha256:")).stat().st_size for it in digests}


def snapshots(stage: Stage) -> dict[str, int]:
    """Keys and bytes, as `ctr` tells them."""
    text = stage.ctr("snapshots", "--snapshotter", stage.daemon.snapshotter, "usage", "-b")
    rows = [line.split() for line in text.splitlines()[1:]]
    return {row[0]: int(row[1]) for row in rows}


def bytes_there(stage: Stage, other: str) -> int:
    both = blobs(stage) | blobs(stage, other)
    return sum(both.values()) + sum(snapshots(stage).values())


@asynccontextmanager
async def several(stage: Stage, tmp_path: Path) -> AsyncIterator[str]:
    """Images that share layers, some of them in another namespace too, which is given."""
    (shared,) = layers.filler(1, 3 * layers.MIB)
    small, large, used, twice = layers.filler(4, layers.MIB, seed=7)
    named = {
        "t.test/small:1": images.image([shared, small]),
        "t.test/large:1": images.image([shared, large]),
        "t.test/used:1": images.busybox(used),
        "t.test/twice:1": images.image([twice]),
        "t.test/twice:2": images.image([twice]),
    }
    tar = images.save(tmp_path / "all.tar", named)
    other = new_name()
    stage.ctr("images", "import", "--snapshotter", stage.daemon.snapshotter, str(tar))
    stage.daemon.ctr("images", "import", str(tar), namespace=other)
    for name in set(named) - {"t.test/large:1"}:
        stage.daemon.ctr("images", "rm", "--sync", name, namespace=other)
    try:
        yield other
    finally:
        clean(stage.daemon, other)


async def test_what_a_delete_by_ctr_frees_is_what_was_foretold(
    stage: Stage, tmp_path: Path
) -> None:
    async with several(stage, tmp_path) as other:
        await stage.run("c", "echo x > /file; sleep 1000", image="t.test/used:1")
        now = await holdings(stage)
        assert not now.survey.problems
        assert now.frees(Node(stage.namespace, IMAGE, "t.test/twice:1")) == 0
        for name in ("small:1", "large:1", "used:1", "twice:1", "twice:2"):
            node = Node(stage.namespace, IMAGE, f"t.test/{name}")
            now = await holdings(stage)
            foretold, before = now.frees(node), bytes_there(stage, other)
            stage.ctr("images", "rm", "--sync", node.key)
            assert before - bytes_there(stage, other) == foretold, name
        node = Node(stage.namespace, CONTAINER, "c")
        stage.ctr("tasks", "rm", "--force", "c")
        now = await holdings(stage)
        foretold, before = now.frees(node), bytes_there(stage, other)
        assert foretold > layers.MIB  # the image is gone: its layers stay for the container alone
        stage.ctr("containers", "rm", "c")
        await collect(stage)
        assert before - bytes_there(stage, other) == foretold


async def put(stage: Stage, data: bytes, lease: str = "") -> str:
    digest = layers.digest(data)
    async with stage.client.content.writer(
        f"test-{digest}", namespace=stage.namespace, lease=lease
    ) as writer:
        await writer.status(len(data), digest)
        await writer.write(data, 0)
        await writer.commit(len(data), digest)
    return digest


async def test_a_lease_and_what_it_holds(stage: Stage) -> None:
    lease = await stage.client.leases.create(namespace=stage.namespace)
    digest = await put(stage, b"x" * 1000, lease)
    now = await holdings(stage)
    node = Node(stage.namespace, LEASE, lease)
    assert now.only_root(blob(stage.namespace, digest)) == node
    assert now.frees(node) == 1000
    stage.ctr("leases", "rm", "--sync", lease)
    assert digest not in blobs(stage)


async def planned(stage: Stage, later: timedelta) -> list[Item]:
    """What could be pruned some time from now."""
    report = Report.of(await surveyed(stage.client, namespaces=[stage.namespace]))
    return in_order(
        plan(report, await world(stage), lambda *_: "", datetime.now(UTC) + later, stage.namespace)
    )


async def world(stage: Stage) -> Snapshot:
    here = await stage.snapshot()
    tasks = await stage.client.tasks.list(namespace=stage.namespace)
    return replace(
        here,
        loaded=True,
        namespaces=(stage.namespace,),
        tasks={task.key: task for task in tasks},
    )


async def test_prune_takes_what_is_planned_and_nothing_else(stage: Stage, tmp_path: Path) -> None:
    async with several(stage, tmp_path):
        idle = await stage.run("idle", image="t.test/used:1")
        await stage.run("busy")
        await stop(stage.client, idle.container, grace=0)
        await collect(stage)  # else it comes a moment later, and takes what follows
        digest = await put(stage, b"nobody's")
        expired = await stage.client.leases.create(
            namespace=stage.namespace, expire=timedelta(seconds=-60)
        )
        held = await stage.client.leases.create(namespace=stage.namespace, expire=timedelta(days=9))
        kept = await put(stage, b"somebody's", held)
        items = await planned(stage, timedelta(hours=2))
        assert {(item.group, item.node.key) for item in items} == {
            (Group.CONTENT, digest),
            (Group.LEASES, expired),
            (Group.CONTAINERS, "idle"),
            (Group.UNUSED, "t.test/small:1"),
            (Group.UNUSED, "t.test/large:1"),
            (Group.UNUSED, "t.test/twice:1"),
            (Group.UNUSED, "t.test/twice:2"),
        }
        pruner = Pruner(stage.client, stage.state)
        for item in items:
            try:
                await pruner.prune(item, sync=item is items[-1])
            except NotFound:  # the daemon was there first
                assert item.group in (Group.CONTENT, Group.LEASES)
        assert stage.ctr("containers", "ls", "-q").split() == ["busy"]
        assert sorted(stage.ctr("images", "ls", "-q").split()) == [stage.image, "t.test/used:1"]
        assert stage.ctr("leases", "ls", "-q").split() == [held]
        assert stage.task("busy") == "RUNNING"
        there = blobs(stage)
        assert digest not in there
        assert kept in there
        now = await holdings(stage)
        assert all(now.is_kept(blob(stage.namespace, each)) for each in there)


async def test_prune_leaves_what_came_to_be_needed(stage: Stage) -> None:
    await stage.run("again", "test -e /ran && sleep 1000; touch /ran")
    await until(lambda: stage.task("again") == "STOPPED", "its end")
    await collect(stage)  # else it comes a moment later, and takes what follows
    digest = await put(stage, b"nobody's")
    items = {item.group: item for item in await planned(stage, timedelta(hours=2))}
    label = {"containerd.io/gc.root": "1"}
    await stage.client.content.update_labels(digest, label, namespace=stage.namespace)
    stage.ctr("tasks", "rm", "again")
    stage.ctr("tasks", "start", "--detach", "again")
    pruner = Pruner(stage.client, stage.state)
    with pytest.raises(FailedPrecondition, match="holds it by now"):
        await pruner.prune(items[Group.CONTENT])
    with pytest.raises(FailedPrecondition, match="started since"):
        await pruner.prune(items[Group.CONTAINERS])
    assert digest in blobs(stage)
    assert stage.ctr("containers", "ls", "-q").split() == ["again"]


async def test_whose(stage: Stage, tmp_path: Path) -> None:
    source = tmp_path / "data"
    (source / "below").mkdir(parents=True)
    await stage.run("web", "sleep 1000 & wait", mounts=(parse_volume(f"{source}:/data"),))
    await stage.run("other")
    here = await world(stage)

    async def asked(what: str) -> set[tuple[str, str]]:
        found = await whose(stage.client, here, what)
        return {(each.kind, each.key.id) for each in found if each.key.namespace == stage.namespace}

    pids = await stage.client.tasks.pids("web", namespace=stage.namespace)
    assert len(pids) > 1
    for pid in pids:
        assert await asked(str(pid)) == {("container", "web")}
    lines = Path(f"/proc/{pids[0]}/cgroup").read_text().splitlines()
    cgroup = next(line.split(":", 2)[2] for line in lines if stage.namespace in line)
    assert await asked(cgroup) == {("container", "web")}
    assert await asked(f"{source}/below/x") == {("container", "web")}
    assert await asked(str(tmp_path)) >= {("container", "web")}
    bundle = stage.daemon.state / "io.containerd.runtime.v2.task" / stage.namespace / "web"
    assert ("container", "web") in await asked(str(bundle / "rootfs" / "etc"))
    found = await surveyed(stage.client, namespaces=[stage.namespace], sizes=False)
    layer = next(d for d, role in found.roles.items() if role == "layer")
    image = ("image", stage.image)
    assert image in await asked(layer[:17])
    assert image in await asked(layer.removeprefix("sha256:")[:6])
    mounts = await stage.client.snapshots.mounts(
        "web", snapshotter=stage.daemon.snapshotter, namespace=stage.namespace
    )
    options = dict(o.partition("=")[::2] for o in mounts[0].options)
    own = options.get("upperdir") or mounts[0].source
    assert ("container", "web") in await asked(f"{own}/etc/passwd")
    assert ("container", "other") not in await asked(own)
    if lower := options.get("lowerdir"):
        assert {image, ("container", "web"), ("container", "other")} <= await asked(lower)
    assert not await asked("/nowhere/at/all")
