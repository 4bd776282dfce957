"""A daemon that dies and one that talks rubbish: what gRPC says about it is not on the screen."""

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import pytest

from .conftest import COMMAND
from .modes import assert_restored
from .terminal import Terminal
from .test_lost import serving

# As one sets it to find out about a daemon: without it gRPC says nothing at all.
TALKATIVE = {"GRPC_VERBOSITY": "DEBUG", "GRPC_TRACE": "http,connectivity_state,tcp"}
SAID = b".cc:"  # in each line of gRPC's core
RUBBISH = {
    "hangs up": b"",
    "HTTP/1": b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n400 Bad Request",
    "anything": Random(1).randbytes(5000),
    "escapes": b"\x1b[2J\x1b]0;mine\x07" * 100,
}


@contextmanager
def talking(address: Path, data: bytes) -> Iterator[list[int]]:
    """A server that says this to each who comes; they are counted."""
    came: list[int] = []
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(address))
        server.listen()

        def talk() -> None:
            with suppress(OSError):  # the server has been closed
                while True:
                    line, _ = server.accept()
                    with line, suppress(OSError):  # who came has gone
                        line.sendall(data)
                    came.append(1)

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            yield came
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("kind", RUBBISH)
def test_what_grpc_says_goes_to_the_log(kind: str, plain: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "log"
    with tempfile.TemporaryDirectory(prefix="ctd-") as folder:
        address = Path(folder, "c.sock")
        command = [COMMAND, "--address", str(address), "--log-file", str(log)]
        with serving(address, 3) as daemon, Terminal(command, plain | TALKATIVE) as terminal:
            terminal.wait_for("row00002")
            terminal.wait_until(lambda: b"\x1b[?1049h" in terminal.raw, "the screen is taken")
            daemon.kill()
            terminal.wait_for(", retrying")
            with talking(address, RUBBISH[kind]) as came:
                terminal.wait_until(lambda: len(came) > 2, "it tries again")
            terminal.wait_until(lambda: SAID in log.read_bytes(), "gRPC says something")
            assert "retrying" in terminal.text
            terminal.type("q")
            assert terminal.wait_end() == 0
            assert_restored(terminal)
            shown = terminal.raw.partition(b"\x1b[?1049h")[2].partition(b"\x1b[?1049l")[0]
            assert shown.count(SAID) == 0
            assert b"]0;mine" not in shown
