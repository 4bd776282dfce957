"""Pulls that must wait or go on: too many requests, faults that pass, parts of blobs, restarts."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition, RegistryError
from aiocontainerd.pull import PullJob, Pulls, by_daemon, http, patience

from . import images, layers
from .daemons import Daemon
from .fakeregistry import FakeRegistry
from .faults import Hold, Ranges, Reply, Truncate
from .pulling import complete, empty, nothing_under_way

# Of one layer, so that no snapshot is being made while its download is held.
BIG = images.image(layers.filler(1, 3 * layers.MIB))
LAYER = BIG.blobs[-1]
# As many as containerd asks by itself before it gives up, without ever waiting.
MANY = 12


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less time between tries than people have."""
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.01)


async def waits_of(job: PullJob) -> set[str]:
    """Everything that a pull says it waits for, up to its end."""
    return {progress.waiting async for progress in job.watch()} - {""}


@pytest.mark.parametrize(("path", "form"), [("/manifests/", "date"), ("/blobs/", "seconds")])
async def test_too_many_requests_are_waited_for(
    containerd: Daemon,
    namespace: str,
    client: Client,
    pulls: Pulls,
    fake_registry: FakeRegistry,
    path: str,
    form: str,
) -> None:
    """The daemon's own pull does not wait (2.x), ours does: that comes after it."""
    reference = fake_registry.add("a/b", "1", images.busybox())
    now = datetime.now(UTC)
    after = "1" if form == "seconds" else format_datetime(now + timedelta(seconds=1), usegmt=True)
    headers = {"Retry-After": after, "Date": format_datetime(now, usegmt=True)}
    times = MANY if containerd.name == "2" else 2 if "manifests" in path else 1  # HEAD and GET
    fake_registry.on(path, Reply(429, "TOOMANYREQUESTS", "slow down", headers), times=times)
    job = pulls.start(reference, namespace=namespace)
    said = asyncio.create_task(waits_of(job))
    if containerd.name == "2":  # as soon as we ask ourselves, it is content
        async for progress in job.watch():
            if progress.waiting:
                fake_registry.clear()
    await job.wait()
    assert any("wants us to wait: 1 s" in text for text in await said)
    await complete(client, containerd, namespace, reference)
    await nothing_under_way(client, namespace)


