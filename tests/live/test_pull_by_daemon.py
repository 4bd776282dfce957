"""The daemon's own pull (Transfer) without our second try: faults leave nothing, and are named."""

import asyncio
from collections.abc import Iterator

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, RegistryError
from aiocontainerd.pull import Pulls, by_daemon

from . import images, layers
from .certs import Authority
from .daemons import Daemon
from .fakeregistry import FakeRegistry
from .faults import Action, Corrupt, Hold, Reply
from .pulling import complete, empty, nothing_under_way

pytestmark = pytest.mark.containerd("1.7", "2")
BIG = images.busybox(*layers.filler(1, 2 * layers.MIB))
LAYER = BIG.blobs[-1].digest
ELSEWHERE = images.index([images.busybox(platform={"os": "plan9", "architecture": "mips"})])
SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"


@pytest.fixture
def served(containerd: Daemon, authority: Authority) -> Iterator[FakeRegistry]:
    """A registry that this daemon can ask: 1.7 only ever speaks HTTPS."""
    with FakeRegistry(tls=authority.server() if containerd.name == "1.7" else None) as fake:
        fake.add("a/b", "1", BIG)
        fake.add("a/b", "other", ELSEWHERE)
        yield fake


@pytest.fixture
def pulls(client: Client) -> Pulls:
    return Pulls(client, config_dirs=(), daemon_only=True)


FAULTS: dict[str, tuple[str, Action, str]] = {
    "401": ("/manifests/", Reply(401, "UNAUTHORIZED", "who?"), "401|authorization|denied"),
    "403": ("/manifests/", Reply(403, "DENIED", "not you"), "(?i)403|denied|forbidden"),
    "404": ("/manifests/", Reply(404, "MANIFEST_UNKNOWN", "no"), "not found"),
    "429": ("/manifests/", Reply(429, "TOOMANYREQUESTS", "slow"), "429|Too Many"),
    "500": ("/manifests/", Reply(500, "UNKNOWN", "ouch"), "500"),
    "another manifest": ("/manifests/", Corrupt(), "digest|unexpected"),
    "another config": (BIG.blobs[0].digest, Corrupt(), "digest|unexpected"),
    "another layer": (LAYER, Corrupt(), "digest|unexpected"),
    "schema 1": (
        "/manifests/",
        Reply(200, headers={"Content-Type": SCHEMA_1}, body=b'{"schemaVersion": 1}'),
        "schema|no signatures|not implemented",
    ),
    "a web page": (
        "/manifests/",
        Reply(200, headers={"Content-Type": "text/html"}, body=b"<"),
        "html|media|unsupported",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_nothing_is_left_of(
    containerd: Daemon,
    namespace: str,
    client: Client,
    pulls: Pulls,
    served: FakeRegistry,
    fault: str,
) -> None:
    where, action, said = FAULTS[fault]
    served.on(where, action)
    with pytest.raises(ContainerdError, match=said):
        await pulls.start(f"{served.address}/a/b:1", namespace=namespace).wait()
    await empty(client, containerd, namespace)


async def test_another_platform_is_refused(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, served: FakeRegistry
) -> None:
    with pytest.raises(ContainerdError):
        await pulls.start(f"{served.address}/a/b:other", namespace=namespace).wait()
    await empty(client, containerd, namespace)


async def test_cancelled_and_pulled_again(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, served: FakeRegistry
) -> None:
    hold = Hold(after=1000)
    served.on(LAYER, hold, method="GET")
    reference = f"{served.address}/a/b:1"
    job = pulls.start(reference, namespace=namespace)
    assert await asyncio.to_thread(hold.reached.wait, 10)
    await job.cancel()
    await empty(client, containerd, namespace)
    served.clear()
    await pulls.start(reference, namespace=namespace).wait()
    await complete(client, containerd, namespace, reference)
    await nothing_under_way(client, namespace)


async def test_a_silent_registry_is_given_up(
    containerd: Daemon,
    namespace: str,
    client: Client,
    pulls: Pulls,
    served: FakeRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(by_daemon, "_SILENCE_SECONDS", 0.3)
    monkeypatch.setattr(by_daemon, "_LOOK_SECONDS", 0.1)
    served.on(LAYER, Hold(after=1000), method="GET")
    with pytest.raises(RegistryError, match="heard nothing from the registry"):
        await pulls.start(f"{served.address}/a/b:1", namespace=namespace).wait()
    await empty(client, containerd, namespace)
