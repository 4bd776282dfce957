"""The test ground's registries: they take and give images, want logins, and fail as told."""

import pytest

from . import images, layers
from .certs import Authority
from .daemons import SAYS_HI, CtrError, Daemon
from .fakeregistry import FakeRegistry
from .faults import Corrupt, Hold, Redirect, Reply
from .registry import Registry
from .tokens import TokenServer


def test_pull_from_the_registry(containerd: Daemon, namespace: str, registry: Registry) -> None:
    index = images.index([images.busybox()], attestation=True)
    reference = registry.push("sample/multi", namespace, index)
    containerd.ctr("images", "pull", *_by_client(containerd), reference, namespace=namespace)
    assert index.digest in containerd.ctr("images", "ls", namespace=namespace)
    assert containerd.run(reference, "c", *SAYS_HI, namespace=namespace) == "hi\n"


@pytest.mark.containerd("1.7", "2")
def test_the_daemon_itself_pulls_over_tls(
    containerd: Daemon, namespace: str, tls_registry: Registry
) -> None:
    reference = tls_registry.push("sample/tls", namespace, images.busybox())
    how = ["--local=false"] if containerd.name == "1.7" else []
    containerd.ctr("images", "pull", *how, reference, namespace=namespace)
    assert reference in containerd.ctr("images", "ls", "-q", namespace=namespace)


@pytest.mark.containerd("2")
@pytest.mark.parametrize("way", ["password", "token"])
def test_registries_want_a_login(
    containerd: Daemon, namespace: str, authority: Authority, way: str
) -> None:
    users = {"alice": "wonder land"}
    with TokenServer(authority, users) as tokens:
        closed = Registry(users=users) if way == "password" else Registry(tokens=tokens)
        with closed as registry:
            reference = registry.push("private/box", "1", images.busybox())
            pull = ["images", "pull", *_by_client(containerd)]
            with pytest.raises(CtrError, match=r"authoriz|401"):
                containerd.ctr(*pull, reference, namespace=namespace)
            login = "alice:wonder land"
            containerd.ctr(*pull, "--user", login, reference, namespace=namespace)
            assert reference in containerd.ctr("images", "ls", "-q", namespace=namespace)


@pytest.mark.containerd("1.6")
def test_the_fake_registry_fails_as_told(
    containerd: Daemon, namespace: str, fake_registry: FakeRegistry
) -> None:
    reference = fake_registry.add("a/b", "1", images.busybox())
    pull = ["images", "pull", *_by_client(containerd), reference]
    fake_registry.on("/manifests/", Reply(403, "DENIED", "not for you"))
    with pytest.raises(CtrError, match="403 Forbidden"):
        containerd.ctr(*pull, namespace=namespace)
    fake_registry.clear()
    with FakeRegistry() as mirror:
        mirror.add("a/b", "1", images.busybox())
        fake_registry.on("/blobs/", Redirect(mirror.url))
        containerd.ctr(*pull, namespace=namespace)
        assert mirror.seen("/blobs/")
        assert fake_registry.seen("/manifests/1", "HEAD")
    # Last, because the daemon keeps the bad data and a second try fails on it again.
    fake_registry.clear()
    fake_registry.on("/blobs/", Corrupt())
    reference = fake_registry.add("a/b", "2", images.busybox(*layers.filler(1, 1000)))
    with pytest.raises(CtrError, match="unexpected commit digest"):
        containerd.ctr(*pull[:-1], reference, namespace=namespace)


@pytest.mark.containerd("1.6")
@pytest.mark.parametrize("auth", ["basic", "bearer"])
def test_the_fake_registry_wants_a_login(containerd: Daemon, namespace: str, auth: str) -> None:
    with FakeRegistry(auth=auth, users={"bob": "x"}) as fake:  # type: ignore[arg-type]
        reference = fake.add("a/b", "1", images.busybox())
        pull = ["images", "pull", *_by_client(containerd)]
        with pytest.raises(CtrError, match="401"):
            containerd.ctr(*pull, reference, namespace=namespace)
        containerd.ctr(*pull, "--user", "bob:x", reference, namespace=namespace)
        scheme = {"basic": "Basic ", "bearer": "Bearer "}[auth]
        assert fake.seen("/manifests/1")[-1].authorization.startswith(scheme)


@pytest.mark.containerd("2")
def test_a_held_blob_waits_and_goes_on(
    containerd: Daemon, namespace: str, fake_registry: FakeRegistry
) -> None:
    reference = fake_registry.add("a/b", "1", images.busybox(*layers.filler(1, layers.MIB)))
    hold = Hold(after=1000)
    fake_registry.on("/blobs/", hold)
    command = ["images", "pull", *_by_client(containerd), reference]
    with containerd.spawn_ctr(*command, namespace=namespace) as pull:
        assert hold.reached.wait(10)
        assert pull.poll() is None
        hold.release()
        pull.communicate()
    assert pull.returncode == 0


def _by_client(daemon: Daemon) -> list[str]:
    """Return the flags that make `ctr` pull by itself, over plain HTTP."""
    return ["--plain-http", *(["--local"] if daemon.name == "2" else [])]
