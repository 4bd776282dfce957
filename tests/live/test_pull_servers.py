"""Which servers a pull asks, and in which way: hosts.toml, mirrors, TLS, plain HTTP."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import RegistryError
from aiocontainerd.pull import Pulls

from . import images
from .certs import NAMES, Authority, expired, new_authority
from .daemons import Daemon
from .fakeregistry import FakeRegistry
from .pulling import complete, empty
from .registry import Registry


@pytest.fixture(autouse=True)
def docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without logins; nothing of the machine's own."""
    folder = tmp_path / "docker"
    folder.mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder / "config.json"


async def test_tls_with_a_known_authority(
    containerd: Daemon,
    namespace: str,
    client: Client,
    pulls: Pulls,
    tls_registry: Registry,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    reference = tls_registry.push("sample/tls", namespace, images.busybox())
    await pulls.start(reference, namespace=namespace).wait()
    await complete(client, containerd, namespace, reference)


@pytest.mark.containerd("1.6", "1.7")
async def test_tls_with_an_unknown_authority(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, tls_registry: Registry
) -> None:
    reference = tls_registry.push("sample/tls", namespace, images.busybox())
    with pytest.raises(RegistryError, match=r"certificate of 127.* is not trusted"):
        await pulls.start(reference, namespace=namespace).wait()
    await empty(client, containerd, namespace)


BAD_CERTIFICATES = {
    "out of date": r"certificate of 127\S+ is out of date: .*expired.*clock",
    "for another name": r"certificate of 127\S+ is for another name: .*skip_verify",
    "of nobody known": r"certificate of 127\S+ is not trusted: self.signed.*certs\.d",
}


@pytest.mark.parametrize("wrong", BAD_CERTIFICATES)
async def test_certificates_that_are_not_right(
    containerd: Daemon,
    namespace: str,
    client: Client,
    certs: Path,
    authority: Authority,
    tmp_path: Path,
    wrong: str,
) -> None:
    if wrong == "out of date":
        shown = await asyncio.to_thread(expired, authority, tmp_path)
    else:
        names = "subjectAltName=DNS:other.test" if "name" in wrong else NAMES
        shown = await asyncio.to_thread(new_authority, tmp_path, names)
    ca = "" if "nobody" in wrong else f'ca = "{shown.certificate}"\n'
    with FakeRegistry(tls=shown.server()) as fake:
        reference = fake.add("a/b", "1", images.busybox())
        # With a server that is named even 2.x wants to see a good certificate from this machine.
        hosts_toml(certs, fake.address.replace(":", "_") + "_", f'server = "{fake.url}"\n{ca}')
        with pytest.raises(RegistryError, match=BAD_CERTIFICATES[wrong]) as caught:
            await Pulls(client, config_dirs=[certs]).start(reference, namespace=namespace).wait()
        assert caught.value.remedy
        assert not fake.requests
    await empty(client, containerd, namespace)


@pytest.fixture
def certs(tmp_path: Path) -> Path:
    folder = tmp_path / "certs.d"
    folder.mkdir()
    return folder


def hosts_toml(certs: Path, host: str, text: str) -> None:
    folder = certs / host
    folder.mkdir()
    (folder / "hosts.toml").write_text(text)


async def test_a_mirror_in_hosts_toml(
    containerd: Daemon, namespace: str, client: Client, certs: Path, registry: Registry
) -> None:
    registry.push("sample/mirrored", namespace, images.busybox())
    hosts_toml(certs, "far.test", f'server = "https://far.test"\n[host."{registry.url}"]\n')
    pulls = Pulls(client, config_dirs=[certs])
    reference = f"far.test/sample/mirrored:{namespace}"
    job = pulls.start(reference, namespace=namespace)
    await job.wait()
    assert job.progress.by == ("transfer" if containerd.name == "2" else "ctdeck")
    await complete(client, containerd, namespace, reference)


@pytest.mark.containerd("1.6", "1.7")
async def test_mirrors_are_tried_in_order(
    containerd: Daemon, namespace: str, client: Client, certs: Path
) -> None:
    made = images.busybox()
    with FakeRegistry() as first, FakeRegistry() as second, FakeRegistry() as server:
        second.add("a/b", "1", made)
        text = f'server = "{server.url}"\n[host."http://127.0.0.1:1"]\n'
        text += f'[host."{first.url}"]\ncapabilities = ["pull", "resolve"]\n'
        text += f'[host."{second.url}"]\nheader = {{X-Ours = "yes"}}\n'
        hosts_toml(certs, "_default", text)
        pulls = Pulls(client, config_dirs=[certs / "missing", certs])
        await pulls.start("far.test:5000/a/b:1", namespace=namespace).wait()
        await complete(client, containerd, namespace, "far.test:5000/a/b:1")
        assert first.seen("/manifests/")
        assert {r.query["ns"] for r in second.requests} == {"far.test:5000"}
        assert {r.headers["X-Ours"] for r in second.requests} == {"yes"}
        assert not server.requests
        with pytest.raises(RegistryError, match=r"no such image.*and before it"):
            await pulls.start("far.test:5000/a/b:2", namespace=namespace).wait()


async def test_certificates_for_one_registry(
    containerd: Daemon,
    namespace: str,
    client: Client,
    certs: Path,
    tls_registry: Registry,
    authority: Authority,
) -> None:
    reference = tls_registry.push("sample/ca", namespace, images.busybox())
    host, _, port = tls_registry.address.rpartition(":")
    text = f'server = "{tls_registry.url}"\nca = "{authority.certificate}"\n'
    hosts_toml(certs, f"{host}_{port}_", text)
    await Pulls(client, config_dirs=[certs]).start(reference, namespace=namespace).wait()
    await complete(client, containerd, namespace, reference)


@pytest.fixture
def far_http(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A registry without TLS on an address that is not the loopback one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            address = probe.getsockname()[0]
        except OSError:
            pytest.skip("this machine has no address but the loopback one")
    fake = FakeRegistry()
    fake.host = address
    with fake:
        fake.add("a/b", "1", images.busybox())
        yield fake.address


async def test_plain_http_only_where_it_is_allowed(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, far_http: str
) -> None:
    reference = f"{far_http}/a/b:1"
    with pytest.raises(RegistryError, match=r"does not speak TLS.*plain HTTP"):
        await pulls.start(reference, namespace=namespace).wait()
    await empty(client, containerd, namespace)
    job = pulls.start(reference, namespace=namespace, plain_http=True)
    await job.wait()
    assert job.progress.by == ("transfer" if containerd.name == "2" else "ctdeck")
    await complete(client, containerd, namespace, reference)
