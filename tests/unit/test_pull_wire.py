"""Answers that are cut off, never end, or come too slowly: each ends in words and in its time."""

import asyncio
import gzip
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from aiocontainerd.errors import RegistryError
from aiocontainerd.manifests import MANIFEST_LIMIT
from aiocontainerd.pull import bodies, http, patience
from aiocontainerd.pull.refusals import Interrupted
from aiocontainerd.pull.registry import Registry
from tests.unit.wire import registry, server

MANIFEST = json.dumps({"schemaVersion": 2, "layers": []}).encode()
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\n"
CHUNKED = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode()
ENDED = r"broke off|did not answer in time"
Write = Callable[[asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less time for everything than people have."""
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.001)
    monkeypatch.setattr(http, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(bodies, "_WHOLE_SECONDS", 0.3)
    monkeypatch.setattr(bodies, "_WINDOW_SECONDS", 0.2)


@asynccontextmanager
async def talking(write: Write) -> AsyncIterator[str]:
    """A server that answers each request by `write`, until the client has gone; its address."""
    tasks: list[asyncio.Task[None] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                await write(writer)
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    await asyncio.gather(*filter(None, tasks))


def says(data: bytes, *, hang_up: bool = False) -> Write:
    """Writes these bytes once."""

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        if hang_up:
            writer.close()

    return write


def drips(start: bytes, data: bytes, pause: float = 0.0) -> Write:
    """Writes `start`, then `data` again and again."""

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while not writer.is_closing():
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(pause)

    return write


BROKEN = {
    "half a status line": says(b"HTTP/1.1 2", hang_up=True),
    "half a head": says(HEAD.encode(), hang_up=True),
    "less than the length": says(f"{HEAD}Content-Length: 99\r\n\r\nabc".encode(), hang_up=True),
    "half a chunk": says(CHUNKED + b"ff\r\nabc", hang_up=True),
    "no last chunk": says(CHUNKED + b"3\r\nabc\r\n", hang_up=True),
    "a chunk's size that is none": says(CHUNKED + b"xyz\r\nabc\r\n"),
    "a length below zero": says(f"{HEAD}Content-Length: -1\r\n\r\n".encode()),
    "two lengths": says(f"{HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab".encode()),
    "a head line by line": drips(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", 0.01),
    "a head byte by byte": drips(b"", b"H", 0.01),
    "a head that is endless": drips(b"HTTP/1.1 200 OK\r\n", b"A: " + b"b" * 4000 + b"\r\n"),
    "a line that is endless": drips(b"HTTP/1.1 200 OK\r\nA: ", b"b" * 60_000),
    "a body byte by byte": drips(f"{HEAD}Content-Length: 1000\r\n\r\n".encode(), b"x", 0.01),
    "chunks byte by byte": drips(CHUNKED, b"1\r\nx\r\n", 0.01),
    "a size that is endless": drips(CHUNKED, b"0" * 60_000),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_manifest_that_is_broken_off_or_never_comes(how: str) -> None:
    async with talking(BROKEN[how]) as address, registry(address) as pulled:
        with pytest.raises(Interrupted, match=ENDED) as caught:
            await asyncio.wait_for(pulled.manifest("1"), 20)
    assert caught.value.remedy
    assert len(str(caught.value)) < 500


async def whole(pulled: Registry) -> bytes:
    """All of a blob."""
    async with pulled.blob(DIGEST, 0) as (_, chunks):
        return b"".join([chunk async for chunk in chunks])


@pytest.mark.parametrize("how", BROKEN)
async def test_a_blob_that_is_broken_off_or_never_comes(how: str) -> None:
    async with talking(BROKEN[how]) as address, registry(address) as pulled:
        with pytest.raises(Interrupted, match=ENDED):
            await asyncio.wait_for(whole(pulled), 20)


async def test_a_manifest_in_chunks_without_end_is_given_up_at_its_limit() -> None:
    sent = 0

    async def write(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(CHUNKED)
        while not writer.is_closing():
            writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
            await writer.drain()
            sent += 0x10000

    async with talking(write) as address, registry(address) as pulled:
        with pytest.raises(RegistryError, match=r"larger than \d+ MiB"):
            await pulled.manifest("1")
    assert sent < 4 * MANIFEST_LIMIT


@pytest.mark.parametrize("name", ["1", DIGEST])
async def test_a_manifest_in_gzip_although_nobody_asked_for_that(name: str) -> None:
    """Its digest would be that of other bytes; nothing is unpacked that is not checked."""
    packed = gzip.compress(MANIFEST)
    head = f"{HEAD}Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    async with server(lambda _: head + packed) as (address, heads), registry(address) as pulled:
        with pytest.raises(RegistryError, match=rf"sent the manifest {name} packed \(gzip\)"):
            await pulled.manifest(name)
    assert "Accept-Encoding: identity" in heads[0]
