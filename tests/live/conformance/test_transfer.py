"""Pulls by the daemon itself: what they make, what they tell, what a cancelled one leaves."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress

import pytest

from aiocontainerd import platforms
from aiocontainerd.errors import ContainerdError, DaemonError, InvalidArgument, NotFound
from aiocontainerd.manifests import chain_ids
from aiocontainerd.pb import transfer_types_pb2, typeurl
from aiocontainerd.services.transfer import Source

from .. import images, layers
from ..fakeregistry import FakeRegistry
from ..faults import Hold
from ..namespaces import new_name
from ..registry import Registry
from .there import PATIENCE, There

pytestmark = pytest.mark.targets("simulator", "1.7", "2")
INDEX = images.index([images.busybox(*layers.filler(2, layers.MIB))], attestation=True)
ELSEWHERE = platforms.parse("linux/s390x")
HALF = 2_000_000  # bytes: more than the first layer has


@pytest.fixture
def reference(target: str, request: pytest.FixtureRequest) -> str:
    """An image that can be pulled, with an index; 1.7 cannot do without TLS."""
    if target == "simulator":
        return "docker.io/sample/whole:1"
    registry: Registry = request.getfixturevalue("tls_registry")
    return registry.push("sample/whole", new_name(), INDEX)


async def pull(there: There, source: Source, **options: str) -> list[transfer_types_pb2.Progress]:
    """Pull for this host; returns what was told on the way."""
    client, namespace, told = there.client, there.namespace, []
    async with client.streaming.open("progress", namespace=namespace) as stream:

        async def listen() -> None:
            async for packed in stream:
                told.append(typeurl.unpack(packed, transfer_types_pb2.Progress))

        listening = asyncio.create_task(listen())
        try:
            await client.transfer.pull(
                source,
                namespace=namespace,
                platform=platforms.host(),
                snapshotter=there.snapshotter,
                progress_stream=stream.id,
                **options,
            )
        finally:  # the daemon closes the stream
            await asyncio.wait({listening}, timeout=PATIENCE)
            assert listening.done()
    return told


async def read(there: There, digest: str) -> dict[str, object]:
    data = await there.client.content.read_all(digest, namespace=there.namespace)
    found: dict[str, object] = json.loads(data)
    return found


async def labels(there: There, digest: str) -> dict[str, str]:
    return dict((await there.client.content.info(digest, namespace=there.namespace)).labels)


async def parts(there: There, reference: str) -> tuple[str, str, str, list[str], list[str]]:
    """Digests of index, our manifest and config; digests of the layers; their chain ids."""
    image = await there.client.images.get(reference, namespace=there.namespace)
    index = await read(there, image.target.digest)
    assert isinstance(index["manifests"], list)
    manifest = next(
        entry["digest"]
        for entry in index["manifests"]
        if entry["platform"]["architecture"] == platforms.host().architecture
    )
    document = await read(there, manifest)
    config = document["config"]["digest"]  # type: ignore[index]
    found = [layer["digest"] for layer in document["layers"]]  # type: ignore[attr-defined]
    ids = (await read(there, config))["rootfs"]["diff_ids"]  # type: ignore[index]
    return image.target.digest, manifest, config, found, chain_ids(ids)


async def test_what_a_pull_makes(there: There, reference: str) -> None:
    async with there.listening() as heard:
        await pull(there, Source(reference))
        if there.newest:  # 1.7 does not tell of the image
            await heard.until("/images/create")
    index, manifest, config, found, chain = await parts(there, reference)
    host, _, rest = reference.partition("/")
    host = host.partition(":")[0]
    source = {f"containerd.io/distribution.source.{host}": rest.rpartition(":")[0]}
    assert await there.blobs() == {index, manifest, config, *found}
    refs = {f"containerd.io/gc.ref.content.l.{n}": each for n, each in enumerate(found)}
    held = {**source, **refs, "containerd.io/gc.ref.content.config": config}
    assert await labels(there, manifest) == held
    key = f"containerd.io/gc.ref.snapshot.{there.snapshotter}"
    assert await labels(there, config) == {**source, key: chain[-1]}
    for digest in found:
        assert set(await labels(there, digest)) == {*source, "containerd.io/uncompressed"}
    assert "containerd.io/gc.ref.content.m.0" in await labels(there, index)
    assert await there.snapshots() == dict(zip(chain, ("", *chain), strict=False))
    at = {"snapshotter": there.snapshotter, "namespace": there.namespace}
    for each in chain:
        info = await there.client.snapshots.stat(each, **at)
        assert dict(info.labels) == {"containerd.io/snapshot.ref": each}
    assert await there.client.leases.list(namespace=there.namespace) == []
    assert await there.client.content.list_statuses(namespace=there.namespace) == ()
    for topic in ("/snapshot/prepare", "/snapshot/commit"):
        assert heard.topics.count(topic) == len(chain)
    if there.newest:
        assert heard.topics.count("/content/create") == 3 + len(found)
        assert heard.topics[:2] == ["/content/create"] * 2
        assert heard.topics[-1] == "/images/create"
    await there.client.images.delete(reference, namespace=there.namespace, sync=True)
    assert await there.blobs() == set()
    assert await there.snapshots() == {}


async def test_what_a_pull_tells(there: There, reference: str) -> None:
    told = await pull(there, Source(reference))
    index, manifest, config, found, _ = await parts(there, reference)
    names = [
        f"index-{index}",
        f"manifest-{manifest}",
        f"config-{config}",
        *(f"layer-{digest}" for digest in found),
    ]
    source = f"OCI Registry ({reference})"
    assert [each.event for each in told[:3]] == [
        f"Resolving from {source}",
        f"Pulling from {source}",
        "fetching image content",
    ]
    assert told[2].name == reference
    events = [each.event for each in told]
    assert events.index("saved") < events.index(f"Completed pull from {source}")
    waiting = [each for each in told if each.event == "waiting"]
    assert [each.name for each in waiting[:2]] == names[:2]
    parents = [reference, names[0], names[1], *[names[1]] * len(found)]
    assert {(each.name, *each.parents) for each in waiting} == set(zip(names, parents, strict=True))
    complete = [each for each in told if each.event == "complete"]
    assert {each.name for each in complete} == set(names)
    assert all(each.progress == each.total > 0 for each in complete)
    if there.newest:  # 1.7 does not say more than the name
        assert all(each.name.endswith(each.desc.digest) for each in waiting)
        assert all(each.total == each.desc.size for each in waiting)


@pytest.mark.targets("simulator", "2")
async def test_pulled_again(there: There, reference: str) -> None:
    await pull(there, Source(reference))
    async with there.listening() as heard:
        told = await pull(there, Source(reference))
        await heard.until("/images/update")
    assert heard.topics == ["/images/update"]
    index, manifest, config, _, _ = await parts(there, reference)
    exist = [each.name for each in told if each.event == "already exists"]
    assert exist == [f"index-{index}", f"manifest-{manifest}", f"config-{config}"]
    assert not [each for each in told if each.event in {"downloading", "complete"}]


async def test_an_image_that_the_registry_does_not_have(there: There, reference: str) -> None:
    missing = f"{reference.rpartition('/')[0]}/missing:1"
    call = pull(there, Source(missing))
    await there.refuses(call, NotFound, f"failed to resolve image: {missing}: not found")
    assert await there.blobs() == set()
    assert await there.client.leases.list(namespace=there.namespace) == []


@pytest.mark.targets("simulator", "2")
async def test_a_platform_that_the_image_is_not_made_for(there: There, reference: str) -> None:
    """The index is stored and nothing else: whoever asks has to look."""
    await there.client.transfer.pull(
        Source(reference),
        namespace=there.namespace,
        platform=ELSEWHERE,
        snapshotter=there.snapshotter,
    )
    image = await there.client.images.get(reference, namespace=there.namespace)
    assert await there.blobs() == {image.target.digest}
    assert await there.snapshots() == {}


async def test_what_is_refused(there: There, reference: str) -> None:
    async def ask(source: str, snapshotter: str = "", **options: str) -> None:
        await there.client.transfer.pull(
            Source(source),
            namespace=there.namespace,
            platform=platforms.host(),
            snapshotter=snapshotter or there.snapshotter,
            **options,
        )

    await there.refuses(ask(reference, progress_stream="nowhere"), NotFound, "not found")
    text = "unable to initialize unpacker: no unpack platforms defined: invalid argument"
    await there.refuses(ask(reference, "native"), InvalidArgument, text)
    if there.newest:  # "busybox" alone is a URL to 1.7
        await there.refuses(ask("busybox"), DaemonError, "failed to resolve image: object required")


@pytest.fixture
def slow(
    target: str, there: There, request: pytest.FixtureRequest
) -> tuple[Source, Callable[[], None]]:
    """An image whose last layer stops half-way, and what lets it come."""
    if there.simulator is not None:
        speed = there.simulator.speed
        speed.download = 20e6

        def go_on() -> None:
            speed.download = None

        return Source("docker.io/library/postgres:17"), go_on
    registry: FakeRegistry = request.getfixturevalue("fake_registry")
    image = images.busybox(*layers.filler(1, 8 * layers.MIB))
    registry.on(image.blobs[-1].digest, Hold(after=4 * layers.MIB), method="GET")
    return Source(registry.add("a/b", "1", image), scheme="http"), registry.clear


async def half_way(there: There, source: Source, lease: str = "") -> None:
    """Begin to pull, and cancel it when a layer is on its way."""
    task = asyncio.create_task(pull(there, source, lease=lease))
    async with asyncio.timeout(PATIENCE):
        while not any(
            ingest.ref.startswith("layer-") and ingest.offset > HALF
            for ingest in await there.client.content.list_statuses(namespace=there.namespace)
        ):
            await asyncio.sleep(0.01)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.mark.targets("simulator", "2")
async def test_cancelled_without_a_lease(
    there: There, slow: tuple[Source, Callable[[], None]]
) -> None:
    await half_way(there, slow[0])
    namespace = there.namespace
    async with asyncio.timeout(PATIENCE):
        while (
            await there.client.leases.list(namespace=namespace)
            or await there.blobs()
            or await there.snapshots()
            or await there.client.content.list_statuses(namespace=namespace)
        ):
            await asyncio.sleep(0.01)
    assert await there.client.images.list(namespace=namespace) == []


@pytest.mark.targets("simulator", "2")
async def test_cancelled_under_our_lease_it_is_resumed(
    there: There, slow: tuple[Source, Callable[[], None]]
) -> None:
    source, go_on = slow
    content, leases, namespace = there.client.content, there.client.leases, there.namespace
    lease = await leases.create(namespace=namespace)
    await half_way(there, source, lease)
    left = await content.list_statuses(namespace=namespace)
    assert any(ingest.ref.startswith("layer-") and ingest.offset > HALF for ingest in left)
    assert await there.client.images.list(namespace=namespace) == []
    go_on()
    async with asyncio.timeout(PATIENCE):
        while True:  # the cancelled one may hold the layer's lock for a moment still
            with suppress(ContainerdError):
                await pull(there, source, lease=lease)
                break
    await leases.delete(lease, namespace=namespace, sync=True)
    assert await content.list_statuses(namespace=namespace) == ()
    image = await there.client.images.get(source.reference, namespace=namespace)
    assert image.target.digest in await there.blobs()
