"""A program in a real pseudo-terminal, read as fast as it writes."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import pyte

from ..terminal.terminal import lines_of
from .usage import cpu_time

PATIENCE = 30.0  # seconds
LOOK = {
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "",  # the second start shall find compiled modules
}


@dataclass(frozen=True)
class Echo:
    """What keys brought: seconds until the first and the last byte, how many, seconds of CPU."""

    first: float
    last: float
    bytes: int
    cpu: float


class Terminal:
    """The program from its fork to the end of the `with` block, which kills it.

    `begun` is the moment just before the fork, on the clock of time.perf_counter.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 35,
        env: Mapping[str, str] | None = None,
    ) -> None:
        environ = {**os.environ, **LOOK, **(env or {})}
        self.written = b""  # all that the program wrote since the last `until` or `forget`
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._undrawn = bytearray()  # drawn when asked for: it takes longer than reading
        self.begun = self.read_at = time.perf_counter()  # `read_at`: when bytes came last
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            # The size must be there before the program asks for it.
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            try:
                os.execve(command[0], list(command), environ)
            finally:
                os._exit(127)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._master)

    def until(self, pattern: bytes, patience: float = PATIENCE, *, keep: bool = False) -> float:
        """Read until a match has come; its moment, on the clock of time.perf_counter.

        What has been read is forgotten, unless the next look is to `keep` it in view.
        Raises AssertionError with the last bytes if it does not come, or the program ends.
        """
        wanted = re.compile(pattern)
        deadline = time.monotonic() + patience
        while not wanted.search(self.written):
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                raise AssertionError(f"never wrote {pattern!r}, but last {self.written[-2000:]!r}")
        if not keep:
            self.written = b""
        return self.read_at

    def until_shown(self, text: str, patience: float = PATIENCE) -> float:
        """Read until the text stands on the screen, in however many pieces; the moment of it."""
        deadline = time.monotonic() + patience
        while not self.shows(text):
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                raise AssertionError(f"never showed {text!r}, but {lines_of(self._screen)}")
        return self.read_at

    def shows(self, text: str) -> bool:
        """Whether a line of the screen has this text."""
        self._stream.feed(bytes(self._undrawn))
        self._undrawn.clear()
        return any(text in line for line in lines_of(self._screen))

    def settle(self, quiet: float = 0.3, patience: float = PATIENCE) -> None:
        """Read until nothing has come for `quiet` seconds, and forget it."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and self._read(quiet):
            pass
        self.written = b""

    def listen(self, seconds: float) -> int:
        """Read for so long, and return how many bytes have come."""
        self.written, deadline = b"", time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._read(left)
        return len(self.written)

    def press(self, keys: str) -> float:
        """Type, and return the moment of it."""
        moment = time.perf_counter()
        os.write(self._master, keys.encode())
        return moment

    def echo(self, keys: str, quiet: float = 0.1, patience: float = PATIENCE) -> Echo:
        """Type, and read until nothing more has come for `quiet` seconds.

        Raises AssertionError if nothing comes at all.
        """
        self.written, used = b"", self.cpu_time()
        begun = self.press(keys)
        if not self._read(patience):
            raise AssertionError(f"nothing painted for {keys!r}")
        first, deadline = self.read_at, time.monotonic() + patience
        while time.monotonic() < deadline and self._read(quiet):
            pass
        used = self.cpu_time() - used
        return Echo(first - begun, self.read_at - begun, len(self.written), used)

    def cpu_time(self) -> float:
        """Seconds of CPU that the program's threads have used so far."""
        return cpu_time(self.pid)

    def _read(self, patience: float) -> bool:
        """Take what comes next; False if nothing came in time or the program is gone."""
        if not select.select([self._master], [], [], patience)[0]:
            return False
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # EIO: the program has ended
            return False
        self.read_at = time.perf_counter()
        self.written += data
        self._undrawn += data
        return bool(data)