async def test_a_wait_can_be_cancelled(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    reference = fake_registry.add("a/b", "1", images.busybox())
    fake_registry.on("/manifests/", Reply(429, "TOOMANYREQUESTS", "", {"Retry-After": "55"}))
    job = pulls.start(reference, namespace=namespace)
    async for progress in job.watch():
        if progress.waiting:
            assert progress.waiting == f"{fake_registry.address} wants us to wait: 55 s"
            break
    await job.cancel()
    assert (job.progress.stage, job.progress.waiting) == ("cancelled", "")
    await empty(client, containerd, namespace)


@pytest.mark.parametrize(("path", "status"), [("/manifests/", 500), ("/blobs/", 503)])
async def test_a_registry_in_trouble_gets_another_chance(
    containerd: Daemon,
    namespace: str,
    client: Client,
    pulls: Pulls,
    fake_registry: FakeRegistry,
    path: str,
    status: int,
) -> None:
    reference = fake_registry.add("a/b", "1", images.busybox())
    fake_registry.on(path, Reply(status, "UNKNOWN", "ouch"), method="GET", times=2)
    await pulls.start(reference, namespace=namespace).wait()
    await complete(client, containerd, namespace, reference)


async def test_connections_that_are_reset(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    reference = fake_registry.add("a/b", "1", BIG)
    fake_registry.on("/manifests/", Truncate(after=3), method="GET", times=2)
    for blob in BIG.blobs:
        fake_registry.on(blob.digest, Truncate(after=0), times=1)
    await pulls.start(reference, namespace=namespace).wait()
    await complete(client, containerd, namespace, reference)


@pytest.mark.parametrize(("where", "mute"), [("/v2/.*/manifests/", True), ("/blobs/", False)])
async def test_a_registry_falls_silent(
    containerd: Daemon,
    namespace: str,
    client: Client,
    pulls: Pulls,
    fake_registry: FakeRegistry,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    mute: bool,
) -> None:
    monkeypatch.setattr(http, "_SILENCE_SECONDS", 0.3)
    monkeypatch.setattr(by_daemon, "_SILENCE_SECONDS", 0.3)
    monkeypatch.setattr(by_daemon, "_LOOK_SECONDS", 0.1)
    reference = fake_registry.add("a/b", "1", BIG)
    fake_registry.on(where, Hold(after=3, mute=mute), method="GET")
    job = pulls.start(reference, namespace=namespace)
    with pytest.raises(RegistryError, match=r"did not answer in time|heard nothing"):
        await job.wait()
    await empty(client, containerd, namespace)


@pytest.mark.parametrize("way", ["whole", "refused", "zero", "other", "silent", "wrong"])
async def test_a_broken_layer_goes_on_or_begins_again(
    containerd: Daemon,
    namespace: str,
    client: Client,
    pulls: Pulls,
    fake_registry: FakeRegistry,
    way: str,
) -> None:
    reference = fake_registry.add("a/b", "1", BIG)
    # The wrong bytes come a few times only: else the layer would never come whole.
    odd = Ranges(way)  # type: ignore[arg-type]
    fake_registry.on(LAYER.digest, odd, times=3 if way == "wrong" else None)
    fake_registry.on(LAYER.digest, Truncate(after=2 * layers.MIB), times=1)
    await pulls.start(reference, namespace=namespace).wait()
    await complete(client, containerd, namespace, reference)
    await nothing_under_way(client, namespace)
    assert "Range" in fake_registry.seen(LAYER.digest, "GET")[1].headers


async def test_a_daemon_restarts_and_the_pull_goes_on(
    containerd_name: str, start_daemon: Callable[..., Daemon], fake_registry: FakeRegistry
) -> None:
    daemon = start_daemon(containerd_name)
    reference = fake_registry.add("a/b", "1", BIG)
    hold = Hold(after=2 * layers.MIB)
    fake_registry.on(LAYER.digest, hold)
    async with Client(str(daemon.socket)) as client:
        job = Pulls(client, config_dirs=()).start(reference, namespace="default")
        assert await asyncio.to_thread(hold.reached.wait, 10)
        while not await _arrived(client, LAYER.digest, layers.MIB):
            await asyncio.sleep(0.02)
        said = asyncio.create_task(waits_of(job))
        daemon.kill()
        fake_registry.clear()
        await asyncio.to_thread(daemon.start)
        await asyncio.wait_for(job.wait(), 60)
        assert any("the daemon is away" in text for text in await said)
        again = fake_registry.seen(LAYER.digest, "GET")
        assert any("Range" in request.headers for request in again)
        await complete(client, daemon, "default", reference)
        await nothing_under_way(client, "default")


async def _arrived(client: Client, digest: str, count: int) -> bool:
    statuses = await client.content.list_statuses(namespace="default")
    return any(each.ref == f"layer-{digest}" and each.offset >= count for each in statuses)


async def test_two_programs_pull_the_same_and_one_gives_up(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    """The second waits for the first one's download, and goes on where that has left it."""
    reference = fake_registry.add("a/b", "1", BIG)
    hold = Hold(after=layers.MIB)
    fake_registry.on(LAYER.digest, hold)
    async with Client(str(containerd.socket)) as other:
        first = Pulls(other, config_dirs=()).start(reference, namespace=namespace)
        assert await asyncio.to_thread(hold.reached.wait, 10)
        second = pulls.start(reference, namespace=namespace)
        while len(fake_registry.seen("/manifests/", "HEAD")) < 2:
            await asyncio.sleep(0.02)
        cancelling = asyncio.create_task(first.cancel())
        fake_registry.clear()
        await cancelling
        with pytest.raises(FailedPrecondition, match="cancelled"):
            await first.wait()
    await asyncio.wait_for(second.wait(), 30)
    await complete(client, containerd, namespace, reference)
    await nothing_under_way(client, namespace)
