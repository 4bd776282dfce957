"""Images that are not as they should be, or unusual: what is said, and that nothing is left."""

import asyncio
import json
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, FailedPrecondition, NotFound, RegistryError
from aiocontainerd.manifests import MANIFEST_LIMIT
from aiocontainerd.pull import Pulls, patience

from . import images, layers
from .daemons import Daemon
from .fakeregistry import FakeRegistry
from .faults import Corrupt, Redirect, Reply
from .images import Blob, Image
from .pulling import complete, empty

ELSEWHERE = {"os": "plan9", "architecture": "mips"}
OURS = images.busybox(*layers.filler(1, 1000))
INDEX = images.index([OURS, images.busybox(platform=ELSEWHERE)])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less time between tries than people have."""
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.01)


def changed(image: Image, **fields: Any) -> Image:
    """The image with other fields in its manifest or index."""
    document = {**json.loads(image.root.data), **fields}
    return replace(image, root=replace(image.root, data=json.dumps(document).encode()))


def with_layer(data: bytes, media_type: str) -> Image:
    """OURS with other bytes and another type for its last layer."""
    blob = Blob(media_type, data)
    parts = [*json.loads(OURS.root.data)["layers"][:-1], blob.descriptor()]
    return replace(changed(OURS, layers=parts), blobs=(*OURS.blobs[:-1], blob))


def with_config(data: bytes) -> Image:
    """OURS with these bytes as its config."""
    blob = Blob(OURS.blobs[0].media_type, data)
    return replace(changed(OURS, config=blob.descriptor()), blobs=(blob, *OURS.blobs[1:]))


async def refused(
    place: tuple[Daemon, str, Client, Pulls], reference: str, kind: type[Exception], said: str
) -> None:
    """The pull fails with these words, and nothing of it stays."""
    containerd, namespace, client, pulls = place
    job = pulls.start(reference, namespace=namespace)
    with pytest.raises(kind, match=said):
        await job.wait()
    await empty(client, containerd, namespace)


@pytest.fixture
def place(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls
) -> tuple[Daemon, str, Client, Pulls]:
    """Where to pull to."""
    return containerd, namespace, client, pulls


DAMAGED = {
    "the index": INDEX.digest,
    "the manifest": OURS.digest,
    "the config": OURS.blobs[0].digest,
    "a layer": OURS.blobs[-1].digest,
}


@pytest.mark.parametrize("part", DAMAGED)
async def test_a_wrong_digest_anywhere_fails_closed(
    place: tuple[Daemon, str, Client, Pulls], fake_registry: FakeRegistry, part: str
) -> None:
    fake_registry.add("a/b", "1", INDEX)
    fake_registry.on(DAMAGED[part], Corrupt(), method="GET")
    reference = f"{fake_registry.address}/a/b@{INDEX.digest}"
    await refused(place, reference, RegistryError, "something else than|is not sha256:")


BROKEN = {
    "empty object": (changed(OURS, config=None), FailedPrecondition, "image is broken"),
    "config is text": (with_config(b"not JSON"), FailedPrecondition, "config is not a JSON object"),
    "config is a list": (with_config(b"[]"), FailedPrecondition, "config is not a JSON object"),
    "wrong diff ids": (
        with_config(json.dumps({**images.HOST, "rootfs": {"diff_ids": []}}).encode()),
        FailedPrecondition,
        "2 layers and its config 0",
    ),
    "gzip that is none": (
        with_layer(b"no gzip", "application/vnd.oci.image.layer.v1.tar+gzip"),
        ContainerdError,
        "gzip|header|unpacks to|EOF",
    ),
    "a layer of another kind": (
        with_layer(b"{}", "application/vnd.acme.rocket"),
        ContainerdError,
        "acme.rocket",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_broken_images(
    place: tuple[Daemon, str, Client, Pulls], fake_registry: FakeRegistry, case: str
) -> None:
    image, kind, said = BROKEN[case]
    await refused(place, fake_registry.add("a/b", "1", image), kind, said)


async def test_many_platforms_are_not_all_listed(
    place: tuple[Daemon, str, Client, Pulls], fake_registry: FakeRegistry
) -> None:
    """2.x takes seconds to note down each of 10,000 for its own pull, which comes before ours."""
    count = 1000 if place[0].name == "2" else 10_000
    entry = {**OURS.root.descriptor(), "platform": ELSEWHERE}
    entries = [
        {**entry, "platform": {**ELSEWHERE, "variant": f"v{number}"}} for number in range(count)
    ]
    made = changed(INDEX, manifests=entries)
    assert len(made.root.data) < MANIFEST_LIMIT
    reference = fake_registry.add("a/b", "1", made)
    await refused(
        place, reference, NotFound, r"plan9/mips/v0, .*, plan9/mips/v\d+ and 99?\d\d more"
    )


@pytest.mark.containerd("1.6", "1.7")  # 2.x takes it: its own client has no such bound
async def test_a_manifest_that_is_too_large(
    place: tuple[Daemon, str, Client, Pulls], fake_registry: FakeRegistry
) -> None:
    made = changed(OURS, annotations={"a": "x" * MANIFEST_LIMIT})
    reference = fake_registry.add("a/b", "1", made)
    await refused(place, reference, RegistryError, "larger than 4 MiB")


async def test_an_index_in_an_index(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    reference = fake_registry.add("a/b", "1", images.index([INDEX]))
    document = json.loads(images.index([INDEX]).root.data)
    del document["manifests"][0]["platform"]  # as tools write it
    outer = replace(
        images.index([INDEX]),
        root=Blob(INDEX.root.media_type, json.dumps(document).encode()),
    )
    reference = fake_registry.add("a/b", "2", outer)
    await pulls.start(reference, namespace=namespace).wait()
    await complete(client, containerd, namespace, reference)


async def test_an_image_without_layers(
    namespace: str, client: Client, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    reference = fake_registry.add("a/b", "1", images.image([]))
    image = await pulls.start(reference, namespace=namespace).wait()
    assert [each.name for each in await client.images.list(namespace=namespace)] == [image.name]
    assert await client.leases.list(namespace=namespace) == []


async def test_a_layer_that_wants_out_stays_in(
    containerd: Daemon,
    namespace: str,
    client: Client,
    pulls: Pulls,
    fake_registry: FakeRegistry,
    tmp_path: Path,
) -> None:
    """The daemon unpacks, below its snapshot: neither a path with .. nor a link leads out of it."""
    outside, up = tmp_path / "outside", "../" * 12
    outside.mkdir()
    hostile = [
        layers.Entry(f"{up}{str(outside).lstrip('/')}/up", b"x", mode=0o644),
        layers.Entry("out", kind="link", target=str(outside)),
        layers.Entry("out/through", b"x", mode=0o644),
    ]
    reference = fake_registry.add("a/b", "1", images.image([layers.layer(hostile)]))
    with suppress(ContainerdError):  # to refuse it would be as good
        await pulls.start(reference, namespace=namespace).wait()
    assert [*outside.iterdir()] == []
    assert fake_registry.seen("/blobs/")


async def test_zstd(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    """Each of our containerds can unpack it; one that cannot says so, as for any other type."""
    (plain,) = layers.filler(1, 1000)
    tar = await asyncio.to_thread(_gunzip, plain.data)
    packed = await asyncio.to_thread(_zstd, tar)
    made = with_layer(packed, "application/vnd.oci.image.layer.v1.tar+zstd")
    reference = fake_registry.add("a/b", "1", made)
    await pulls.start(reference, namespace=namespace).wait()
    await complete(client, containerd, namespace, reference)


PAGE = b"<!DOCTYPE html><html><title>Log in to the hotel</title></html>"


@pytest.mark.parametrize("where", ["/manifests/", "/blobs/"])
async def test_a_web_page_instead(
    place: tuple[Daemon, str, Client, Pulls], fake_registry: FakeRegistry, where: str
) -> None:
    reference = fake_registry.add("a/b", "1", OURS)
    fake_registry.on(where, Reply(200, headers={"Content-Type": "text/html"}, body=PAGE))
    await refused(place, reference, RegistryError, "answered with a web page instead of")


HUGE = b'{"errors":[{"code":"DENIED","message":"' + b"go away " * 100_000 + b'"}]}'


async def test_a_huge_refusal_is_cut(
    namespace: str, pulls: Pulls, fake_registry: FakeRegistry
) -> None:
    reference = fake_registry.add("a/b", "1", OURS)
    fake_registry.on("/manifests/", Reply(403, body=HUGE))
    with pytest.raises(RegistryError, match="does not allow this") as caught:
        await pulls.start(reference, namespace=namespace).wait()
    assert len(str(caught.value)) < 1000


async def test_redirects_that_lead_nowhere(
    place: tuple[Daemon, str, Client, Pulls], fake_registry: FakeRegistry
) -> None:
    reference = fake_registry.add("a/b", "1", OURS)
    fake_registry.on("/manifests/", Redirect("http://[nowhere"))
    await refused(place, reference, RegistryError, "redirects to something that is no address")


def _gunzip(data: bytes) -> bytes:
    return subprocess.run(["gzip", "-dc"], input=data, capture_output=True, check=True).stdout


def _zstd(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-c"], input=data, capture_output=True, check=True).stdout
