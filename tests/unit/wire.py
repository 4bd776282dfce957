"""Servers that answer with the bytes that they are given, for tests of what goes over the wire."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiocontainerd.pull.hosts import RegistryHost
from aiocontainerd.pull.registry import Registry
from aiocontainerd.reference import parse

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def server(
    answer: Callable[[str], bytes], host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that answers each request's head with bytes; yields its address and the heads."""
    heads: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                heads.append(head)
                writer.write(answer(head))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    listening = await asyncio.start_server(serve, host, port)
    async with listening:
        yield f"{host}:{listening.sockets[0].getsockname()[1]}", heads


def redirect(target: str) -> bytes:
    """An answer that sends the client there."""
    head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
    return head.encode()


def registry(address: str) -> Registry:
    """A registry at this address, over plain HTTP."""
    return Registry(parse(f"{address}/a/b:1"), [RegistryHost(f"http://{address}/v2")])
