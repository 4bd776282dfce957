"""Writing a blob while the connection is closed under it."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import Unavailable
from aiocontainerd.simulator import Simulator, World

# Turns of the event loop between the first write and the closing.
MOMENTS = range(1, 12)


@pytest.fixture
def address() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:  # short: it has little room
        yield str(Path(folder, "c.sock"))


async def write_on(client: Client) -> None:
    async with client.content.writer("a-ref", namespace="n") as writer:
        offset = 0
        while True:
            offset = await writer.write(b"x" * 1000, offset)


@pytest.mark.parametrize("turns", MOMENTS)
async def test_a_write_ends_when_the_client_is_closed(address: str, turns: int) -> None:
    async with Simulator(address, World()):
        async with Client(address) as client:
            await client.version.get()
            writing = asyncio.create_task(write_on(client))
            for _ in range(turns):
                await asyncio.sleep(0)
        async with asyncio.timeout(5):
            with pytest.raises(Unavailable, match="connection was closed"):
                await writing


async def test_a_write_can_be_cancelled(address: str) -> None:
    async with Simulator(address, World()), Client(address) as client:
        writing = asyncio.create_task(write_on(client))
        for _ in MOMENTS:
            await asyncio.sleep(0)
        writing.cancel()
        async with asyncio.timeout(5):
            with pytest.raises(asyncio.CancelledError):
                await writing
