"""Pulled images are as good as those that `ctr` pulls, and nothing else is left."""

import asyncio
from pathlib import Path

import pytest

from aiocontainerd import platforms
from aiocontainerd.access import Access
from aiocontainerd.client import Client
from aiocontainerd.errors import ReadOnly
from aiocontainerd.imageinfo import image_config, image_details
from aiocontainerd.pull import Pulls
from aiocontainerd.pull.by_daemon import pull_by_daemon
from aiocontainerd.pull.place import Place
from aiocontainerd.pull.progress import Tracker
from aiocontainerd.pull.unpack import default_snapshotter, unpack_image
from aiocontainerd.services.transfer import Source

from . import images, layers
from .daemons import SAYS_HI, Daemon
from .fakeregistry import FakeRegistry
from .faults import Hold
from .namespaces import clean, new_name
from .pulling import complete, ctr, empty, labels, nothing_under_way, snapshots
from .registry import Registry

ELSEWHERE = {"os": "linux", "architecture": "s390x"}


async def test_a_pulled_image_is_whole_runs_and_goes(
    containerd: Daemon, namespace: str, registry: Registry, client: Client, pulls: Pulls
) -> None:
    index = images.index([images.busybox(*layers.filler(4, layers.MIB))], attestation=True)
    reference = registry.push("sample/whole", namespace, index)
    job = pulls.start(reference, namespace=namespace)
    image = await job.wait()
    assert (image.name, image.target.digest) == (reference, index.digest)
    assert job.progress.stage == "done"
    assert job.progress.by == ("transfer" if containerd.name == "2" else "ctdeck")
    assert job.progress.downloaded == job.progress.total > 4 * layers.MIB
    assert [layer.stage for layer in job.progress.layers] == ["unpacked"] * 5
    await nothing_under_way(client, namespace)
    await complete(client, containerd, namespace, reference)
    said = await asyncio.to_thread(
        containerd.run, reference, "c", *SAYS_HI, namespace=namespace, flags=("--rm",)
    )
    assert said == "hi\n"
    await ctr(containerd, "images", "rm", "--sync", reference, namespace=namespace)
    await empty(client, containerd, namespace)


async def test_it_is_what_ctr_would_have_made(
    containerd: Daemon, namespace: str, registry: Registry, client: Client, pulls: Pulls
) -> None:
    other = images.busybox(platform=ELSEWHERE, docker=True)
    index = images.index([other, images.busybox(*layers.filler(1, 1000), docker=True)], docker=True)
    reference = registry.push("sample/equal", namespace, index)
    # 2.x adds the manifests and configs of all other platforms unless told otherwise.
    less = ["--skip-metadata"] if containerd.name == "2" else []
    pull = ["images", "pull", "--plain-http", *less, reference]
    await ctr(containerd, *pull, namespace=namespace)
    theirs = await labels(client, namespace)
    record = await client.images.get(reference, namespace=namespace)
    await ctr(containerd, "images", "rm", "--sync", reference, namespace=namespace)
    await empty(client, containerd, namespace)
    ours = await pulls.start(reference, namespace=namespace).wait()
    assert (ours.target, ours.labels) == (record.target, record.labels)
    assert await labels(client, namespace) == theirs


async def test_the_garbage_collector_leaves_it_alone(
    containerd: Daemon, namespace: str, registry: Registry, client: Client, pulls: Pulls
) -> None:
    shared = images.busybox(*layers.filler(1, 1000))
    more = images.busybox(*layers.filler(2, 1000), env=["A=b"])
    first = registry.push("sample/first", namespace, shared)
    second = registry.push("sample/second", namespace, more)
    for reference in (first, second):
        await pulls.start(reference, namespace=namespace).wait()
    await ctr(containerd, "images", "rm", "--sync", first, namespace=namespace)
    await ctr(containerd, "leases", "create", "--id", "any", namespace=namespace)
    await ctr(containerd, "leases", "rm", "--sync", "any", namespace=namespace)
    await complete(client, containerd, namespace, second)
    # Lets the compressed layers go and nothing else: that is what it is for.
    await ctr(containerd, "content", "prune", "references", namespace=namespace)
    said = await asyncio.to_thread(
        containerd.run, second, "c", "/bin/ls", "/filler", namespace=namespace, flags=("--rm",)
    )
    assert said == "0\n1\n"
    await ctr(containerd, "images", "rm", "--sync", second, namespace=namespace)
    await empty(client, containerd, namespace)


