"""Pulls that are cancelled, broken off or refused: what is said, and that nothing is left."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import (
    ContainerdError,
    FailedPrecondition,
    NotFound,
    RegistryError,
    ResourceExhausted,
)
from aiocontainerd.operations.images import delete_image
from aiocontainerd.pull import PullJob, Pulls, patience, strategy

from . import images, layers
from .daemons import Daemon
from .fakeregistry import FakeRegistry
from .faults import Corrupt, Hold, Reply, Truncate
from .pulling import complete, empty, nothing_under_way

ELSEWHERE = {"os": "plan9", "architecture": "mips"}
BIG = images.image(layers.filler(5, 100_000))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less time between tries, and for a daemon that is away, than people have."""
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(strategy, "AWAY_SECONDS", 1.0)


POINTS: dict[str, Callable[[], str]] = {
    "its name": lambda: "/v2/a/b/manifests/1",
    "the manifest": lambda: "/manifests/",
    "the config": lambda: BIG.blobs[0].digest,
    "the first layer": lambda: BIG.blobs[1].digest,
    "the last layer": lambda: BIG.blobs[-1].digest,
}


@pytest.mark.parametrize("point", POINTS)
async def test_cancelled_while_it_waits_for(
    containerd: Daemon,
    namespace: str,
    client: Client,
    pulls: Pulls,
    fake_registry: FakeRegistry,
    point: str,
) -> None:
    reference = fake_registry.add("a/b", "1", BIG)
    hold = Hold(after=100, mute=point == "its name")
    fake_registry.on(POINTS[point](), hold, method="HEAD" if hold.mute else "GET")
    job = pulls.start(reference, namespace=namespace)
    assert await asyncio.to_thread(hold.reached.wait, 10)
    assert job.progress.host == fake_registry.address  # who is waited for
    await job.cancel()
    assert job.done
    assert job.progress.stage == "cancelled"
    with pytest.raises(FailedPrecondition, match="cancelled"):
        await job.wait()
    await empty(client, containerd, namespace)
    fake_registry.clear()
    await pulls.start(reference, namespace=namespace).wait()
    await complete(client, containerd, namespace, reference)


