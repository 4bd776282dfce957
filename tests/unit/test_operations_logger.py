"""The logger script, run by a real shell as a shim would run it."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.operations.logger import log_script, log_uri, nerdctl_uri
from aiocontainerd.state import STDERR, STDOUT, LogPaths

# Puts three inherited descriptors where a shim has them: 3 and 4 to read, 5 to say "ready".
AS_SHIM = """
import os, sys
for inherited, number in zip(sys.argv[1:4], (3, 4, 5)):
    os.dup2(int(inherited), number)
    os.close(int(inherited))
os.execv("/bin/sh", ["/bin/sh", "-c", sys.argv[4]])
"""


class Logger:
    """The script in a shell, with the container's ends of its pipes."""

    def __init__(self, script: str) -> None:
        out, self.out = os.pipe()
        err, self.err = os.pipe()
        self.ready, ready = os.pipe()
        inner = (out, err, ready)
        assert min(inner) > 5
        command = [sys.executable, "-ISc", AS_SHIM, *map(str, inner), script]
        self.process = subprocess.Popen(command, pass_fds=inner)
        for fd in inner:
            os.close(fd)

    def wait_ready(self) -> bytes:
        """What arrives on fd 5 until it is closed."""
        with os.fdopen(self.ready, "rb") as file:
            return file.read()

    def write(self, fd: int, data: bytes) -> None:
        while data:
            data = data[os.write(fd, data) :]

    def end(self) -> int:
        os.close(self.out)
        os.close(self.err)
        return self.process.wait(10)


def paths(folder: Path) -> LogPaths:
    return LogPaths(folder / STDOUT, folder / STDERR)


def test_streams_stay_apart_and_are_appended(tmp_path: Path) -> None:
    log = paths(tmp_path)
    log.stdout.write_bytes(b"before ")
    logger = Logger(log_script(log, terminal=False))
    assert logger.wait_ready() == b"\n", "binary-v2 wants a byte, binary:// the end"
    logger.write(logger.out, b"out")
    logger.write(logger.err, b"err")
    assert logger.end() == 0
    assert log.stdout.read_bytes() == b"before out"
    assert log.stderr.read_bytes() == b"err"
    assert log.stderr.stat().st_mode & 0o777 == 0o600


def test_a_terminal_has_one_stream(tmp_path: Path) -> None:
    log = paths(tmp_path)
    logger = Logger(log_script(log, terminal=True))
    logger.wait_ready()
    logger.write(logger.out, b"out")
    os.close(logger.out)
    assert logger.process.wait(10) == 0, "although the other pipe's end is still open"
    os.close(logger.err)
    assert log.stdout.read_bytes() == b"out"
    assert not log.stderr.exists()


@pytest.mark.parametrize("place", ["/dev/full", "/no/such/folder/log", "/proc/version"])
def test_what_cannot_be_written_is_dropped_and_nothing_blocks(tmp_path: Path, place: str) -> None:
    log = LogPaths(Path(place), tmp_path / STDERR)
    logger = Logger(log_script(log, terminal=False))
    logger.wait_ready()
    logger.write(logger.out, bytes(1 << 20))  # sixteen times what a pipe holds
    logger.write(logger.err, b"err")
    assert logger.end() == 0
    assert log.stderr.read_bytes() == b"err"


def test_all_is_written_although_the_shim_says_term(tmp_path: Path) -> None:
    log = paths(tmp_path)
    logger = Logger(log_script(log, terminal=False))
    logger.wait_ready()
    for _ in range(2):
        logger.process.send_signal(signal.SIGTERM)
    data = os.urandom(1 << 20)
    logger.write(logger.out, data)
    logger.write(logger.err, data)
    logger.end()
    assert log.stdout.read_bytes() == data
    assert log.stderr.read_bytes() == data


NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=40
).filter(lambda name: name not in {".", ".."} and len(name.encode()) < 200)


@settings(max_examples=25, deadline=None)
@given(name=NAMES)
def test_a_path_is_only_ever_a_path(name: str) -> None:
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top) / name
        folder.mkdir()
        uri = log_uri(paths(folder), terminal=False)
        parts = urlsplit(uri)
        assert (parts.scheme, parts.path, parts.fragment) == ("binary", "/bin/sh", "")
        assert uri.isascii()
        key, value = parts.query.split("=")
        assert key == "-c"
        assert not set("&;+") & set(value)
        logger = Logger(unquote_to_bytes(value).decode())
        logger.write(logger.out, b"said")
        logger.end()
        os.close(logger.ready)
        assert paths(folder).stdout.read_bytes() == b"said"
        assert list(Path(top).iterdir()) == [folder]


def test_without_a_shell_the_shim_writes_the_file(tmp_path: Path) -> None:
    log = paths(tmp_path / "a b?c#d%")
    uri = log_uri(log, terminal=False, shell=tmp_path / "none")
    assert uri == f"file://{tmp_path}/a%20b%3Fc%23d%25/stdout.log"
    with pytest.raises(FailedPrecondition, match="Run it without a terminal"):
        log_uri(log, terminal=True, shell=tmp_path / "none")


@pytest.mark.parametrize(
    "label",
    [
        "",
        "nerdctl",
        "file:///var/log/x",
        "binary:///bin/sh?-c=reboot",
        "binary:///tmp/nerdctl?_NERDCTL_INTERNAL_LOGGING=/x",
        "binary:///usr/bin/../../tmp/nerdctl?_NERDCTL_INTERNAL_LOGGING=/x",
        "binary:///usr/bin/nerdctl?_NERDCTL_INTERNAL_LOGGING=/x&--debug=1",
        "binary://host/usr/bin/nerdctl?_NERDCTL_INTERNAL_LOGGING=/x",
        "binary:///no/such/bin/nerdctl?_NERDCTL_INTERNAL_LOGGING=/x",
    ],
)
def test_a_label_does_not_choose_what_root_runs(label: str) -> None:
    assert nerdctl_uri(label) == ""


def test_nerdctls_own_label_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    label = "binary:///usr/local/bin/nerdctl?_NERDCTL_INTERNAL_LOGGING=%2Fvar%2Flib%2Fnerdctl%2F1"
    roots = os.stat_result((0o100755, 0, 0, 1, 0, 0, 0, 0, 0, 0))
    others = os.stat_result((0o100775, 0, 0, 1, 0, 0, 0, 0, 0, 0))
    monkeypatch.setattr(Path, "stat", lambda self, **_: roots)
    assert nerdctl_uri(label) == label
    monkeypatch.setattr(Path, "stat", lambda self, **_: others)
    assert nerdctl_uri(label) == ""
