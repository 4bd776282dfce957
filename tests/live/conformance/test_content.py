"""Content, snapshots and leases: what is kept and refused, what the garbage collector takes."""

import pytest

from aiocontainerd.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    Unavailable,
)
from aiocontainerd.services.snapshots import Kind

from ..layers import digest
from .there import MISSING, There

ROOT = {"containerd.io/gc.root": "now"}


async def test_a_blob_is_written_and_read(there: There) -> None:
    content, namespace = there.client.content, there.namespace
    data = b"0123456789" * 200_000
    wanted = digest(data)
    async with content.writer("ref", namespace=namespace) as out:
        assert await out.status(len(data), wanted) == 0
        half = len(data) // 2
        assert await out.write(data[:half], 0) == half
        status = await content.status("ref", namespace=namespace)
        assert (status.ref, status.offset, status.total) == ("ref", half, len(data))
        assert await out.write(data[half:], half) == len(data)
        assert await out.commit(len(data), wanted, {**ROOT, "a": "b"}) == wanted
    info = await content.info(wanted, namespace=namespace)
    assert (info.size, dict(info.labels)) == (len(data), {**ROOT, "a": "b"})
    chunks = [part async for part in content.read(wanted, namespace=namespace)]
    assert b"".join(chunks) == data
    assert max(map(len, chunks)) <= 1 << 20
    part = [p async for p in content.read(wanted, namespace=namespace, offset=5, size=7)]
    assert b"".join(part) == b"5678901"
    assert await content.list_statuses(namespace=namespace) == ()
    await content.update_labels(wanted, {"a": "", "c": "d"}, namespace=namespace)
    info = await content.info(wanted, namespace=namespace)
    assert dict(info.labels) == {**ROOT, "c": "d"}
    listed = content.list(namespace=namespace, filters=["labels.c==d"])
    assert [each.digest async for each in listed] == [wanted]
    await content.delete(wanted, namespace=namespace)
    assert await there.blobs() == set()


async def test_content_that_is_not_there(there: There) -> None:
    content, namespace = there.client.content, there.namespace
    text = f"content digest {MISSING}: not found"
    await there.refuses(content.info(MISSING, namespace=namespace), NotFound, text)
    await there.refuses(content.delete(MISSING, namespace=namespace), NotFound, text)
    await there.refuses(content.read_all(MISSING, namespace=namespace), NotFound, text)
    text = "reference r: not found"
    await there.refuses(content.abort("r", namespace=namespace), NotFound, text)
    text = f'could not get status for ref "r": {text}'
    await there.refuses(content.status("r", namespace=namespace), NotFound, text)
    text = '"rubbish" failed validation'
    await there.refuses(content.info("rubbish", namespace=namespace), InvalidArgument, text)


async def test_a_commit_with_the_wrong_digest(there: There) -> None:
    content, namespace = there.client.content, there.namespace
    wanted = digest(b"data")
    async with content.writer("ref", namespace=namespace) as out:
        await out.status(4, "")
        await out.write(b"data", 0)
        text = f"unexpected commit digest {wanted}, expected {MISSING}: failed precondition"
        await there.refuses(out.commit(4, MISSING), FailedPrecondition, text)
    assert (await content.status("ref", namespace=namespace)).offset == 4
    async with content.writer("ref", namespace=namespace) as out:
        assert await out.status(4, "") == 4
        assert await out.commit(4, wanted, ROOT) == wanted
    assert await there.blobs() == {wanted}


async def test_a_commit_of_the_wrong_size(there: There) -> None:
    content, namespace = there.client.content, there.namespace
    async with content.writer("ref", namespace=namespace) as out:
        await out.status(5, "")
        await out.write(b"data", 0)
        text = "write @5 must occur at current offset 4"
        await there.refuses(out.commit(5, digest(b"data")), InvalidArgument, text)
    statuses = await content.list_statuses(namespace=namespace)
    assert [(each.offset, each.total) for each in statuses] == [(4, 5)]
    async with content.writer("ref", namespace=namespace) as out:
        assert await out.status(9, "") == 0  # another total is another blob: begun anew