async def test_cancelled_while_it_unpacks(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    reference = fake_registry.add(
        "a/b", "1", images.image(layers.filler(2, 128 * layers.MIB, "zero"))
    )
    job = pulls.start(reference, namespace=namespace)
    if containerd.name == "2":  # 2.1 says nothing of unpacking
        listed = client.snapshots.list(snapshotter=containerd.snapshotter, namespace=namespace)
        while not [each async for each in listed]:
            listed = client.snapshots.list(snapshotter=containerd.snapshotter, namespace=namespace)
    else:
        async for progress in job.watch():
            if any(layer.stage == "unpacking" for layer in progress.layers):
                break
    await job.cancel()
    assert job.progress.stage == "cancelled"
    await empty(client, containerd, namespace)


async def test_a_truncated_layer_is_resumed(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    made = images.busybox(*layers.filler(1, 2 * layers.MIB))
    reference = fake_registry.add("a/b", "1", made)
    fake_registry.on(made.blobs[-1].digest, Truncate(after=layers.MIB), times=1)
    await pulls.start(reference, namespace=namespace).wait()
    await complete(client, containerd, namespace, reference)
    asked = fake_registry.seen(made.blobs[-1].digest, "GET")
    assert len(asked) == 2
    if containerd.name != "2":
        # aiohttp drops what it had read ahead when the connection broke: at most 1 MiB.
        assert asked[1].headers["Range"] in ("bytes=524288-", "bytes=1048576-")


async def test_a_layer_that_never_comes_whole(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    reference = fake_registry.add("a/b", "1", BIG)
    fake_registry.on(BIG.blobs[-1].digest, Truncate(after=0))
    job = pulls.start(reference, namespace=namespace)
    with pytest.raises(RegistryError, match="broke off"):
        await job.wait()
    assert job.progress.stage == "failed"
    assert "broke off" in job.progress.error
    await empty(client, containerd, namespace)


async def test_a_damaged_layer_is_not_kept(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    reference = fake_registry.add("a/b", "1", BIG)
    fake_registry.on(BIG.blobs[-1].digest, Corrupt())
    with pytest.raises(RegistryError, match=BIG.blobs[-1].digest):
        await pulls.start(reference, namespace=namespace).wait()
    await empty(client, containerd, namespace)
    fake_registry.clear()
    await pulls.start(reference, namespace=namespace).wait()


async def test_a_damaged_manifest_is_not_believed(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    reference = fake_registry.add("a/b", "1", BIG)
    fake_registry.on("/manifests/", Corrupt(), method="GET")
    with pytest.raises(RegistryError, match="something else"):
        await pulls.start(reference, namespace=namespace).wait()
    await empty(client, containerd, namespace)


REFUSALS = {
    "401": (Reply(401, "UNAUTHORIZED", "who are you?"), "wants a login.*who are you?.*log in"),
    "403": (Reply(403, "DENIED", "not for you"), "does not allow this: DENIED: not for you"),
    "404": (Reply(404, "MANIFEST_UNKNOWN", "no tag"), "no such image.*: .*no tag"),
    "429": (Reply(429, "TOOMANY", "slow", {"Retry-After": "77"}), "too many.*slow.*in 77 s"),
    "500": (Reply(500, "UNKNOWN", "ouch"), r"in trouble \(HTTP 500\)"),
    "escapes": (Reply(403, "DENIED", "\x1b[2J\u202e"), "DENIED: \u241b\\[2J\ufffd"),
    "html": (Reply(404, body=b"<html>lost</html>"), "no such image.*Check"),
}


@pytest.mark.parametrize("case", REFUSALS)
@pytest.mark.parametrize("path", ["/manifests/", "/blobs/"])
async def test_a_registry_refuses(
    containerd: Daemon,
    namespace: str,
    client: Client,
    pulls: Pulls,
    fake_registry: FakeRegistry,
    case: str,
    path: str,
) -> None:
    action, said = REFUSALS[case]
    reference = fake_registry.add("a/b", "1", images.busybox())
    fake_registry.on(path, action)
    job = pulls.start(reference, namespace=namespace)
    with pytest.raises(RegistryError, match=said) as caught:
        await job.wait()
    assert caught.value.status == action.status
    assert caught.value.subject == reference
    assert caught.value.remedy
    await empty(client, containerd, namespace)


async def test_unknown_hosts_and_silent_ports(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls
) -> None:
    with pytest.raises(RegistryError, match=r"the host no\.such\.invalid is not known"):
        await pulls.start("no.such.invalid/a/b:1", namespace=namespace).wait()
    with pytest.raises(RegistryError, match=r"cannot connect to 127\.0\.0\.1:1"):
        await pulls.start("127.0.0.1:1/a/b:1", namespace=namespace).wait()
    await empty(client, containerd, namespace)


async def test_no_such_platform(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    made = images.index([images.busybox(platform=ELSEWHERE)], attestation=True)
    reference = fake_registry.add("a/b", "1", made)
    with pytest.raises(
        NotFound, match=f"not made for linux/{images.HOST['architecture']}; it has: plan9/mips"
    ):
        await pulls.start(reference, namespace=namespace).wait()
    alone = fake_registry.add("a/b", "2", images.busybox(platform=ELSEWHERE))
    with pytest.raises(NotFound, match="it has: plan9/mips"):
        await pulls.start(alone, namespace=namespace).wait()
    await empty(client, containerd, namespace)


async def test_schema_1(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    kind = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    headers = {"Content-Type": kind}
    fake_registry.on("/manifests/", Reply(200, headers=headers, body=b'{"schemaVersion": 1}'))
    with pytest.raises(FailedPrecondition, match="schema 1"):
        await pulls.start(f"{fake_registry.address}/a/b:1", namespace=namespace).wait()
    await empty(client, containerd, namespace)


async def test_a_full_disk(
    containerd_name: str, start_daemon: Callable[..., Daemon], fake_registry: FakeRegistry
) -> None:
    daemon = start_daemon(containerd_name, disk="8m")
    reference = fake_registry.add("a/b", "1", images.image(layers.filler(4, 4 * layers.MIB)))
    async with Client(str(daemon.socket)) as client:
        job = Pulls(client, config_dirs=()).start(reference, namespace="default")
        with pytest.raises(ResourceExhausted, match=r"no space left on device.*make room"):
            await job.wait()
        await empty(client, daemon, "default")


@pytest.mark.parametrize("full", ["content", "snapshots"])
async def test_a_full_disk_and_what_would_make_room(
    containerd_name: str,
    start_daemon: Callable[..., Daemon],
    fake_registry: FakeRegistry,
    full: str,
) -> None:
    """The second image does not fit: the first is named, can be deleted, and then it does."""
    daemon = start_daemon(containerd_name, disk="16m")
    kind: Any = "random" if full == "content" else "zero"
    first, second = (
        fake_registry.add("a/b", tag, images.image(layers.filler(1, size, kind, seed=int(tag))))
        for tag, size in (
            ("1", 4 * layers.MIB),
            ("2", (6 if kind == "random" else 13) * layers.MIB),
        )
    )
    async with Client(str(daemon.socket)) as client:
        pulls = Pulls(client, config_dirs=())
        await pulls.start(first, namespace="default").wait()
        with pytest.raises(ResourceExhausted, match=r"no space left") as caught:
            await pulls.start(second, namespace="default").wait()
        found = re.search(
            r"Nothing of this pull was kept\. .* no container uses .*/a/b:1 (\d+\.\d) MB\.",
            str(caught.value),
        )
        assert found
        assert 4 < float(found[1]) < 9
        await nothing_under_way(client, "default")
        assert [each.name for each in await client.images.list(namespace="default")] == [first]
        (image,) = await client.images.list(namespace="default")
        await delete_image(client, image)
        await empty(client, daemon, "default")
        await pulls.start(second, namespace="default").wait()


async def test_the_daemon_dies(
    containerd_name: str, start_daemon: Callable[..., Daemon], fake_registry: FakeRegistry
) -> None:
    daemon = start_daemon(containerd_name)
    reference = fake_registry.add("a/b", "1", BIG)
    hold = Hold(after=100)
    # The first layer: a daemon that is killed in the midst of making a snapshot may never make
    # another one (its folder is there, its record is not). That is its own fault.
    fake_registry.on(BIG.blobs[1].digest, hold)
    async with Client(str(daemon.socket)) as client:
        pulls = Pulls(client, config_dirs=())
        job: PullJob = pulls.start(reference, namespace="default")
        assert await asyncio.to_thread(hold.reached.wait, 10)
        daemon.kill()
        hold.release()
        with pytest.raises(ContainerdError):
            await asyncio.wait_for(job.wait(), 60)
        fake_registry.clear()
        await asyncio.to_thread(daemon.start)
    async with Client(str(daemon.socket)) as client:
        await Pulls(client, config_dirs=()).start(reference, namespace="default").wait()
        await complete(client, daemon, "default", reference)
