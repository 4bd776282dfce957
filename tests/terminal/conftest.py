"""Fixtures: the installed command, its environment, and a state directory that is cleaned up."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..live import folders, processes
from .terminal import Terminal

COMMAND = str(Path(sys.executable).parent / "ctdeck")
NOT_ROOT = "these tests start ctdeck's embedded containerd: run them as root"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    if os.geteuid() == 0:
        return
    if os.environ.get("CI", "") not in ("", "0", "false"):
        raise pytest.UsageError(NOT_ROOT)
    for item in items:
        if item.path.is_relative_to(here) and "state" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason=NOT_ROOT))


@pytest.fixture
def state() -> Iterator[Path]:
    """ctdeck's state directory; whatever its daemon leaves running is a failure."""
    folder = folders.new_folder()
    state = folder / "ctdeck"
    yield state
    left = daemon_processes(state)
    folders.clear_tasks(state / "embedded")
    processes.kill(left)
    folders.remove(folder)
    assert not left


@pytest.fixture(scope="session", autouse=True)
def temporaries() -> Iterator[str]:
    """Where the programs that we start put temporary files: what a killed one leaves goes, too."""
    with (
        tempfile.TemporaryDirectory(prefix="ctdeck-test-", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("TMPDIR", folder)
        yield folder


@pytest.fixture
def environment(state: Path, temporaries: str) -> dict[str, str]:
    """A user's environment, without the tests' own settings."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(state.parent),
        "TMPDIR": temporaries,
        "LANG": "C.UTF-8",
        "XDG_STATE_HOME": str(state.parent),
    }


@pytest.fixture
def plain(tmp_path: Path, temporaries: str) -> dict[str, str]:
    """The same for what needs no daemon's state directory, and no root."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TMPDIR": temporaries,
        "LANG": "C.UTF-8",
        "XDG_STATE_HOME": str(tmp_path),
    }


@pytest.fixture
def ctdeck(environment: dict[str, str]) -> Callable[..., Terminal]:
    """Make a terminal with `ctdeck` and these arguments; enter it to run it."""

    def run(*arguments: str) -> Terminal:
        return Terminal([COMMAND, *arguments], environment)

    return run


def daemon_processes(state: Path) -> list[int]:
    """The embedded daemon of this state directory, and its shims."""
    inside = str(state / "embedded")
    return [
        pid
        for pid, argv in processes.running()
        if any(word.startswith(inside) for word in argv) and pid != os.getpid()
    ]
