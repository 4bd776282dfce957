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
from pathlib import Path
from typing import Self

PATIENCE = 30.0  # seconds
LOOK = {
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "",  # the second start shall find compiled modules
}


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
        self.begun = time.perf_counter()
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

    def until(self, pattern: bytes, patience: float = PATIENCE) -> float:
        """Read until a match has come; its moment, on the clock of time.perf_counter.

        Raises AssertionError with the last bytes if it does not come, or the program ends.
        """
        wanted = re.compile(pattern)
        deadline = time.monotonic() + patience
        while not wanted.search(self.written):
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                raise AssertionError(f"never wrote {pattern!r}, but last {self.written[-2000:]!r}")
        moment = time.perf_counter()
        self.written = b""
        return moment

    def settle(self, quiet: float = 0.3, patience: float = PATIENCE) -> None:
        """Read until nothing has come for `quiet` seconds, and forget it."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and self._read(quiet):
            pass
        self.written = b""

    def press(self, keys: str) -> float:
        """Type, and return the moment of it."""
        moment = time.perf_counter()
        os.write(self._master, keys.encode())
        return moment

    def cpu_time(self) -> float:
        """Seconds of CPU that the program's threads have used so far."""
        threads = Path(f"/proc/{self.pid}/task").iterdir()
        return sum(int((t / "schedstat").read_text().split()[0]) for t in threads) / 1e9

    def _read(self, patience: float) -> bool:
        """Take what comes next; False if nothing came in time or the program is gone."""
        if not select.select([self._master], [], [], patience)[0]:
            return False
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # EIO: the program has ended
            return False
        self.written += data
        return bool(data)
