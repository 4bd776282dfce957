"""A daemon that sends every call away: each fails soon, and is not made again and again."""

import asyncio
import resource
import struct
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import Unavailable

HEADERS, RST_STREAM, SETTINGS, GOAWAY = 1, 3, 4, 7
PREFACE = 24
REFUSED_STREAM = 7
CALLS = 20


def frame(kind: int, stream: int = 0, body: bytes = b"") -> bytes:
    """HTTP/2, RFC 9113, section 4.1."""
    return struct.pack(">I", len(body))[1:] + struct.pack(">BBI", kind, 0, stream) + body


class Refusing:
    """A server of HTTP/2 that refuses each stream, and counts them."""

    def __init__(self, way: str) -> None:
        self.way = way
        self.seen: Counter[str] = Counter()
        self.tasks: list[asyncio.Task[None] | None] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen["connections"] += 1
        self.tasks.append(asyncio.current_task())
        try:
            await reader.readexactly(PREFACE)
            writer.write(frame(SETTINGS))
            while True:
                head = await reader.readexactly(9)
                await reader.readexactly(int.from_bytes(head[:3]))
                if head[3] == HEADERS:
                    self.seen["calls"] += 1
                    stream = int.from_bytes(head[5:])
                    if self.way == "REFUSED_STREAM":
                        writer.write(frame(RST_STREAM, stream, struct.pack(">I", REFUSED_STREAM)))
                        continue
                    writer.write(frame(GOAWAY, 0, struct.pack(">II", 0, 0)))
                    await writer.drain()
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize("way", ["GOAWAY", "REFUSED_STREAM"])
async def test_a_call_that_is_sent_away_is_not_made_again_without_end(
    tmp_path: Path, way: str
) -> None:
    refusing = Refusing(way)
    listening = await asyncio.start_unix_server(refusing.serve, tmp_path / "s")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with listening, Client(str(tmp_path / "s")) as client:
        for _ in range(CALLS):
            with pytest.raises(Unavailable):
                await client.version.get(timeout=2)
        await client.close()
        await asyncio.gather(*filter(None, refusing.tasks))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    # One may find the line just gone, and never leaves.
    assert CALLS // 2 <= refusing.seen["calls"] <= CALLS, "none is made twice"
    assert refusing.seen["connections"] <= CALLS
    assert grown < 16 << 10, "KiB"
