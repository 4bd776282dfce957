"""A pull is cancelled in the midst of each of its calls: all is back where it was."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.operations import delete_image
from aiocontainerd.pull import PullJob, Pulls

from . import images, layers
from .daemons import Daemon
from .fakeregistry import FakeRegistry
from .pulling import complete, empty, nothing_under_way

ENOUGH = 80


@pytest.mark.containerd("1.6", "2")
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_in_each_call(
    containerd: Daemon,
    namespace: str,
    client: Client,
    fake_registry: FakeRegistry,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    """Before the daemon has answered, and just after it has; by us on 1.6, by Transfer on 2.x."""
    reference = fake_registry.add("a/b", "1", images.image(layers.filler(2, 1000)))
    unary, left = client.channel.unary, 0
    jobs: list[PullJob] = []
    cancelling: list[asyncio.Task[None]] = []
    stages: list[str] = []

    async def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        cancels = left == 0
        if cancels and moment == "before":
            cancelling.append(asyncio.create_task(jobs[-1].cancel()))
        answer = await unary(*args, **kwargs)
        if cancels and moment == "after":
            cancelling.append(asyncio.create_task(jobs[-1].cancel()))
            await asyncio.sleep(0)
        return answer

    for calls in range(1, ENOUGH):
        left = calls
        monkeypatch.setattr(client.channel, "unary", counted)
        jobs.append(Pulls(client, config_dirs=()).start(reference, namespace=namespace))
        with suppress(FailedPrecondition):
            await jobs[-1].wait()
        await asyncio.gather(*cancelling)
        monkeypatch.undo()
        stages.append(jobs[-1].progress.stage)
        if stages[-1] == "done":  # its last step was under way: all is there
            await complete(client, containerd, namespace, reference)
            await nothing_under_way(client, namespace)
            (image,) = await client.images.list(namespace=namespace)
            await delete_image(client, image)
        await empty(client, containerd, namespace)
        if left > 0:
            break
    assert 5 < stages.count("cancelled") < len(stages) < ENOUGH
    assert stages == sorted(stages), "once it is too late it stays so"