async def test_a_blob_that_is_there_already(there: There) -> None:
    await there.write(b"data", ROOT)
    wanted = digest(b"data")
    text = f"content {wanted}: already exists"
    async with there.client.content.writer("again", namespace=there.namespace) as out:
        await there.refuses(out.status(4, wanted), AlreadyExists, text)
    async with there.client.content.writer("again", namespace=there.namespace) as out:
        await out.status(4, "")
        await out.write(b"data", 0)
        text = f"blob with expected digest {wanted} exists"
        await there.refuses(out.commit(4, wanted), AlreadyExists, text)


async def test_one_writer_at_a_time_and_a_resume(there: There) -> None:
    content, namespace = there.client.content, there.namespace
    async with content.writer("ref", namespace=namespace) as first:
        await first.status(8, "")
        await first.write(b"half", 0)
        async with content.writer("ref", namespace=namespace) as second:
            await there.refuses(second.status(8, ""), Unavailable)
        text = "write @99 must occur at current offset 4"
        await there.refuses(first.write(b"more", 99), InvalidArgument, text)
    statuses = await content.list_statuses(namespace=namespace)
    assert [(each.ref, each.offset) for each in statuses] == [("ref", 4)]
    await content.abort("ref", namespace=namespace)
    assert await content.list_statuses(namespace=namespace) == ()


async def test_snapshots(there: There) -> None:
    snapshots = there.client.snapshots
    at = {"snapshotter": there.snapshotter, "namespace": there.namespace}
    await snapshots.prepare("active", "", labels=ROOT, **at)
    again = snapshots.prepare("active", "", **at)
    await there.refuses(again, AlreadyExists, 'snapshot "active": already exists')
    await snapshots.commit("base", "active", labels=ROOT, **at)
    text = "snapshot active does not exist: not found"
    await there.refuses(snapshots.mounts("active", **at), NotFound, text)
    info = await snapshots.stat("base", **at)
    assert (info.name, info.parent, info.kind) == ("base", "", Kind.COMMITTED)
    mounts = await snapshots.prepare("top", "base", labels=ROOT, **at)
    assert await snapshots.mounts("top", **at) == mounts
    assert await snapshots.view("look", "base", **at)
    info = await snapshots.stat("top", **at)
    assert (info.parent, info.kind, dict(info.labels)) == ("base", Kind.ACTIVE, ROOT)
    assert await snapshots.usage("top", **at) >= 0
    text = "cannot remove snapshot with child: failed precondition"
    await there.refuses(snapshots.remove("base", **at), FailedPrecondition, text)
    text = "parent snapshot nothing does not exist: not found"
    await there.refuses(snapshots.prepare("x", "nothing", **at), NotFound, text)
    await there.refuses(snapshots.prepare("x", "top", **at), InvalidArgument)
    text = "snapshot x does not exist: not found"
    await there.refuses(snapshots.stat("x", **at), NotFound, text)
    await there.refuses(snapshots.usage("x", **at), NotFound, text)
    await there.refuses(snapshots.remove("x", **at), NotFound, text)
    await there.refuses(snapshots.commit("new", "x", **at), NotFound, text)
    text = 'snapshot "base": already exists'
    await there.refuses(snapshots.commit("base", "top", **at), AlreadyExists, text)
    unknown = snapshots.stat("x", snapshotter="rubbish", namespace=there.namespace)
    text = "snapshotter not loaded: rubbish: invalid argument"
    await there.refuses(unknown, InvalidArgument, text)
    for key in ("look", "top", "base"):
        await snapshots.remove(key, **at)
    assert await there.snapshots() == {}


async def test_a_target_that_is_unpacked_already(there: There) -> None:
    at = {"snapshotter": there.snapshotter, "namespace": there.namespace}
    named = {"containerd.io/snapshot.ref": "chain"}
    await there.client.snapshots.prepare("extract", "", labels={**ROOT, **named}, **at)
    await there.client.snapshots.commit("chain", "extract", labels={**ROOT, **named}, **at)
    call = there.client.snapshots.prepare("extract-2", "", labels=named, **at)
    await there.refuses(call, AlreadyExists, 'target snapshot "chain": already exists')


