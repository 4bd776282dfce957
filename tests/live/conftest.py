"""Fixtures of the live tests: real daemons and registries, shared by the session.

`containerd` runs a test once for each release; `@pytest.mark.containerd("1.7", "2")` names fewer.
CTDECK_LIVE=1.6,2 narrows all of them while developing, and is refused in CI.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.pull import Pulls

from . import folders, images
from .certs import Authority, new_authority
from .daemons import Daemon
from .docker import Docker
from .fakeregistry import FakeRegistry
from .kubernetes import PAUSE, Kubelet
from .namespaces import clean, new_name
from .registry import Registry
from .releases import SUITES, release

BUSYBOX = "ctdeck.test/busybox:latest"
IN_CI = os.environ.get("CI", "") not in ("", "0", "false")
NOT_ROOT = "live tests start containerd: run them as root"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "containerd(*names): the containerd releases of a test, all without this mark"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "containerd_name" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("containerd")
        names = [name for name in (mark.args if mark else SUITES) if name in _selected()]
        metafunc.parametrize("containerd_name", names, indirect=True, scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    ours = [item for item in items if item.path.is_relative_to(here)]
    if not ours or os.geteuid() == 0:
        return
    if IN_CI:
        raise pytest.UsageError(NOT_ROOT)
    for item in ours:
        item.add_marker(pytest.mark.skip(reason=NOT_ROOT))


def _selected() -> list[str]:
    """Return the releases that CTDECK_LIVE names, or all."""
    wanted = os.environ.get("CTDECK_LIVE", "")
    if not wanted:
        return list(SUITES)
    names = wanted.split(",")
    if IN_CI or not set(names) <= set(SUITES):
        raise pytest.UsageError(f"CTDECK_LIVE={wanted}: not in CI, and only of {', '.join(SUITES)}")
    return names


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The certificate of TLS test servers; the shared daemons trust it and no other."""
    return new_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def shared_daemon(authority: Authority) -> Iterator[Callable[[str], Daemon]]:
    """Return the session's daemon of a release, started when first asked for."""
    running: dict[str, Daemon] = {}
    with ExitStack() as stack:

        def get(name: str) -> Daemon:
            if name not in running:
                daemon = Daemon(release(name), env=authority.environment)
                running[name] = stack.enter_context(daemon)
            return running[name]

        yield get


@pytest.fixture
def start_daemon(authority: Authority) -> Iterator[Callable[..., Daemon]]:
    """Start a daemon for one test alone: `start_daemon("1.6", **options of Daemon)`."""
    with ExitStack() as stack:

        def start(name: str, **options: object) -> Daemon:
            options = {"env": authority.environment, **options}
            return stack.enter_context(Daemon(release(name), **options))  # type: ignore[arg-type]

        yield start


@pytest.fixture(scope="session")
def containerd_name(request: pytest.FixtureRequest) -> str:
    """The release of this run of the test, for tests that start a daemon of their own."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def containerd(shared_daemon: Callable[[str], Daemon], containerd_name: str) -> Daemon:
    """The shared daemon, once for each release. Leave it running, and use `namespace`."""
    return shared_daemon(containerd_name)


@pytest.fixture(scope="session")
def containerd16(shared_daemon: Callable[[str], Daemon]) -> Daemon:
    """The shared containerd 1.6."""
    return shared_daemon("1.6")


@pytest.fixture(scope="session")
def containerd17(shared_daemon: Callable[[str], Daemon]) -> Daemon:
    """The shared containerd 1.7."""
    return shared_daemon("1.7")


@pytest.fixture(scope="session")
def containerd2(shared_daemon: Callable[[str], Daemon]) -> Daemon:
    """The shared containerd 2.x."""
    return shared_daemon("2")


@pytest.fixture(scope="session")
def shared_kubelet(authority: Authority) -> Iterator[Callable[[str], Kubelet]]:
    """Return the session's Kubernetes' half on a daemon of its own, started when asked for."""
    running: dict[str, Kubelet] = {}
    with ExitStack() as stack:

        def get(name: str) -> Kubelet:
            if name not in running:
                daemon = Daemon(release(name), pause_image=PAUSE, env=authority.environment)
                stack.enter_context(daemon)
                running[name] = stack.enter_context(Kubelet(daemon))
            return running[name]

        yield get


@pytest.fixture
def kubelet(shared_kubelet: Callable[[str], Kubelet], containerd_name: str) -> Iterator[Kubelet]:
    """Kubernetes' half of a host, once for each release; its pods are removed after the test."""
    found = shared_kubelet(containerd_name)
    yield found
    found.clear()


@pytest.fixture(scope="session")
def shared_docker(authority: Authority) -> Iterator[Callable[[str], Docker]]:
    """Return the session's dockerd with a containerd of its own, started when asked for."""
    running: dict[str, Docker] = {}
    with ExitStack() as stack:

        def get(name: str) -> Docker:
            if name not in running:
                daemon = stack.enter_context(Daemon(release(name), env=authority.environment))
                running[name] = stack.enter_context(Docker(daemon))
            return running[name]

        yield get


@pytest.fixture
def docker(shared_docker: Callable[[str], Docker], containerd_name: str) -> Iterator[Docker]:
    """Docker's half of a host, once for each release; its containers go after the test."""
    found = shared_docker(containerd_name)
    yield found
    found.clear()


@pytest.fixture
def namespace(containerd: Daemon) -> Iterator[str]:
    """A namespace of `containerd` for this test, deleted with all its contents afterwards."""
    name = new_name()
    yield name
    clean(containerd, name)


@pytest.fixture(scope="session")
def busybox_tar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample image as an archive for `ctr images import`; its reference is BUSYBOX."""
    return images.save(
        tmp_path_factory.mktemp("images") / "busybox.tar", {BUSYBOX: images.busybox()}
    )


@pytest.fixture
def busybox(containerd: Daemon, namespace: str, busybox_tar: Path) -> str:
    """The reference of the sample image, imported and unpacked in `namespace`."""
    containerd.ctr("images", "import", str(busybox_tar), namespace=namespace)
    return BUSYBOX


@pytest.fixture(scope="session")
def registry() -> Iterator[Registry]:
    """A real registry over plain HTTP, without login."""
    with Registry() as running:
        yield running


@pytest.fixture(scope="session")
def tls_registry(authority: Authority) -> Iterator[Registry]:
    """A real registry over HTTPS, without login; the shared daemons trust it."""
    with Registry(tls=authority) as running:
        yield running


@pytest.fixture
def fake_registry() -> Iterator[FakeRegistry]:
    """A scriptable registry over plain HTTP, without login."""
    with FakeRegistry() as running:
        yield running


@pytest.fixture
async def client(containerd: Daemon) -> AsyncIterator[Client]:
    """A client of `containerd`."""
    async with Client(str(containerd.socket)) as made:
        yield made


@pytest.fixture
async def pulls(client: Client) -> AsyncIterator[Pulls]:
    """Pulls of `client` that look at no hosts.toml of this machine."""
    made = Pulls(client, config_dirs=())
    yield made
    await made.close()


@pytest.fixture
def aside(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A prefix for the folders of one test, which no run beside this one sweeps."""
    prefix = f"ctk{os.getpid()}-"
    monkeypatch.setattr(folders, "PREFIX", prefix)
    yield prefix
    folders.sweep()
