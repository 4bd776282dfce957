"""The end of a log that grows, as a pipe: what a terminal of a container has shown, and shows.

The shim's logger writes to the file whether anybody looks or not, so that nobody who looks, or
looks no more, holds up the container; and several may look at once.
"""

import os
import re
import select
import threading
from contextlib import suppress
from pathlib import Path

LAST = 32 << 10  # bytes of the past that are shown first
_CHUNK = 1 << 16
_QUICK, _SLOW = 0.01, 0.05  # s between two looks, while something happens and else
_LIVELY = 200  # quick looks after the last byte
# What asks the terminal something, or is a string that it acts upon (title, clipboard): answers to
# questions of the past would be typed into the container.
_QUESTIONS = re.compile(
    rb"\x1b\[[?>=!]?[\d;:]*[$ ]?[ncptux]|\x1b\[>\d*q"
    rb"|\x1b[\]P_^X][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    rb"|\x1bZ|\x05"
)
_NOTHING = b"\x1b\\"  # the end of a string that was not begun: what is round it stays apart


def replayable(past: bytes, *, whole: bool) -> bytes:
    """What of it can be shown again: from a line's beginning, without questions. Pure.

    `whole`: it is all that was ever written, and not the end of more.
    """
    if not whole:
        past = past.partition(b"\n")[2]
    return _QUESTIONS.sub(lambda _: _NOTHING, past)


class Tail:
    """Copies the file into a pipe, whose `fd` is to be read; it does not block.

    Raises OSError when there is no such file; a link is none.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        self.fd, self._out = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tail", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more; returns soon."""
        self._over.set()
        self._thread.join(1.0)
        for each in (self.fd, self._out, self._file):
            with suppress(OSError):
                os.close(each)

    def _run(self) -> None:
        with suppress(OSError):  # it cannot be read any more, or nobody hears it
            size = os.fstat(self._file).st_size
            past = os.pread(self._file, LAST, max(0, size - LAST))
            place = max(0, size - LAST) + len(past)
            self._write(replayable(past, whole=size <= LAST))
            self._follow(place)

    def _follow(self, place: int) -> None:
        idle = 0
        while not self._over.is_set():
            data = os.pread(self._file, _CHUNK, place)
            place += len(data)
            if data:
                idle = 0
                self._write(data)
                continue
            idle += 1
            if os.fstat(self._file).st_size < place:  # it was emptied
                place = 0
            self._over.wait(_QUICK if idle < _LIVELY else _SLOW)

    def _write(self, data: bytes) -> None:
        while data and not self._over.is_set():
            if select.select([], [self._out], [], 0.1)[1]:
                with suppress(BlockingIOError):
                    data = data[os.write(self._out, data[: select.PIPE_BUF]) :]
