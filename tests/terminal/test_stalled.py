"""A line that takes nothing: work goes on, and when it takes again the screen is right."""

import fcntl
import signal
import struct
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .modes import assert_restored
from .patched import PATCHED, REPORTING, Reporting
from .slow_line import SlowLine

# Slow enough to last until the line has stalled.
WORKING = (
    REPORTING
    + """
from ctdeck import demo
demo.DOWNLOAD = 35e6
prepare = report
"""
)
KINDS = {
    "what differs": {},
    "whole": {"CTDECK_FRAMES": "whole"},
    "vt100": {"TERM": "vt100"},
    "a name nobody knows": {"TERM": "of-a-name-nobody-knows"},
}
KEYS = 60  # each one a frame; Textual's own writer takes 30
FULL = 2000  # bytes at least that a pseudo-terminal takes before its program has to wait


@contextmanager
def at_work(
    kind: str, plain: dict[str, str], folder: Path, code: str = WORKING
) -> Iterator[tuple[SlowLine, Reporting]]:
    report = Reporting({**plain, **KINDS[kind]}, folder)
    program = [
        sys.executable,
        "-c",
        PATCHED.format(False, code),
        "--demo",
        "--namespace",
        "default",
    ]
    with SlowLine(program, report.environment, answers=kind == "what differs") as line:
        line.wait_for("web1")
        yield line, report


def stall(line: SlowLine) -> None:
    """Let frames come until the line is full, and more of them."""
    line.type("Gg" * (KEYS // 2))
    line.let_go(lambda: unread(line) > FULL)
    line.type("Gg" * (KEYS // 2))


def unread(line: SlowLine) -> int:
    """Bytes that the program has written and the terminal has not read."""
    count: int = struct.unpack("i", fcntl.ioctl(line._master, termios.FIONREAD, b"\0" * 4))[0]
    return count


@pytest.mark.parametrize("kind", KINDS)
def test_a_pull_and_a_run_are_done_meanwhile(
    kind: str, plain: dict[str, str], tmp_path: Path
) -> None:
    with at_work(kind, plain, tmp_path) as (line, report):
        line.type(":pull golang:1.23\r")
        line.wait_for("Pulling golang:1.23")
        stall(line)
        before = report["downloaded"]
        line.type(":run -d --name mine nginx:1.27\r")
        line.let_go(lambda: "mine" in report["containers"])
        line.let_go(lambda: report["pulled"] == [True])
        assert report["downloaded"] > before
        line.wait_for("mine")
        line.wait_until(lambda: "golang:1.23  " in line.text, "the image is in its list")
        line.wait_until(lambda: "? help" in line.text.splitlines()[-1], "nothing is open")
        assert "nothing here is real" in line.text.splitlines()[0]
        line.type("q")
        assert line.wait_end() == 0
        assert_restored(line)


@pytest.mark.parametrize("how", ["q", signal.SIGTERM])
@pytest.mark.parametrize("kind", ["what differs", "vt100"])
def test_it_is_left_while_it_stands_still(
    kind: str, how: str | signal.Signals, plain: dict[str, str], tmp_path: Path
) -> None:
    with at_work(kind, plain, tmp_path) as (line, _):
        stall(line)
        if isinstance(how, str):
            line.type(how)
        else:
            line.kill(how)
        line.let_go(line.has_ended)
        assert line.exit_code == (0 if isinstance(how, str) else -how)
        line.wait_end()
        assert_restored(line)


FLOODED = (
    REPORTING
    + """
def prepare(app):
    report(app)
    on_usr1(lambda: asyncio.ensure_future(asyncio.to_thread(flood, app)))

def flood(app):  # 100,000 lines a second
    import time
    feed = app.screen.feed
    file = feed.source.files[0]
    path = Path(file.path if file.here else feed.root + file.path)
    last = path.read_bytes().splitlines()[-1]
    with path.open("ab", buffering=0) as log:
        for first in range(0, 300_000, 10_000):
            log.write(b"".join(b"%b %d\\n" % (last, first + n) for n in range(10_000)))
            time.sleep(0.1)
        log.write(last + b" THE END\\n")
"""
)
FLOOD = 300_000  # lines
ROOM = 100_000_000  # bytes that it may take to show them: 16 MB of text are kept


def test_a_log_is_flooded_meanwhile(plain: dict[str, str], tmp_path: Path) -> None:
    with at_work("what differs", plain, tmp_path, FLOODED) as (line, report):
        line.type("/web1\rl")
        line.wait_until(lambda: "log of web1" in line.text and "GET" in line.text, "its log")
        before = line.memory()
        line.kill(signal.SIGUSR1)
        line.let_go(lambda: unread(line) > FULL)
        line.let_go(lambda: (report["log"] or 0) > FLOOD)
        assert line.memory() - before < ROOM
        line.wait_for("THE END")
        line.type("qq")
        assert line.wait_end() == 0
        assert_restored(line)


def test_the_disk_is_surveyed_meanwhile(plain: dict[str, str], tmp_path: Path) -> None:
    with at_work("what differs", plain, tmp_path) as (line, report):
        line.type("6")
        line.wait_for("as of")
        stall(line)
        line.type(":run -d --name mine nginx:1.27\r")
        line.let_go(lambda: "mine" in report["containers"])
        line.type("/mine\r")
        line.wait_until(
            lambda: any("container" in row and "mine" in row for row in line.text.splitlines()),
            "what came to be is in its list",
        )
        line.type("q")
        assert line.wait_end() == 0
        assert_restored(line)
