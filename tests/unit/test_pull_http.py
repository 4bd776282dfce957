"""Requests on the wire: addresses as they were given, and what redirects may carry."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from aiocontainerd.errors import RegistryError
from aiocontainerd.pull.hosts import RegistryHost
from aiocontainerd.pull.http import Http
from aiocontainerd.pull.refusals import Interrupted
from aiocontainerd.reference import parse

REFERENCE = parse("reg.test/a/b:1")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def server(answer: Callable[[str], bytes]) -> AsyncIterator[tuple[str, list[str]]]:
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

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"127.0.0.1:{listening.sockets[0].getsockname()[1]}", heads


def redirect(target: str) -> bytes:
    head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
    return head.encode()


async def get(address: str, path: str = "/", **headers: str) -> bytes:
    host = RegistryHost(f"http://{address}/v2")
    async with Http(REFERENCE) as http:
        url = f"http://{address}{path}"
        async with await http.request(host, "GET", url, headers=headers) as response:
            return await response.content.read()


async def test_signed_addresses_stay_as_they_are() -> None:
    signed = "/v2/x%2Fy/blob?sig=a%2Fb%3D%2B&d=%5B1%5D+x~"

    def answer(head: str) -> bytes:
        return redirect(signed) if head.startswith("GET / ") else OK

    async with server(answer) as (address, heads):
        assert await get(address, authorization="Basic x", Range="bytes=1-") == b"ok"
    assert heads[1].startswith(f"GET {signed} HTTP/1.1\r\n")
    assert "Basic x" in heads[1]
    assert "bytes=1-" in heads[1]


async def test_other_hosts_get_the_bare_request() -> None:
    async with (
        server(lambda _: OK) as (other, there),
        server(lambda _: redirect(f"http://{other}/x")) as (address, here),
    ):
        sent = {"Authorization": "Basic x", "X-Ours": "y", "Range": "bytes=1-"}
        assert await get(address, **sent) == b"ok"
    assert "Basic x" in here[0]
    assert "X-Ours" in here[0]
    assert "Basic" not in there[0]
    assert "X-Ours" not in there[0]
    assert "bytes=1-" in there[0]


@pytest.mark.parametrize("target", ["ftp://x/", "file:///etc/passwd", "javascript:x"])
async def test_odd_redirects(target: str) -> None:
    async with server(lambda _: redirect(target)) as (address, _):
        with pytest.raises(RegistryError, match="not safe"):
            await get(address)


def test_https_is_never_left() -> None:
    http = Http(REFERENCE)
    with pytest.raises(RegistryError, match="not safe"):
        http._check_redirect("https://reg.test/v2/", "http://127.0.0.1/")
    http._check_redirect("https://reg.test/v2/", "https://cdn.test/x")


async def test_redirects_without_end() -> None:
    async with server(lambda _: redirect("/again")) as (address, heads):
        with pytest.raises(RegistryError, match="without end"):
            await get(address)
    assert len(heads) == 6


@pytest.mark.parametrize("said", [b"nonsense\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x46"])
async def test_what_does_not_speak_http(said: bytes) -> None:
    async with server(lambda _: said) as (address, _):
        with pytest.raises(Interrupted, match="broke off"):
            await get(address)


async def test_forms_are_not_redirected() -> None:
    async with server(lambda _: redirect("http://127.0.0.1:1/")) as (address, heads):
        host = RegistryHost(f"http://{address}/v2")
        async with Http(REFERENCE) as http:
            form = {"refresh_token": "secret"}
            url = f"http://{address}/token"
            async with await http.request(host, "POST", url, headers={}, form=form) as response:
                assert response.status == 307
    assert len(heads) == 1
