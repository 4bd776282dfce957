"""A pull of five layers, 100 MB to download, beside `ctr images pull`."""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

from aiocontainerd.pull import Pulls
from tests.live import images
from tests.live.layers import Entry, Layer, layer
from tests.live.registry import Registry

from .figures import Measure
from .ground import Ground
from .pace import Pace

LAYERS = 5
RANDOM = 13_000_000  # bytes of each layer that gzip cannot make smaller
TEXT = 17_000_000  # bytes of each layer that it makes 7,000,000 of


async def measure(ground: Ground, pace: Pace) -> list[Measure]:
    """`Pulls.start` in a connected process, and `ctr images pull --plain-http`.

    Ours is done by whoever does it by default: the daemon's Transfer service on 2.x, us on 1.6.
    Before each pull the image goes, with every blob and snapshot, and the disk settles.
    """
    with ExitStack() as stack:
        registry = await asyncio.to_thread(stack.enter_context, Registry())
        reference = await asyncio.to_thread(registry.push, "bench/big", "1", _big_image())
        pulls = Pulls(ground.client)
        by = ""

        async def ours() -> None:
            nonlocal by
            job = pulls.start(reference, namespace=ground.namespace, plain_http=True)
            await job.wait()
            by = job.progress.by

        async def ctr() -> None:
            await ground.ctr("images", "pull", "--plain-http", reference)

        before = await _blobs(ground)

        async def seconds(pull: Callable[[], Awaitable[None]]) -> float:
            begun = time.perf_counter()
            await pull()
            took = time.perf_counter() - begun
            await _forget(ground, reference, before)
            return took

        ours_times, ctr_times = await pace.rounds(lambda: seconds(ours), lambda: seconds(ctr))
    name = f"pull of {LAYERS} layers, 100 MB, by {by}"
    return [Measure(name, ours_times, ctr_times, "ctr pull", goal=1.0)]


async def _forget(ground: Ground, reference: str, before: set[str]) -> None:
    """Take away all that a pull brought, and let the disk settle."""
    state = await ground.ctr("images", "check", f"name=={reference}")
    if " complete " not in state or not state.rstrip().endswith("true"):  # unpacked
        raise AssertionError(f"the pull is not whole: {state}")
    await ground.ctr("images", "rm", "--sync", reference)
    if left := await _blobs(ground) - before:
        raise AssertionError(f"the pull left blobs behind: {left}")
    await asyncio.to_thread(os.sync)


async def _blobs(ground: Ground) -> set[str]:
    return set((await ground.ctr("content", "ls", "-q")).split())


def _big_image() -> images.Image:
    """The same five layers each time, half random and half text."""
    return images.image([_layer(number) for number in range(LAYERS)])


def _layer(number: int) -> Layer:
    source = random.Random(f"bench {number}")
    words = [source.randbytes(3).hex() for _ in range(4096)]
    text = " ".join(source.choices(words, k=TEXT // 7)).encode()
    return layer(
        [
            Entry(f"srv/{number}/random", source.randbytes(RANDOM), mode=0o644),
            Entry(f"srv/{number}/text", text, mode=0o644),
        ]
    )
