"""A pseudo-terminal with a program in it, and pyte to read what it draws."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Self

import pyte

PATIENCE = 30.0  # s; the machines of CI are slow
_CHUNK = 65536


def lines_of(screen: pyte.Screen) -> list[str]:
    """What it shows. pyte's `display` fails while half of a wide character is drawn over."""
    rows = (screen.buffer[y] for y in range(screen.lines))
    return ["".join(row[x].data for x in range(screen.columns)) for row in rows]


class Terminal:
    """Runs `argv` in a terminal of `rows` by `columns`. Use it as a context manager.

    `raw` is all that the program has written; `status` its exit status as `waitpid` gave it.
    """

    def __init__(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        rows: int = 30,
        columns: int = 110,
    ) -> None:
        self._argv = [*argv]
        self._environment = {"TERM": "xterm-256color", **environment}
        self._screen = pyte.Screen(max(1, columns), max(1, rows))
        self._stream = pyte.ByteStream(self._screen)
        self._size = struct.pack("HHHH", rows, columns, 0, 0)
        self.raw = b""
        self.status: int | None = None
        self._hung_up = False

    def __enter__(self) -> Self:
        # The program waits for its size: it asks for it when it starts.
        ready, go = os.pipe()
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.read(ready, 1)
            os.execve(self._argv[0], self._argv, dict(self._environment))
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, self._size)
        self.modes = termios.tcgetattr(self._master)
        os.write(go, b"x")
        os.close(go)
        os.close(ready)
        return self

    def __exit__(self, *_: object) -> None:
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.status = os.waitpid(self.pid, 0)[1]
        if not self._hung_up:
            os.close(self._master)

    @property
    def text(self) -> str:
        """The screen now, without the blanks at the ends of lines."""
        return "\n".join(line.rstrip() for line in lines_of(self._screen))

    @property
    def exit_code(self) -> int:
        """As the shell counts: negative for a signal."""
        assert self.status is not None, "the program has not ended"
        return os.waitstatus_to_exitcode(self.status)

    def has_ended(self) -> bool:
        """The program has gone; `status` is set then."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
        return self.status is not None

    def type(self, keys: str) -> None:
        """Press these keys."""
        with suppress(OSError):  # EIO: it has ended
            os.write(self._master, keys.encode())

    def kill(self, number: int) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    def resize(self, rows: int, columns: int) -> None:
        """As a window manager does; the program gets SIGWINCH from the kernel."""
        self._screen.resize(max(1, rows), max(1, columns))
        self.resize_unseen(rows, columns)

    def resize_unseen(self, rows: int, columns: int) -> None:
        """As `resize`, but what is read is drawn as if it were as before."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_for(self, seconds: float) -> None:
        """Take in what comes in so many seconds, for those that have no condition to wait for."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not self._read(left):
                return

    def wait_stopped(self) -> None:
        """Until the program is suspended; the shell that is seen then clears the screen."""
        deadline = time.monotonic() + PATIENCE
        while os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)[0] == 0:
            assert time.monotonic() < deadline, f"it does not stop\n{self.text}"
            self._read()
        while self._read(0.0):  # what it wrote last
            pass
        self._screen.reset()

    def hang_up(self) -> None:
        """The line is cut: the window is closed, the connection lost."""
        self._hung_up = True
        os.close(self._master)

    def modes_now(self) -> list[object]:
        """The terminal's modes: compare with `modes`, those before the program ran."""
        return termios.tcgetattr(self._master)

    def wait_for(self, text: str, timeout: float = PATIENCE) -> None:
        """Read until the screen shows `text`."""
        self.wait_until(lambda: text in self.text, f"the screen shows {text!r}", timeout)

    def wait_until(
        self, condition: Callable[[], bool], what: str, timeout: float = PATIENCE
    ) -> None:
        """Read until the condition holds; AssertionError with the screen after `timeout` s."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline or not self._read():
                assert condition(), f"not so: {what}\n{self.text}"
                return

    def press_until(self, key: str, condition: Callable[[], bool], what: str) -> None:
        """Press a key again and again: a question does not hear one that comes too early."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"not so: {what}\n{self.text}"
            self.type(key)
            pause = time.monotonic() + 0.2
            while time.monotonic() < pause and not condition():
                self._read(0.05)

    def wait_end(self, timeout: float = PATIENCE) -> int:
        """Read until the program ends; returns its exit code."""
        deadline = time.monotonic() + timeout
        while not self.has_ended():
            assert time.monotonic() < deadline, f"it does not end\n{self.text}"
            self._read()
        while self._read(0.0):  # what it wrote last
            pass
        return self.exit_code

    def _read(self, timeout: float = 0.1) -> bool:
        """Take in what there is; False when there is nothing and the program is gone."""
        if not select.select([self._master], [], [], timeout)[0]:
            return timeout > 0
        try:
            data = os.read(self._master, _CHUNK)
        except OSError:  # EIO: the other side is closed
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)
