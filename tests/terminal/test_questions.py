"""Questions on a line that has stalled: what is typed before they are seen does not answer them."""

import fcntl
import struct
import termios
import time
from collections.abc import Iterator

import pytest

from .conftest import COMMAND
from .slow_line import SlowLine

READ_AND_ANSWERED = 0.6  # s; twice the time for which a question must have been seen


@pytest.fixture
def line(plain: dict[str, str]) -> Iterator[SlowLine]:
    command = [COMMAND, "--demo", "--namespace", "default"]
    with SlowLine(command, plain, rows=24, columns=80) as terminal:
        terminal.wait_for("web1")
        yield terminal


def unread(line: SlowLine) -> int:
    """Bytes that the program has written and the terminal has not read."""
    count: int = struct.unpack("i", fcntl.ioctl(line._master, termios.FIONREAD, b"\0" * 4))[0]
    return count


def test_a_yes_typed_while_the_line_stood_still_is_no_answer(line: SlowLine) -> None:
    line.type("/web1\r")
    line.wait_for("1/")
    line.read_for(0.3)
    line.type("D")
    line.let_go(lambda: unread(line) > 300)  # the question is drawn, and on its way
    drawn = time.monotonic()
    line.let_go(lambda: time.monotonic() > drawn + READ_AND_ANSWERED)
    line.type("y")
    line.wait_for("Delete web1?")
    line.read_for(READ_AND_ANSWERED)
    assert "Delete web1?" in line.text, "it was answered before it was seen"
    line.press_until("y", lambda: "web1 was deleted" in line.text, "now it is answered")
