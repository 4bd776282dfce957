"""The daemon stops, goes, and comes back as another one: ctdeck stays, says so, and hears keys."""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from .terminal import Terminal

COMMAND = str(Path(sys.executable).with_name("ctdeck"))
SIZES = [(24, 80), (50, 200)]
SHOWN = {"1": "app0000", "2": "row00001", "5": "as things happen"}


@pytest.fixture
def socket() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:  # short: it has little room
        yield Path(folder, "c.sock")


@contextmanager
def serving(socket: Path, rows: int) -> Iterator[Popen[bytes]]:
    """A simulator with so many containers; killed at the end."""
    command = [sys.executable, "-m", "aiocontainerd.simulator", "--address", str(socket)]
    with Popen([*command, "--images", "1", "--containers", str(rows)], stdout=PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"serving")
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("size", SIZES)
def test_the_daemon_may_stop_go_and_come_back(
    tmp_path: Path, socket: Path, size: tuple[int, int]
) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    with Terminal([COMMAND, "--address", str(socket)], environment, *size) as terminal:
        terminal.wait_for("there is no such socket")
        with serving(socket, 5) as daemon:
            terminal.wait_for("row00004")
            daemon.send_signal(signal.SIGSTOP)
            for pane in ("1", "5", "2"):
                terminal.type(pane)
                terminal.wait_for(SHOWN[pane])
            terminal.type("/row00003")
            terminal.wait_for("1/5")
            terminal.type("\x1b")
            terminal.wait_until(lambda: "1/5" not in terminal.text, "all rows again")
            daemon.send_signal(signal.SIGCONT)
            terminal.read_for(0.2)
        terminal.wait_for(", retrying")
        assert "row00004" in terminal.text
        with serving(socket, 2):  # another one: its identity is new
            terminal.wait_until(lambda: "retrying" not in terminal.text, "found again")
            terminal.wait_until(lambda: "row00004" not in terminal.text, "another world")
            terminal.wait_for("row00001")
        assert not terminal.has_ended()
