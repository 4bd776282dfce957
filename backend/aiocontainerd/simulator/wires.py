"""The two ends of a played terminal: a FIFO in, a FIFO or a log file out, as a shim has them."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress

_CHUNK = 4096  # bytes
_BEHIND_MAX = 1 << 20  # bytes that nobody has read, as a shell that would block


class Wires:
    """Opens `stdin` and `stdout`; `typed` hears what comes in. Raises OSError."""

    def __init__(self, stdin: str, stdout: str, typed: Callable[[bytes], None]) -> None:
        self._typed = typed
        self._behind = bytearray()
        self._loop = asyncio.get_running_loop()
        self._waits = self._ends = False
        flags = os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        # A FIFO of which we are a writer, too, has no end, as a shim's.
        self._stdin = os.open(stdin, os.O_RDWR | flags) if stdin else None
        try:
            self._stdout = os.open(stdout, os.O_WRONLY | os.O_APPEND | flags)
        except OSError:
            if self._stdin is not None:
                os.close(self._stdin)
            raise
        if self._stdin is not None:
            self._loop.add_reader(self._stdin, self._read)

    def show(self, text: str) -> None:
        """Write this, behind what was written before."""
        if len(self._behind) < _BEHIND_MAX:
            self._behind += text.encode()
        self._write()

    def close(self) -> None:
        """When all is written, as far as somebody reads it."""
        self._ends = True
        if self._stdin is not None:
            self._loop.remove_reader(self._stdin)
            os.close(self._stdin)
            self._stdin = None
        self._write()

    def _read(self) -> None:
        assert self._stdin is not None
        with suppress(BlockingIOError):
            self._typed(os.read(self._stdin, _CHUNK))

    def _write(self) -> None:
        try:
            while self._behind and self._stdout >= 0:
                del self._behind[: os.write(self._stdout, self._behind)]
        except BlockingIOError:
            if not self._waits:
                self._waits = True
                self._loop.add_writer(self._stdout, self._write)
            return
        except OSError:  # nobody reads it any more
            self._behind.clear()
        if self._waits:
            self._waits = False
            self._loop.remove_writer(self._stdout)
        if self._ends and self._stdout >= 0:
            os.close(self._stdout)
            self._stdout = -1
