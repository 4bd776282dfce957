"""Requests on the wire: addresses as they were given, and what redirects may carry."""

import asyncio
import base64
import json
from pathlib import Path

import pytest

from aiocontainerd.errors import RegistryError
from aiocontainerd.pull import bodies, patience
from aiocontainerd.pull.hosts import RegistryHost
from aiocontainerd.pull.http import Http
from aiocontainerd.pull.refusals import Interrupted, Unanswered
from aiocontainerd.reference import parse
from tests.unit.wire import OK, redirect, registry, server

REFERENCE = parse("reg.test/a/b:1")


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


@pytest.mark.parametrize(
    "target",
    [
        "ftp://x/",
        "file:///etc/passwd",
        "javascript:x",
        "http://[nowhere/",
        "http://x:port/",
        "http://:80/",
        "https://" + "x" * 3000 + ":port/",
    ],
)
async def test_odd_redirects(target: str) -> None:
    async with server(lambda _: redirect(target)) as (address, _):
        with pytest.raises(RegistryError, match="not safe") as caught:
            await get(address)
        assert len(str(caught.value)) < 500


def test_https_is_never_left() -> None:
    http = Http(REFERENCE)
    with pytest.raises(RegistryError, match="not safe"):
        http._check_redirect("https://reg.test/v2/", "http://127.0.0.1/")
    http._check_redirect("https://reg.test/v2/", "https://cdn.test/x")
    with pytest.raises(RegistryError, match="not safe"):
        http._check_redirect("http://reg.test/v2/", "http://127.0.0.1:8080/admin")
    http._check_redirect("http://127.0.0.1:5000/v2/", "http://127.0.0.1:8080/x")


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


UNAUTHORIZED = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {}\r\nContent-Length: 0\r\n\r\n"


async def test_another_port_of_the_same_host_cannot_ask_for_the_login(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another service may listen there: what it asks for is for nobody to answer."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    asks = UNAUTHORIZED.format('Basic realm="x"').encode()
    async with (
        server(lambda _: asks) as (other, there),
        server(lambda _: redirect(f"http://{other}/x")) as (address, _),
        registry(address) as pulled,
    ):
        login = {"auth": base64.b64encode(b"bob:c4n4ry").decode()}
        (tmp_path / "config.json").write_text(json.dumps({"auths": {address: login}}))
        with pytest.raises(RegistryError):
            await pulled.manifest("1")
    assert there
    assert not any("authorization" in head.lower() for head in there)


@pytest.mark.parametrize(
    "challenge",
    [
        "Bearer realm=" + "x" * 7000,
        'Bearer realm="http://[/",service="s"',
        "Bearer " * 1000,
        'Bearer realm="\\' + '"\\' * 3000,
        "Digest " + "a=b," * 1500,
        "x" * 20_000,
    ],
)
async def test_hostile_challenges_end_in_words(
    challenge: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.001)
    async with (
        server(lambda _: UNAUTHORIZED.format(challenge).encode()) as (address, _),
        registry(address) as pulled,
    ):
        with pytest.raises(RegistryError) as caught:
            await pulled.manifest("1")
    assert len(str(caught.value)) < 1000


async def test_a_login_page_instead_of_a_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    page = b"<!doctype html>hello"

    def answer(head: str) -> bytes:
        if head.startswith("GET /token"):
            return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(page) + page
        port = head.partition("127.0.0.1:")[2].partition("\r")[0]
        realm = f'Bearer realm="http://127.0.0.1:{port}/token"'
        return UNAUTHORIZED.format(realm).encode()

    async with server(answer) as (address, _), registry(address) as pulled:
        with pytest.raises(RegistryError, match="a web page instead of a token"):
            await pulled.manifest("1")


async def test_bytes_that_drip_are_a_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_WINDOW_SECONDS", 0.2)
    monkeypatch.setattr(bodies, "_WHOLE_SECONDS", 0.2)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        try:
            while not writer.is_closing():
                writer.write(b"x")
                await asyncio.sleep(0.02)
        finally:
            ended.release()
            writer.close()

    ended = asyncio.Semaphore(0)
    listening = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with listening:
        address = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        host = RegistryHost(f"http://{address}/v2")
        async with Http(REFERENCE) as http:
            url = f"http://{address}/"
            async with await http.request(host, "GET", url, headers={}) as response:
                with pytest.raises(Unanswered):
                    await bodies.read(response, 100_000, REFERENCE)
            async with await http.request(host, "GET", url, headers={}) as response:
                with pytest.raises(Unanswered):
                    async for _ in bodies.chunks(response, REFERENCE):
                        pass
        for _ in range(2):
            await ended.acquire()


async def test_forms_are_not_redirected() -> None:
    async with server(lambda _: redirect("http://127.0.0.1:1/")) as (address, heads):
        host = RegistryHost(f"http://{address}/v2")
        async with Http(REFERENCE) as http:
            form = {"refresh_token": "secret"}
            url = f"http://{address}/token"
            async with await http.request(host, "POST", url, headers={}, form=form) as response:
                assert response.status == 307
    assert len(heads) == 1