async def test_what_a_lease_holds_and_lets_go(there: There) -> None:
    leases, namespace = there.client.leases, there.namespace
    lease = await leases.create(namespace=namespace, id="mine")
    text = 'lease "mine": already exists'
    await there.refuses(leases.create(namespace=namespace, id="mine"), AlreadyExists, text)
    kept = await there.write(b"kept", lease=lease)
    await there.client.snapshots.prepare(
        "s", "", snapshotter=there.snapshotter, namespace=namespace, lease=lease
    )
    held = {(each.type, each.id) for each in await leases.resources(lease, namespace=namespace)}
    assert held == {("content", kept.digest), (f"snapshots/{there.snapshotter}", "s")}
    await there.collect()
    assert await there.blobs() == {kept.digest}
    assert [each.id for each in await leases.list(namespace=namespace)] == ["mine"]
    await leases.delete(lease, namespace=namespace, sync=True)
    assert await there.blobs() == set()
    assert await there.snapshots() == {}
    await there.refuses(
        leases.delete(lease, namespace=namespace), NotFound, 'lease "mine": not found'
    )
    await there.refuses(
        leases.resources(lease, namespace=namespace), NotFound, 'lease "mine": not found'
    )


async def test_a_lease_holds_an_ingest(there: There) -> None:
    content, leases, namespace = there.client.content, there.client.leases, there.namespace
    lease = await leases.create(namespace=namespace)
    async with content.writer("ref", namespace=namespace, lease=lease) as out:
        await out.status(8, "")
        await out.write(b"half", 0)
    held = {(each.type, each.id) for each in await leases.resources(lease, namespace=namespace)}
    assert held == {("ingests", "ref")}
    await leases.delete(lease, namespace=namespace, sync=True)
    assert await content.list_statuses(namespace=namespace) == ()


async def test_the_garbage_collector_follows_references(there: There) -> None:
    images, namespace = there.client.images, there.namespace
    lease = await there.client.leases.create(namespace=namespace)
    leaf = await there.write(b"leaf", lease=lease)
    await there.client.snapshots.prepare(
        "chain", "", snapshotter=there.snapshotter, namespace=namespace, lease=lease
    )
    refs = {
        "containerd.io/gc.ref.content.l.0": leaf.digest,
        f"containerd.io/gc.ref.snapshot.{there.snapshotter}": "chain",
    }
    top = await there.write(b"top", refs, lease=lease)
    alone = await there.write(b"alone", lease=lease)
    await images.put("i", top, namespace=namespace)
    await there.client.leases.delete(lease, namespace=namespace, sync=True)
    assert await there.blobs() == {top.digest, leaf.digest} - {alone.digest}
    assert set(await there.snapshots()) == {"chain"}
    await images.delete("i", namespace=namespace, sync=True)
    assert await there.blobs() == set()
    assert await there.snapshots() == {}


async def test_a_container_holds_its_snapshot(there: There) -> None:
    lease = await there.client.leases.create(namespace=there.namespace)
    await there.client.snapshots.prepare(
        "c", "", snapshotter=there.snapshotter, namespace=there.namespace, lease=lease
    )
    await there.create("c", snapshotter=there.snapshotter, snapshot_key="c")
    await there.client.leases.delete(lease, namespace=there.namespace, sync=True)
    assert set(await there.snapshots()) == {"c"}
    await there.client.containers.delete("c", namespace=there.namespace)
    await there.collect()
    assert await there.snapshots() == {}


@pytest.mark.parametrize("size", [0, 1])
async def test_content_of_an_odd_size(there: There, size: int) -> None:
    data = b"x" * size
    written = await there.write(data, ROOT)
    assert await there.client.content.read_all(written.digest, namespace=there.namespace) == data
