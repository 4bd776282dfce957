"""Nobody out there leads us to what only we can reach: neither by an address nor by a name."""

import socket
from typing import ClassVar

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from aiocontainerd.errors import RegistryError
from aiocontainerd.pull import reach
from aiocontainerd.pull.challenge import Challenge
from aiocontainerd.pull.hosts import RegistryHost
from aiocontainerd.pull.http import Http
from aiocontainerd.pull.reach import Bounds, LedInwardError, Reach, literal, reach_of
from aiocontainerd.pull.tokens import _bearer
from aiocontainerd.reference import parse
from tests.unit.wire import OK, redirect, server

WORLD, NETWORK, LINK, MACHINE = Reach
REFERENCE = parse("reg.test/a/b:1")
# All of these are this machine, where the servers of the tests listen.
PRETENDED = {
    "127.0.0.2": WORLD,
    "127.0.0.3": NETWORK,
    "127.0.0.4": LINK,
    "127.0.0.1": MACHINE,
}


class Names(AbstractResolver):
    """A DNS that gives each name its answers in turn, the last one for ever."""

    answers: ClassVar[dict[str, list[list[str]]]] = {}
    asked: ClassVar[list[str]] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        turns = self.answers[host]
        found = turns.pop(0) if len(turns) > 1 else turns[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        pass


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> type[Names]:
    """The DNS, and a world in which some addresses of this machine are elsewhere."""
    monkeypatch.setattr(aiohttp, "DefaultResolver", Names)
    monkeypatch.setattr(
        reach, "reach_of", lambda each: PRETENDED[each] if each in PRETENDED else reach_of(each)
    )
    monkeypatch.setattr(Names, "answers", {})
    monkeypatch.setattr(Names, "asked", [])
    return Names


@pytest.mark.parametrize(
    ("address", "is_in"),
    [
        *((each, WORLD) for each in ("1.1.1.1", "2606:4700::1", "64:ff9b::101:101")),
        *((each, NETWORK) for each in ("10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1")),
        *((each, NETWORK) for each in ("fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1")),
        *((each, LINK) for each in ("169.254.169.254", "fe80::1", "fe80::1%eth0")),
        *((each, LINK) for each in ("::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe")),
        *((each, MACHINE) for each in ("127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::")),
        *((each, MACHINE) for each in ("::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1")),
    ],
)
def test_how_far_inside_an_address_is(address: str, is_in: Reach) -> None:
    assert reach_of(address) is is_in
    assert literal(address) is is_in


@pytest.mark.parametrize(
    ("host", "is_in"),
    [
        *((each, MACHINE) for each in ("localhost", "a.localhost.", "ip6-localhost", "127.1")),
        *((each, MACHINE) for each in ("2130706433", "0x7f.1", "0177.0.0.1")),
        ("10.1", NETWORK),
        *((each, None) for each in ("reg.test", "", "localhost.evil.test", "999.1.1.1")),
    ],
)
def test_what_is_not_looked_up(host: str, is_in: Reach | None) -> None:
    assert literal(host) is is_in


@pytest.mark.parametrize(
    ("own", "to", "fine"),
    [
        *(([each], WORLD, True) for each in Reach),
        *(([WORLD], each, False) for each in (NETWORK, LINK, MACHINE)),
        ([NETWORK], NETWORK, True),
        ([NETWORK], LINK, False),
        ([NETWORK], MACHINE, False),
        ([MACHINE], MACHINE, True),
        ([MACHINE], NETWORK, True),
        ([MACHINE], LINK, False),
        ([WORLD, MACHINE], MACHINE, False),  # a name that is both is no machine of ours
        ([WORLD, NETWORK], NETWORK, False),
        ([], MACHINE, False),  # behind a proxy nobody knows
    ],
)
def test_no_further_in_than_the_registry_is(
    names: type[Names], own: list[Reach], to: Reach, fine: bool
) -> None:
    at = {reach: address for address, reach in PRETENDED.items()}
    bounds = Bounds("reg.test")
    for each in own:
        assert bounds.passed("REG.test.", [at[each]]) == [at[each]]
    if fine:
        assert bounds.passed("cdn.test", [at[to]]) == [at[to]]
        bounds.check(f"{at[to]}:443")
        return
    with pytest.raises(LedInwardError):
        bounds.passed("cdn.test", [at[to]])
    if to is not WORLD:
        assert bounds.passed("cdn.test", [at[to], at[WORLD]]) == [at[WORLD]]
    with pytest.raises(LedInwardError):
        bounds.check(f"{at[to]}:443")


def test_a_registry_may_lead_to_itself() -> None:
    Bounds("169.254.1.1").check("169.254.1.1:8080")
    Bounds("::1").check("[::1]:5000")


@pytest.mark.parametrize("inside", ["127.0.0.1", "127.0.0.3", "127.0.0.4"])
@pytest.mark.parametrize("by", ["a name", "an address"])
async def test_a_redirect_inward_is_not_followed(names: type[Names], inside: str, by: str) -> None:
    async with server(lambda _: OK, inside) as (there, heads):
        port = there.rpartition(":")[2]
        target = f"inner.test:{port}" if by == "a name" else there
        async with server(lambda _: redirect(f"http://{target}/x"), "127.0.0.2") as (here, _):
            names.answers = {"reg.test": [["127.0.0.2"]], "inner.test": [[inside]]}
            with pytest.raises(RegistryError, match="not safe to follow") as caught:
                await get("reg.test", here)
        assert inside in str(caught.value)
        assert not heads
        if by == "an address":
            return
        names.answers["reg.test"] = [[inside]]  # it is as far inside itself
        async with server(lambda _: redirect(f"http://{target}/x"), inside) as (here, _):
            assert await get("reg.test", here) == b"ok"


async def test_a_token_server_that_is_inside_is_not_asked(names: type[Names]) -> None:
    names.answers = {"tokens.test": [["127.0.0.1"]]}
    async with server(lambda _: OK, "127.0.0.1") as (there, heads), Http(REFERENCE) as http:
        realm = f"http://tokens.test:{there.rpartition(':')[2]}/token"
        host = RegistryHost("https://reg.test/v2")
        with pytest.raises(RegistryError, match=r"tokens\.test:\d+ \(127\.0\.0\.1\).*not safe"):
            await _bearer(http, host, REFERENCE, Challenge("bearer", {"realm": realm}), None)
    assert not heads


async def test_what_was_looked_at_is_what_is_connected_to(names: type[Names]) -> None:
    """A name that changes its mind (DNS rebinding) gains nothing: it is asked just once."""
    async with server(lambda _: OK, "127.0.0.2") as (outer, outside):
        port = int(outer.rpartition(":")[2])
        target = redirect(f"http://cdn.test:{port}/x")
        async with (
            server(lambda _: OK, "127.0.0.1", port) as (_, inside),
            server(lambda _: target, "127.0.0.2") as (here, _),
        ):
            names.answers["reg.test"] = [["127.0.0.2"]]
            names.answers["cdn.test"] = [["127.0.0.2"], ["127.0.0.1"]]
            assert await get("reg.test", here) == b"ok"
            assert (len(outside), names.asked.count("cdn.test")) == (1, 1)
            with pytest.raises(RegistryError, match="not safe"):
                await get("reg.test", here)
    assert not inside


async def test_behind_a_proxy_what_it_does_not_carry_must_be_out_in_the_world(
    names: type[Names], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy itself may be anywhere: it is the user's; names that it carries are its own."""
    async with (
        server(lambda _: OK, "127.0.0.3") as (there, inside),
        server(
            lambda _: redirect(f"http://inner.test:{there.rpartition(':')[2]}/"), "127.0.0.3"
        ) as (proxy, asked),
    ):
        monkeypatch.setenv("http_proxy", f"http://{proxy}")
        monkeypatch.setenv("no_proxy", "inner.test")
        names.answers = {"inner.test": [["127.0.0.3"]]}
        with pytest.raises(RegistryError, match=r"inner\.test:\d+ \(127\.0\.0\.3\).*not safe"):
            await get("reg.test", there)
        assert asked[0].startswith("GET http://reg.test:")
        assert not inside
        assert names.asked == ["inner.test"]


async def get(name: str, address: str) -> bytes:
    """Ask the server at `address` for something, which the user calls `name`."""
    base = f"http://{name}:{address.rpartition(':')[2]}"
    async with Http(REFERENCE) as http:
        host = RegistryHost(f"{base}/v2")
        async with await http.request(host, "GET", f"{base}/", headers={}) as response:
            return await response.content.read()
