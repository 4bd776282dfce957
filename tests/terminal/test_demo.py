"""`ctdeck --demo` in a terminal, by a user who may nothing, and what is left of it."""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import COMMAND, NOT_ROOT
from .terminal import Terminal

NOBODY = 65534
# The checkout may lie where only root can look: this user may read all, and do nothing else.
_READS = "+dac_read_search"
_AS_NOBODY = (
    "/usr/bin/setpriv",
    f"--reuid={NOBODY}",
    f"--regid={NOBODY}",
    "--clear-groups",
    "--no-new-privs",
    f"--inh-caps=-all,{_READS}",
    f"--ambient-caps=-all,{_READS}",
    "--",
)

# As on other systems: with this gone, asyncio takes another of its ways to wait.
_WITHOUT_EPOLL = """
import select, sys
del select.epoll
from ctdeck.__main__ import main
sys.argv[0] = "ctdeck"
sys.exit(main())
"""


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files that is nobody's."""
    with tempfile.TemporaryDirectory(prefix="ctdeck-test-") as name:
        os.chmod(name, 0o700)  # noqa: PTH101
        os.chown(name, NOBODY, NOBODY)
        yield Path(name)


def demo(temporary: Path, *command: str) -> Terminal:
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "TMPDIR": str(temporary),
        "CONTAINERD_ADDRESS": "/nonexistent.sock",
    }
    return Terminal([*_AS_NOBODY, *(command or (COMMAND,)), "--demo"], environment)


@pytest.mark.skipif(os.geteuid() != 0, reason=NOT_ROOT)
@pytest.mark.parametrize("end", ["q", signal.SIGTERM, signal.SIGHUP])
def test_it_needs_no_rights_and_leaves_nothing(end: str | signal.Signals, temporary: Path) -> None:
    with demo(temporary) as terminal:
        terminal.wait_for("web1")
        assert "demo containerd" in terminal.text.splitlines()[0]
        (folder,) = temporary.glob("ctdeck-demo-*")
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.stat().st_uid == NOBODY
        terminal.type(":run -d --name mine -v /srv/site:/www nginx:1.27\r")
        terminal.wait_for("mine")
        children = Path(f"/proc/{terminal.pid}/task/{terminal.pid}/children").read_text()
        assert not children.split()
        if isinstance(end, str):
            terminal.type(end)
            assert terminal.wait_end() == 0
        else:
            terminal.kill(end)
            assert terminal.wait_end() == -end
    assert not list(temporary.iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason=NOT_ROOT)
def test_what_a_killed_one_left_goes_with_the_next(temporary: Path) -> None:
    with demo(temporary) as terminal:
        terminal.wait_for("web1")
    left = set(temporary.iterdir())
    assert left, "nothing can be removed after SIGKILL"
    for folder in left:
        os.utime(folder, (0, 0))
    with demo(temporary) as terminal:
        terminal.wait_for("web1")
        assert not left & set(temporary.iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason=NOT_ROOT)
def test_it_does_without_epoll(temporary: Path) -> None:
    with demo(temporary, sys.executable, "-c", _WITHOUT_EPOLL) as terminal:
        terminal.wait_for("web1")
        terminal.type("q")
        assert terminal.wait_end() == 0
