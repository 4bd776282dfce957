"""A login's way through the whole program: on no command line, in no file, log, screen or error."""

import asyncio
import base64
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.errors import RegistryError
from aiocontainerd.pull import Pulls

from . import images
from .daemons import Daemon
from .fakeregistry import FakeRegistry
from .faults import Hold, Reply
from .pulling import complete, empty, labels

CANARY = "c4n4ry-0f-the-t3sts"
FORMS = (CANARY.encode(), base64.b64encode(f"alice:{CANARY}".encode()).rstrip(b"="))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home, with a docker config whose helper knows the login."""
    (tmp_path / ".docker").mkdir()
    helper = tmp_path / "docker-credential-ours"
    secret = tmp_path / "secret"
    secret.write_text(json.dumps({"Username": "alice", "Secret": CANARY}))
    helper.write_text(f"#!/bin/sh\ncat >/dev/null; cat {secret}\n")
    helper.chmod(0o755)
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (tmp_path / ".docker" / "config.json").write_text('{"credsStore": "ours"}')
    return tmp_path


def leaks() -> Iterator[str]:
    """Command lines of all processes that hold the secret."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if any(form in line for form in FORMS):
            yield str(folder)


@pytest.mark.parametrize("auth", ["basic", "bearer"])
async def test_the_password_shows_nowhere(
    containerd: Daemon,
    namespace: str,
    client: Client,
    pulls: Pulls,
    home: Path,
    caplog: pytest.LogCaptureFixture,
    auth: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    made = images.busybox()
    with FakeRegistry(auth=auth, users={"alice": CANARY}) as fake:  # type: ignore[arg-type]
        reference = fake.add("a/b", "1", made)
        hold = Hold(after=100)
        fake.on(made.blobs[-1].digest, hold)
        job = pulls.start(reference, namespace=namespace)
        assert await asyncio.to_thread(hold.reached.wait, 10)
        assert list(leaks()) == []
        hold.release()
        await job.wait()
        await complete(client, containerd, namespace, reference)
        fake.on("/manifests/", Reply(403, "DENIED", "no"))
        await client.images.delete(reference.encode(), namespace=namespace)
        failed = pulls.start(reference, namespace=namespace)
        with pytest.raises(RegistryError) as caught:
            await failed.wait()
    stored = json.dumps(await labels(client, namespace))
    shown = f"{job.progress}{failed.progress}{caught.getrepr(showlocals=False)}{caplog.text}"
    # The daemon's log: its debug level names requests. Pytest's own folder holds the secret.
    logs = containerd.log.read_text() + stored + shown
    assert not any(form.decode() in logs for form in FORMS)
    state = home / "state"
    files = [path for path in state.rglob("*") if path.is_file()] if state.exists() else []
    assert not any(form in path.read_bytes() for path in files for form in FORMS)


async def test_a_registry_token_is_used_as_it_is(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, home: Path
) -> None:
    with FakeRegistry(auth="bearer") as fake:
        fake.tokens.add(CANARY)
        reference = fake.add("a/b", "1", images.busybox())
        login = {"auths": {fake.address: {"registrytoken": CANARY}}}
        (home / ".docker" / "config.json").write_text(json.dumps(login))
        await pulls.start(reference, namespace=namespace).wait()
        # The daemon's own try asks for an anonymous one, in vain.
        assert {request.authorization for request in fake.seen("/token")} <= {""}
    await complete(client, containerd, namespace, reference)


async def test_a_helper_that_is_broken_is_told(
    containerd: Daemon, namespace: str, client: Client, pulls: Pulls, home: Path
) -> None:
    (home / "docker-credential-ours").write_text(f"#!/bin/sh\necho rubbish {CANARY}\n")
    with FakeRegistry(auth="bearer", users={"alice": CANARY}) as fake:
        reference = fake.add("a/b", "1", images.busybox())
        with pytest.raises(Exception, match="credential helper 'ours' failed") as caught:
            await pulls.start(reference, namespace=namespace).wait()
    assert CANARY not in str(caught.getrepr(chain=True, showlocals=False))
    await empty(client, containerd, namespace)
