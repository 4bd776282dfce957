"""The logger script, run by a real shell as a shim would run it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.logs.formats import Line, format_of
from aiocontainerd.operations.logger import log_script, log_uri, nerdctl_uri
from aiocontainerd.state import OUTPUT


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / OUTPUT


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

    def keeper(self) -> int:
        """The pid of our Python, as soon as the shell has started it."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        while True:
            for pid in map(int, children.read_text().split()):
                with suppress(OSError):
                    if b"keeper.py" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        return pid


def entries(log: Path) -> list[tuple[str, str]]:
    """Text and stream of what is in it."""
    lines = map(Line, log.read_bytes().removesuffix(b"\n").split(b"\n"))
    return [(entry.text, entry.stream) for entry in format_of("cri").read(lines)]


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_both_streams_in_one_order_are_appended(log: Path) -> None:
    log.write_bytes(b"half")
    logger = Logger(log_script(log, terminal=False))
    assert logger.wait_ready() == b"\n", "binary-v2 wants a byte, binary:// the end"
    for number, (fd, name) in enumerate(((logger.out, "out"), (logger.err, "err")) * 2):
        logger.write(fd, f"{name} {number}\n".encode())
        wait_for(lambda said=f"{name} {number}": said.encode() in log.read_bytes())  # type: ignore[misc]
    assert logger.end() == 0
    assert entries(log) == [
        ("half", ""),
        ("out 0", "stdout"),
        ("err 1", "stderr"),
        ("out 2", "stdout"),
        ("err 3", "stderr"),
    ]


def test_the_file_is_ours_alone(log: Path) -> None:
    for terminal in (False, True):
        logger = Logger(log_script(log, terminal=terminal))
        logger.write(logger.out, b"x\n")
        logger.end()
        assert log.stat().st_mode & 0o777 == 0o600
        log.unlink()


def test_a_terminal_has_one_stream_as_it_is(log: Path) -> None:
    logger = Logger(log_script(log, terminal=True))
    logger.wait_ready()
    logger.write(logger.out, b"out")
    os.close(logger.out)
    assert logger.process.wait(10) == 0, "although the other pipe's end is still open"
    os.close(logger.err)
    assert log.read_bytes() == b"out"


def test_the_script_of_a_terminal_is_that_of_all_releases() -> None:
    """By it one that an earlier ctdeck started is known, and attached to."""
    assert log_script(Path("/a b"), terminal=True) == (
        "umask 077;cd /;trap : TERM;echo >&5;exec 5>&-;"
        'keep(){ until cat >>"$1";do timeout -s KILL 5 cat >/dev/null;[ $? -eq 137 ]||break;done;'
        "cat >/dev/null;};exec 4<&-;keep '/a b' <&3 3<&-"
    )


@pytest.mark.parametrize("place", ["/dev/full", "/no/such/folder/log", "/proc/version"])
@pytest.mark.parametrize("python", [sys.executable, "/no/such"], ids=["python", "no python"])
def test_what_cannot_be_written_is_dropped_and_nothing_blocks(place: str, python: str) -> None:
    logger = Logger(log_script(Path(place), terminal=False, python=python))
    logger.wait_ready()
    logger.write(logger.out, bytes(1 << 20))  # sixteen times what a pipe holds
    logger.write(logger.err, bytes(1 << 20))
    assert logger.end() == 0


@pytest.mark.parametrize("python", [sys.executable, "/no/such"], ids=["python", "no python"])
def test_all_is_written_although_the_shim_says_term(log: Path, python: str) -> None:
    logger = Logger(log_script(log, terminal=False, python=python))
    logger.wait_ready()
    if python == sys.executable:
        logger.keeper()
    for _ in range(2):
        logger.process.send_signal(signal.SIGTERM)
    said = b"".join(b"%d\n" % number for number in range(100_000))
    logger.write(logger.out, said)
    wait_for(lambda: log.read_bytes().endswith(b"99999\n"))  # two cats know nothing of lines
    logger.write(logger.err, said)
    logger.end()
    texts = [text for text, _ in entries(log) if not text.startswith("ctdeck:")]
    assert texts == [*map(str, range(100_000))] * 2


@pytest.mark.parametrize("python", ["", "/no/such/python", "/bin/false"])
def test_without_python_it_is_kept_without_times(log: Path, python: str) -> None:
    log.write_bytes(b"half")
    logger = Logger(log_script(log, terminal=False, python=python))
    logger.write(logger.out, b"out\n")
    wait_for(lambda: b"out" in log.read_bytes())
    logger.write(logger.err, b"err\n")
    assert logger.end() == 0
    (half, _), (told, stream), *rest = entries(log)
    assert (half, stream, rest) == ("half", "stderr", [("out", ""), ("err", "")])
    assert told.startswith("ctdeck: the lines from here on have no times")


def test_killed_the_shell_takes_its_place(log: Path) -> None:
    logger = Logger(log_script(log, terminal=False))
    logger.write(logger.out, b"before\n")
    wait_for(lambda: log.exists() and b"before" in log.read_bytes())
    os.kill(logger.keeper(), signal.SIGKILL)
    logger.write(logger.out, b"x\n" * (1 << 17))
    wait_for(lambda: log.read_bytes().count(b"x\n") == 1 << 17)
    logger.write(logger.err, b"after\n" * (1 << 17))
    assert logger.end() == 0
    texts = [text for text, _ in entries(log)]
    assert texts[0] == "before"
    assert "(exit status 137)" in texts[1]
    assert texts[2:] == ["x"] * (1 << 17) + ["after"] * (1 << 17)


def test_what_cannot_be_said_at_once_is_said_before_what_comes(log: Path) -> None:
    """The keeper was killed while the disk was full: half a line of it is in the file."""
    log.write_bytes(b"half")
    away = log.parent.rename(f"{log.parent}.away")
    script = log_script(log, terminal=False, python="/no/such")
    logger = Logger(script.replace("KILL 5 ", "KILL 0.1 "))
    for fd in (logger.out, logger.err):
        logger.write(fd, b"lost\n" * 50_000)  # more than a pipe holds
    away.rename(log.parent)
    for fd, said in ((logger.out, b"out\n"), (logger.err, b"err\n")):
        wait_for(lambda said=said, fd=fd: (os.write(fd, said), said in log.read_bytes())[1])  # type: ignore[misc]
    assert logger.end() == 0
    # Each stream may have ended the half line.
    lines = [text for text, _ in entries(log) if text]
    assert lines[0] == "half"
    assert lines[1].startswith("ctdeck: the lines from here on have no times")
    assert lines.index("out") > 1
    assert set(lines[1:]) - {"out", "err", "lost"} == {lines[1]}


NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=40
).filter(lambda name: name not in {".", ".."} and len(name.encode()) < 200)


@settings(max_examples=25)
@given(name=NAMES)
def test_a_path_is_only_ever_a_path(name: str) -> None:
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top) / name
        folder.mkdir()
        log = folder / OUTPUT
        uri = log_uri(log, terminal=False)
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
        assert entries(log) == [("said", "stdout")]
        assert list(Path(top).iterdir()) == [folder]


def test_without_a_shell_the_shim_writes_the_file(tmp_path: Path) -> None:
    log = tmp_path / "a b?c#d%" / OUTPUT
    uri = log_uri(log, terminal=False, shell=tmp_path / "none")
    assert uri == f"file://{tmp_path}/a%20b%3Fc%23d%25/output.log"
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
