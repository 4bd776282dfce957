"""Simulated pulls: what the registry holds, and how a pull goes at a speed."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aiocontainerd import platforms, reference
from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition, RegistryError
from aiocontainerd.imageinfo import image_config, image_details
from aiocontainerd.models import Image
from aiocontainerd.pull import PullJob, Pulls
from aiocontainerd.simulator import Simulator
from aiocontainerd.simulator.imaging import digest
from aiocontainerd.simulator.registry import MISSING, find

NGINX = "docker.io/library/nginx:1.27"
NAMESPACE = "n"
PATIENCE = 20.0  # s
HOST = platforms.host()


@pytest.fixture
async def simulator(tmp_path: Path) -> AsyncIterator[Simulator]:
    async with Simulator(tmp_path / "c.sock") as running:
        yield running


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[Client]:
    async with Client(simulator.address) as made:
        yield made


@pytest.fixture
async def pulls(client: Client) -> AsyncIterator[Pulls]:
    made = Pulls(client, config_dirs=())
    yield made
    await made.close()


async def pull(pulls: Pulls, name: str = NGINX) -> Image:
    async with asyncio.timeout(PATIENCE):
        return await pulls.start(name, namespace=NAMESPACE).wait()


def test_the_registry_always_says_the_same() -> None:
    for name in (NGINX, "ghcr.io/someone/something:v1"):
        named = reference.parse(name)
        first, second = find(named), find(named)
        assert first is not None
        assert first == second
        assert len(first.choose([HOST])) == 1
        assert first.images[0][0] == HOST


def test_the_index_names_what_there_is() -> None:
    stored = find(reference.parse(NGINX))
    assert stored is not None
    entries = json.loads(stored.index)["manifests"]
    assert [entry["digest"] for entry in entries] == [
        digest(parts.manifest) for _, parts in stored.images
    ]
    assert {entry["platform"]["architecture"] for entry in entries} >= {"amd64", "arm64"}


def test_sizes_are_believable_and_bases_are_shared() -> None:
    nginx, redis = (find(reference.parse(name)) for name in ("nginx:1.27", "redis:7"))
    assert nginx is not None
    assert redis is not None
    (one,), (other,) = nginx.choose([HOST]), redis.choose([HOST])
    assert 50e6 < sum(layer.size for layer in one.layers) < 100e6
    assert one.layers[0] == other.layers[0]
    assert not set(one.layers[1:]) & set(other.layers)


@pytest.mark.parametrize(
    "name", [f"docker.io/library/{MISSING}:1", f"docker.io/library/x:{MISSING}"]
)
def test_what_is_missing(name: str) -> None:
    assert find(reference.parse(name)) is None


async def test_a_pulled_image_is_whole(client: Client, pulls: Pulls) -> None:
    image = await pull(pulls)
    details = await image_details(client, image)
    assert (details.missing, details.platforms) == (False, (str(HOST),))
    assert 50e6 < details.size < 100e6
    config, _, chain, _ = await image_config(client, image, namespace=NAMESPACE)
    assert config["config"]["Entrypoint"] == ["/docker-entrypoint.sh"]
    snapshot = await client.snapshots.stat(chain, snapshotter="overlayfs", namespace=NAMESPACE)
    assert snapshot.name == details.chain_id


async def test_another_image_of_the_same_base_is_quicker(
    simulator: Simulator, client: Client, pulls: Pulls
) -> None:
    await pull(pulls)
    job = pulls.start("docker.io/library/nginx:1.28", namespace=NAMESPACE)
    await job.wait()
    known = {info.digest async for info in client.content.list(namespace=NAMESPACE)}
    assert {layer.digest for layer in job.progress.layers} <= known
    base = job.progress.layers[0].digest
    image = find(reference.parse(NGINX))
    assert image is not None
    assert base == image.choose([HOST])[0].layers[0].digest


async def test_progress_at_a_speed(simulator: Simulator, pulls: Pulls) -> None:
    simulator.speed.download = 100e6
    job = pulls.start("docker.io/library/postgres:17", namespace=NAMESPACE)
    await halfway(job)
    simulator.speed.download = None
    async with asyncio.timeout(PATIENCE):
        await job.wait()
    assert job.progress.downloaded == job.progress.total > 100e6
    assert {layer.stage for layer in job.progress.layers} == {"unpacked"}


async def halfway(job: PullJob) -> None:
    """Until some layer is neither begun nor whole."""
    async with asyncio.timeout(PATIENCE):
        async for picture in job.watch():
            if any(0 < layer.downloaded < layer.total for layer in picture.layers):
                return
    raise AssertionError(f"never half-way: {job.progress}")


async def test_a_cancelled_pull_leaves_nothing(simulator: Simulator, pulls: Pulls) -> None:
    simulator.speed.download = 10e6
    job = pulls.start(NGINX, namespace=NAMESPACE)
    await halfway(job)
    assert simulator.world.look(NAMESPACE).ingests
    async with asyncio.timeout(PATIENCE):
        await job.cancel()
    space = simulator.world.look(NAMESPACE)
    assert not any((space.content, space.ingests, space.snapshots, space.leases, space.images))
    with pytest.raises(FailedPrecondition, match="cancelled"):
        await job.wait()
    simulator.speed.download = None
    await pull(pulls)


async def test_what_another_namespace_has_is_not_downloaded(
    simulator: Simulator, client: Client, pulls: Pulls
) -> None:
    await pull(pulls)
    simulator.speed.download = 1.0  # it would take years
    async with asyncio.timeout(PATIENCE):
        await pulls.start(NGINX, namespace="other").wait()
    ours, other = (simulator.world.look(name) for name in (NAMESPACE, "other"))
    assert set(ours.content) == set(other.content)
    assert set(ours.snapshots) == set(other.snapshots)


async def test_an_image_that_is_not_there(simulator: Simulator, pulls: Pulls) -> None:
    """We try after the daemon, over the network: a host that cannot exist is asked for."""
    job = pulls.start(f"registry.invalid/{MISSING}:1", namespace=NAMESPACE)
    with pytest.raises(RegistryError, match="failed to resolve image"):
        await job.wait()
    space = simulator.world.look(NAMESPACE)
    assert not any((space.content, space.leases, space.images))


async def test_unpacking_takes_its_time_too(simulator: Simulator, pulls: Pulls) -> None:
    simulator.speed.unpack = 1.0
    job = pulls.start(NGINX, namespace=NAMESPACE)
    async with asyncio.timeout(PATIENCE):
        while not simulator.world.look(NAMESPACE).snapshots:
            await asyncio.sleep(0)
        while len(simulator.world.look(NAMESPACE).content) < 10:
            await asyncio.sleep(0)
    (key,) = simulator.world.look(NAMESPACE).snapshots
    assert key[1].startswith("extract-")
    await job.cancel()
    assert not simulator.world.look(NAMESPACE).snapshots
