"""Where pulls go and what they show there: logins, hosts.toml, TLS, redirects, plain HTTP."""

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import RegistryError
from aiocontainerd.pull import Pulls

from . import images, layers
from .certs import NAMES, Authority, expired, new_authority
from .daemons import Daemon
from .fakeregistry import FakeRegistry
from .faults import Hold, Redirect
from .pulling import complete, empty
from .registry import Registry
from .tokens import TokenServer

USERS = {"alice": "wonder:land"}


@pytest.fixture(autouse=True)
def docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without logins; nothing of the machine's own."""
    folder = tmp_path / "docker"
    folder.mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder / "config.json"


def log_in(docker_config: Path, server: str, user: str = "alice", password: str = "") -> None:
    packed = base64.b64encode(f"{user}:{password or USERS['alice']}".encode()).decode()
    docker_config.write_text(json.dumps({"auths": {server: {"auth": packed}}}))


@pytest.mark.parametrize("way", ["password", "token"])
async def test_a_real_registry_with_login(
    containerd: Daemon,
    namespace: str,
    client: Client,
    pulls: Pulls,
    authority: Authority,
    docker_config: Path,
    way: str,
) -> None:
    with TokenServer(authority, USERS) as tokens:
        options = {"users": USERS} if way == "password" else {"tokens": tokens}
        with Registry(**options) as registry:  # type: ignore[arg-type]
            reference = registry.push("private/box", "1", images.busybox())
            with pytest.raises(RegistryError, match="log in with `docker login") as refused:
                await pulls.start(reference, namespace=namespace).wait()
            assert refused.value.status == 401
            log_in(docker_config, registry.address, password="hunter2")
            with pytest.raises(RegistryError, match="does not accept the login") as refused:
                await pulls.start(reference, namespace=namespace).wait()
            assert "hunter2" not in repr(refused.value) + str(refused.value)
            await empty(client, containerd, namespace)
            log_in(docker_config, registry.address)
            job = pulls.start(reference, namespace=namespace)
            await job.wait()
            assert job.progress.by == ("transfer" if containerd.name == "2" else "ctdeck")
            await complete(client, containerd, namespace, reference)


@pytest.mark.containerd("1.6")
async def test_a_credential_helper(
    namespace: str,
    pulls: Pulls,
    docker_config: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = tmp_path / "said"
    helper = tmp_path / "docker-credential-ours"
    answer = json.dumps({"ServerURL": "x", "Username": "alice", "Secret": USERS["alice"]})
    helper.write_text(f"#!/bin/sh\n(echo \"$@\"; cat) > {said}\necho '{answer}'\n")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with FakeRegistry(auth="bearer", users=USERS) as fake:
        reference = fake.add("a/b", "1", images.busybox())
        docker_config.write_text(json.dumps({"credHelpers": {fake.address: "ours"}}))
        await pulls.start(reference, namespace=namespace).wait()
        assert await asyncio.to_thread(said.read_text) == f"get\n{fake.address}"
        assert len(fake.seen("/token")) == 1  # one token for all blobs


@pytest.mark.containerd("1.6")
async def test_an_anonymous_token(namespace: str, pulls: Pulls) -> None:
    with FakeRegistry(auth="bearer", users=USERS, anonymous=True) as fake:
        reference = fake.add("a/b", "1", images.busybox(*layers.filler(4, 1000)))
        await pulls.start(reference, namespace=namespace).wait()
        asked = fake.seen("/token")
        assert len(asked) == 1
        assert asked[0].query == {"service": "fake", "scope": "repository:a/b:pull"}
        assert asked[0].authorization == ""


@pytest.mark.containerd("1.6")
async def test_a_token_that_ends_is_renewed(namespace: str, pulls: Pulls) -> None:
    with FakeRegistry(auth="bearer", anonymous=True) as fake:
        made = images.busybox(*layers.filler(2, 1000))
        reference = fake.add("a/b", "1", made)
        hold = Hold()
        fake.on(made.blobs[0].digest, hold)
        job = pulls.start(reference, namespace=namespace)
        assert await asyncio.to_thread(hold.reached.wait, 10)
        fake.tokens.clear()
        hold.release()
        await job.wait()
        assert len(fake.seen("/token")) == 2


@pytest.mark.containerd("1.6")
async def test_logins_go_to_safe_token_servers_only(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, docker_config: Path
) -> None:
    for realm in ("http://tokens.test/token", "ftp://127.0.0.1/", "nonsense"):
        with FakeRegistry(auth="bearer", users=USERS, realm=realm) as fake:
            reference = fake.add("a/b", "1", images.busybox())
            log_in(docker_config, fake.address)
            with pytest.raises(RegistryError, match="not safe"):
                await pulls.start(reference, namespace=namespace).wait()
    await empty(client, containerd, namespace)


@pytest.mark.containerd("1.6")
@pytest.mark.parametrize("auth", ["basic", "bearer"])
async def test_redirects_carry_no_login(
    containerd: Daemon, namespace: str, pulls: Pulls, docker_config: Path, auth: str
) -> None:
    made = images.busybox()
    with FakeRegistry(auth=auth, users=USERS) as fake, FakeRegistry() as store:  # type: ignore[arg-type]
        reference = fake.add("a/b", "1", made)
        store.add("a/b", "1", made)
        log_in(docker_config, fake.address)
        await pulls.start(f"{fake.address}/a/b@{made.digest}", namespace=namespace).wait()
        fake.on("/blobs/", Redirect(store.url))
        other = images.busybox(*layers.filler(1, 1000))
        reference = fake.add("a/b", "2", other)
        store.add("a/b", "2", other)
        await pulls.start(reference, namespace=namespace).wait()
        assert store.seen("/blobs/")
        assert {each.authorization for each in store.requests} == {""}


@pytest.mark.containerd("1.6")
async def test_redirects_end(namespace: str, pulls: Pulls, fake_registry: FakeRegistry) -> None:
    reference = fake_registry.add("a/b", "1", images.busybox())
    fake_registry.on("/manifests/", Redirect(fake_registry.url))
    with pytest.raises(RegistryError, match="redirects without end"):
        await pulls.start(reference, namespace=namespace).wait()


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
    import socket

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
