"""The same cases against the simulator and the real daemons, so that the simulator stays honest.

`there` is a namespace of one of them. Where real daemons differ, the simulator follows the newest.
"""

import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from aiocontainerd.client import Client
from aiocontainerd.sample.image import Sample, make_sample
from aiocontainerd.simulator import Simulator

from ..conftest import _selected
from ..daemons import Daemon
from ..layers import busybox_program
from ..namespaces import new_name
from .there import There

SIMULATOR = "simulator"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "targets(*names): the daemons of a case, all without it")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each case on all of them; `@pytest.mark.targets("2", "simulator")` names fewer."""
    if "target" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("targets")
        names = [SIMULATOR, *_selected()]
        chosen = [name for name in names if mark is None or name in mark.args]
        metafunc.parametrize("target", chosen, indirect=True, scope="session")


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> str:
    """Which daemon this run of the case is for."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def sample() -> Sample:
    """The sample image, made once."""
    program = busybox_program()
    listed = subprocess.run([program, "--list"], capture_output=True, text=True, check=True)
    return make_sample(program.read_bytes(), listed.stdout.split())


@pytest.fixture
async def there(
    target: str, shared_daemon: Callable[[str], Daemon], sample: Sample
) -> AsyncIterator[There]:
    """A fresh namespace, emptied and removed afterwards."""
    if target == SIMULATOR:
        with tempfile.TemporaryDirectory(prefix="ctd-") as folder:
            simulator = Simulator(Path(folder) / "c.sock")
            async with simulator, Client(simulator.address) as client:
                here = There(target, client, "conformance", "overlayfs", sample, simulator)
                yield here
                await here.clean()
        return
    daemon = shared_daemon(target)
    async with Client(str(daemon.socket)) as client:
        here = There(target, client, new_name(), daemon.snapshotter, sample)
        yield here
        await here.clean()