async def test_a_second_pull_finds_everything_there(
    namespace: str, fake_registry: FakeRegistry, client: Client, pulls: Pulls
) -> None:
    made = images.index([images.busybox(*layers.filler(2, 1000))])
    reference = fake_registry.add("a/b", "1", made)
    await pulls.start(reference, namespace=namespace).wait()
    before = await labels(client, namespace)
    fake_registry.clear()
    image = await pulls.start(reference, namespace=namespace).wait()
    assert image.target.digest == made.digest
    assert await labels(client, namespace) == before
    assert not fake_registry.seen("/(blobs|manifests)/", "GET")  # registries count these
    await nothing_under_way(client, namespace)


@pytest.mark.parametrize("form", ["{name}@{digest}", "{name}:t@{digest}"])
async def test_by_digest(
    containerd: Daemon, namespace: str, registry: Registry, client: Client, pulls: Pulls, form: str
) -> None:
    made = images.busybox()
    name = registry.push("sample/digest", "t", made).rpartition(":")[0]
    text = form.format(name=name, digest=made.digest)
    image = await pulls.start(text, namespace=namespace).wait()
    assert image.name == f"{name}@{made.digest}"
    await complete(client, containerd, namespace, image.name)


async def test_two_pulls_of_one_image_are_one(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    made = images.busybox()
    reference = fake_registry.add("a/b", "1", made)
    hold = Hold(after=1000)
    fake_registry.on(made.blobs[-1].digest, hold)
    first = pulls.start(reference, namespace=namespace)
    assert await asyncio.to_thread(hold.reached.wait, 10)
    second = pulls.start(reference, namespace=namespace)
    assert second is first
    assert (first.joined, pulls.jobs) == (2, (first,))
    hold.release()
    assert await first.wait() == await second.wait()
    assert len(fake_registry.seen(made.blobs[-1].digest, "GET")) == 1
    third = pulls.start(reference, namespace=namespace)
    assert third is not first
    await third.wait()


async def test_two_images_share_a_layer_that_is_downloaded_once(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    shared = layers.filler(1, layers.MIB)[0]
    made = [images.image([shared], cmd=(name,)) for name in "ab"]
    references = [fake_registry.add("a/b", f"t{n}", each) for n, each in enumerate(made)]
    hold = Hold(after=1000)
    digest = layers.digest(shared.data)
    fake_registry.on(digest, hold)
    jobs = [pulls.start(each, namespace=namespace) for each in references]
    assert await asyncio.to_thread(hold.reached.wait, 10)
    hold.release()
    await asyncio.gather(*(job.wait() for job in jobs))
    assert len(fake_registry.seen(digest, "GET")) == 1
    for each in references:
        await complete(client, containerd, namespace, each)
    await nothing_under_way(client, namespace)


async def test_another_namespace_gets_its_own(
    containerd: Daemon, namespace: str, registry: Registry, client: Client, pulls: Pulls
) -> None:
    reference = registry.push("sample/spaces", namespace, images.busybox(*layers.filler(1, 5000)))
    other = new_name()
    try:
        for name in (namespace, other):
            await pulls.start(reference, namespace=name).wait()
            await complete(client, containerd, name, reference)
    finally:
        await asyncio.to_thread(clean, containerd, other)


async def test_another_platform(
    containerd: Daemon, namespace: str, registry: Registry, client: Client, pulls: Pulls
) -> None:
    made = images.index([images.busybox(), images.busybox(platform=ELSEWHERE)])
    reference = registry.push("sample/platform", namespace, made)
    image = await pulls.start(reference, namespace=namespace, platform="linux/s390x").wait()
    config, _, chain, _ = await image_config(
        client, image, namespace=namespace, platform="linux/s390x"
    )
    assert config["architecture"] == "s390x"
    assert chain in await snapshots(client, containerd, namespace)
    details = await image_details(client, image)
    assert (details.platforms, details.missing) == (("linux/s390x",), True)


async def test_what_is_known_of_an_image(
    containerd: Daemon, namespace: str, registry: Registry, client: Client, pulls: Pulls
) -> None:
    made = images.busybox(*layers.filler(1, 5000), cmd=("/bin/true",))
    index = images.index([made], attestation=True)
    reference = registry.push("sample/known", namespace, index)
    image = await pulls.start(reference, namespace=namespace).wait()
    details = await image_details(client, image)
    size = len(index.root.data) + len(made.root.data) + sum(len(b.data) for b in made.blobs)
    assert (details.size, details.missing) == (size, False)
    assert details.platforms == (str(platforms.host()),)
    config, config_digest, chain, manifest = await image_config(client, image, namespace=namespace)
    assert config["config"]["Cmd"] == ["/bin/true"]
    assert (details.chain_id, details.config_digest) == (chain, config_digest)
    assert [layer["digest"] for layer in manifest["layers"]] == [b.digest for b in made.blobs[1:]]
    await client.content.delete(made.blobs[1].digest, namespace=namespace)
    assert (await image_details(client, image)).missing


async def test_unpacking_what_was_imported(
    containerd: Daemon, namespace: str, client: Client, tmp_path: Path
) -> None:
    archive = images.save(tmp_path / "i.tar", {"a.test/i:1": images.busybox(*layers.filler(2, 9))})
    await ctr(containerd, "images", "import", "--no-unpack", str(archive), namespace=namespace)
    image = await client.images.get("a.test/i:1", namespace=namespace)
    assert await snapshots(client, containerd, namespace) == []
    snapshotter = await default_snapshotter(client, namespace)
    chain = await unpack_image(client, image, namespace=namespace, snapshotter=snapshotter)
    assert chain in await snapshots(client, containerd, namespace)
    assert chain == await unpack_image(client, image, namespace=namespace)
    await complete(client, containerd, namespace, "a.test/i:1")
    await nothing_under_way(client, namespace)
    await ctr(containerd, "images", "rm", "--sync", "a.test/i:1", namespace=namespace)
    await empty(client, containerd, namespace)


async def test_progress_shows_what_is_here(
    namespace: str, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    made = images.busybox(*layers.filler(1, 4 * layers.MIB))
    reference = fake_registry.add("a/b", "1", made)
    hold = Hold(after=3 * layers.MIB)
    fake_registry.on(made.blobs[-1].digest, hold)
    job = pulls.start(reference, namespace=namespace)
    async for progress in job.watch():
        held = [layer for layer in progress.layers if layer.digest == made.blobs[-1].digest]
        if held and held[0].stage == "downloading" and held[0].downloaded >= 2 * layers.MIB:
            assert held[0].total == len(made.blobs[-1].data)
            assert progress.stage == "pulling"
            hold.release()
    assert job.progress.stage == "done"


async def test_the_namespaces_own_snapshotter(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, registry: Registry
) -> None:
    label = "containerd.io/defaults/snapshotter=native"
    await ctr(containerd, "namespaces", "create", namespace, label, namespace=namespace)
    reference = registry.push("sample/native", namespace, images.busybox())
    image = await pulls.start(reference, namespace=namespace).wait()
    *_, chain, _ = await image_config(client, image, namespace=namespace)
    info = await client.snapshots.stat(chain, snapshotter="native", namespace=namespace)
    assert info.name == chain
    await ctr(containerd, "images", "rm", "--sync", reference, namespace=namespace)
    await empty(client, containerd, namespace)


@pytest.mark.containerd("1.7", "2")
async def test_the_daemon_pulls_over_tls(
    containerd: Daemon, namespace: str, client: Client, tls_registry: Registry
) -> None:
    """The way of 1.7 to a registry that is not on this machine: here there is none such."""
    reference = tls_registry.push("sample/far", namespace, images.busybox(*layers.filler(1, 5000)))
    tracker = Tracker(reference)
    async with client.leases.held(namespace=namespace) as lease:
        place = Place(client, namespace, containerd.snapshotter, lease)
        image = await pull_by_daemon(place, Source(reference), platforms.host(), tracker)
    assert image.name == reference
    assert [layer.stage for layer in tracker.snapshot().layers] == ["unpacked"] * 2
    await complete(client, containerd, namespace, reference)
    await nothing_under_way(client, namespace)


async def test_read_only_is_read_only(
    containerd: Daemon, namespace: str, registry: Registry
) -> None:
    reference = registry.push("sample/kept", namespace, images.busybox())
    async with Client(str(containerd.socket), access=Access(read_only=True)) as client:
        with pytest.raises(ReadOnly):
            await Pulls(client, config_dirs=()).start(reference, namespace=namespace).wait()
    async with Client(str(containerd.socket)) as client:
        await empty(client, containerd, namespace)
