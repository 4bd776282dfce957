"""What a pull shows where it goes: logins, tokens, redirects."""

import asyncio
import base64
import json
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import RegistryError
from aiocontainerd.pull import Pulls

from . import images, layers
from .certs import Authority
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
