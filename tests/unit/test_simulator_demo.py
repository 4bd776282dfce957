"""The believable host: the same for the same moment, whole, and of the same size for ever."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from aiocontainerd.simulator import garbage, tasks
from aiocontainerd.simulator.demo import kubelet, life, live, make_host
from aiocontainerd.simulator.demo.cast import GONE, PARTS, SAMPLES
from aiocontainerd.simulator.lives import Lives
from aiocontainerd.simulator.world import World

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KINDS = ("containers", "images", "tasks", "snapshots", "content", "ingests", "leases")


def sizes(world: World) -> dict[tuple[str, str], int]:
    return {
        (name, kind): len(getattr(space, kind))
        for name, space in world.spaces.items()
        for kind in KINDS
    }


def test_equal_times_make_equal_hosts() -> None:
    one, other = make_host(NOW), make_host(NOW)
    assert (one.started, one.folders, one.files) == (other.started, other.folders, other.files)
    for name, space in one.world.spaces.items():
        same = other.world.look(name)
        assert space.containers == same.containers
        assert space.images == same.images
        assert space.snapshots == same.snapshots
        assert space.content == same.content


def test_everything_is_as_old_as_the_cast_says() -> None:
    world = make_host(NOW).world
    for part in PARTS:
        message = world.look(part.namespace).containers[part.id].without_spec
        assert message.created_at.ToDatetime(UTC) == NOW - part.ago
    for sample in SAMPLES:
        image = world.look(sample.namespace).images[sample.name.encode()]
        assert image.created_at.ToDatetime(UTC) == NOW - sample.ago
    assert abs(world.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_garbage_collector_finds_what_was_left_for_it() -> None:
    world = make_host(NOW).world
    world.now = lambda: NOW  # the lease of a build lasts for a day
    before = sizes(world)
    for name in tuple(world.spaces):
        garbage.collect(world, name)
    left = {("builds", "content"): 3, ("builds", "leases"): 1}
    assert sizes(world) == {of: count - left.get(of, 0) for of, count in before.items()}


def test_every_source_is_there_but_the_one() -> None:
    host = make_host(NOW)
    named = {text.split(":")[0] for part in PARTS for text in part.mounts}
    assert named - host.folders - host.files == {GONE}
    assert not host.folders & host.files


async def test_what_goes_on_does_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST", "BEAT", "JOB", "BUILD", "KEPT"):
        monkeypatch.setattr(life, name, 0.0)
    monkeypatch.setattr(life, "LINE", 1e15)
    world = make_host(NOW).world
    world.now = lambda: NOW  # the lease of a build lasts for a day
    before = sizes(world)
    pulled = 0

    async def rounds() -> None:
        nonlocal pulled
        tag = b"registry.shop.example/shop/api:2.5-rc"
        while pulled < 12:
            images = world.look("builds").images
            pulled = max([int(name[len(tag) :]) for name in images if name.startswith(tag)] + [0])
            await asyncio.sleep(0)

    living = asyncio.create_task(live(world, Lives(world)))
    async with asyncio.timeout(30):
        await rounds()
    living.cancel()
    await asyncio.gather(living, return_exceptions=True)
    for name in tuple(world.spaces):
        garbage.collect(world, name)
    grown = {key: size - before.get(key, 0) for key, size in sizes(world).items()}
    assert max(grown.values()) <= 16, grown  # two images of one build server, three builds


def pods(world: World) -> dict[str, str]:
    """Of each part of a pod that runs: its pod and part, and its id."""
    space = world.look("k8s.io")
    return {
        f"{labels['io.kubernetes.pod.name']}/{labels.get('io.kubernetes.container.name', '')}": id
        for id, task in space.tasks.items()
        if task.process.status == tasks.RUNNING
        for labels in [space.containers[id].without_spec.labels]
    }


async def changed(world: World, before: dict[str, str]) -> set[str]:
    """What runs under another id, once all runs again."""
    async with asyncio.timeout(10):
        while (now := pods(world)) == before or now.keys() != before.keys():
            await asyncio.sleep(0)
    return {name for name in now if now[name] != before[name]}


async def test_the_kubelet_makes_again_what_was_stopped_and_the_whole_pod_of_a_sandbox(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kubelet, "LOOK", 0.0)
    world = make_host(NOW).world
    before = pods(world)
    assert len(before) == 8
    living = asyncio.create_task(live(world, Lives(world)))
    tasks.exit(world, "k8s.io", before["web-7d9c4-k2m7q/app"], 143)
    assert await changed(world, before) == {"web-7d9c4-k2m7q/app"}
    before = pods(world)
    tasks.exit(world, "k8s.io", before["web-7d9c4-k2m7q/"], 137)
    assert await changed(world, before) == {"web-7d9c4-k2m7q/", "web-7d9c4-k2m7q/app"}
    assert len(world.look("k8s.io").containers) == 8
    living.cancel()
    await asyncio.gather(living, return_exceptions=True)
