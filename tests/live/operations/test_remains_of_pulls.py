"""What a pull leaves that dies in the midst of it: found, offered, and nothing else is taken."""

import asyncio
from functools import partial

import pytest

from aiocontainerd.operations import (
    delete_image,
)
from aiocontainerd.pull import Pulls

from .. import images, layers
from ..fakeregistry import FakeRegistry
from ..faults import Hold
from ..namespaces import clean, new_name
from ..pulling import complete, nothing_under_way
from .cleaning import clean_up, collect_garbage, contents
from .conftest import Stage
from .dying import mortal


@pytest.mark.containerd("1.6", "2")
async def test_a_pull_that_was_cut_short_after_any_call(
    stage: Stage, fake_registry: FakeRegistry
) -> None:
    """By us on 1.6, by the daemon's Transfer on 2.x."""
    made = images.busybox(*layers.filler(1, 2 * layers.MIB))
    reference = fake_registry.add("a/b", "1", made)
    await collect_garbage(stage)
    before = await contents(stage)
    async with mortal(stage) as process:
        for calls in range(1, 60):
            if await process.die("pull", calls, image=reference):
                break
            for found in await clean_up(stage):
                assert (found.doing, found.subject) == ("pull", reference)
            for image in await stage.client.images.list(namespace=stage.namespace):
                if image.name == reference:  # whole: only the lease was left
                    await delete_image(stage.client, image)
            await nothing_under_way(stage.client, stage.namespace)
            assert await contents(stage) == before, calls
        assert calls > 5


@pytest.mark.containerd("1.6", "2")
async def test_a_pull_that_was_cut_short_in_the_midst_of_a_layer(
    stage: Stage, fake_registry: FakeRegistry
) -> None:
    made = images.busybox(*layers.filler(1, 2 * layers.MIB))
    reference = fake_registry.add("a/b", "1", made)
    hold = Hold(after=layers.MIB)
    fake_registry.on(made.blobs[-1].digest, hold, method="GET")
    await collect_garbage(stage)
    before = await contents(stage)
    async with mortal(stage) as process:
        reached = partial(asyncio.to_thread, hold.reached.wait, 10)
        assert not await process.die("pull", image=reference, when=reached)
    (found,) = await clean_up(stage)
    assert found.blobs
    fake_registry.clear()
    async with asyncio.timeout(10):  # the daemon needs a moment to see that nobody waits for it
        while await contents(stage) != before:
            await clean_up(stage)
            await asyncio.sleep(0.01)
    await nothing_under_way(stage.client, stage.namespace)


@pytest.mark.containerd("1.6", "2")
async def test_what_one_left_takes_nothing_from_another(
    stage: Stage, fake_registry: FakeRegistry
) -> None:
    """The same image is pulled again, into this namespace and another, before it is cleaned up."""
    made = images.image(layers.filler(1, 2 * layers.MIB))
    reference = fake_registry.add("a/b", "1", made)
    hold = Hold(after=layers.MIB)
    fake_registry.on(made.blobs[-1].digest, hold, method="GET")
    other = new_name()
    try:
        async with mortal(stage) as process:
            reached = partial(asyncio.to_thread, hold.reached.wait, 10)
            assert not await process.die("pull", image=reference, when=reached)
        fake_registry.clear()
        async with asyncio.timeout(30):
            for namespace in (other, stage.namespace):
                pulls = Pulls(stage.client, config_dirs=())
                await pulls.start(reference, namespace=namespace, plain_http=True).wait()
        assert [each.doing for each in await clean_up(stage)] == ["pull"]
        await collect_garbage(stage)
        for namespace in (other, stage.namespace):
            await nothing_under_way(stage.client, namespace)
            await complete(stage.client, stage.daemon, namespace, reference)
    finally:
        clean(stage.daemon, other)
