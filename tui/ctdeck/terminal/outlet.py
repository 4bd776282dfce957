"""Bytes to a terminal that may be slow: never waits for it, and knows when it has caught up.

The kernel, ssh and tmux take much more than the terminal has shown. So the terminal itself is
asked now and then where its cursor is: it answers when it has drawn all that came before.
"""

from __future__ import annotations

import asyncio
import os
import select
import sys
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from math import inf

QUESTION = b"\x1b[6n"  # where is your cursor?
SMALLEST, LARGEST = 2048, 1 << 16  # bytes that may be under way before a frame waits
_FAST, _SLOW = 0.15, 0.5  # s for an answer: more may be under way, or less
_PATIENCE = 10.0  # s after which an answer is lost
_REST = 5.0  # s without a byte after which the terminal has surely drawn all


class Outlet:
    """Writes to `fd`, which does not block. `on_ready` is called when a frame may be sent again."""

    def __init__(self, fd: int, loop: asyncio.AbstractEventLoop, on_ready: Callable[[], None]):
        self._fd = fd
        self._loop = loop
        self.on_ready = on_ready
        self._pending = bytearray()
        self._waits = False  # for the kernel to take more
        self._dead = False
        self._window = SMALLEST * 2
        self._held = False  # a frame has waited since the last answer
        self.total = 0  # bytes written
        self._asked_at = 0  # of them, when the question was put that is not answered yet
        self._shown = 0  # of them the terminal has drawn for sure
        self._under_way = 0  # bytes written since the last question that was answered
        self._since_question = 0
        self._asked: float | None = None  # when, on the loop's clock
        self._answers = False  # the terminal has answered once
        self._last = 0.0
        self._quickest = inf
        self._lost: asyncio.TimerHandle | None = None

    @property
    def is_ready(self) -> bool:
        """A frame may be sent: the last one is written, and the terminal is not far behind."""
        if self._loop.time() - self._last > _REST and self._asked is None:
            self._under_way = 0
        full = self._answers and self._under_way >= self._window
        self._held = self._held or full
        return not full and not self._pending

    @property
    def share(self) -> int | None:
        """Bytes after which a frame is better looked at anew; None where the line is fast."""
        return SMALLEST if self._answers and self._window == SMALLEST else None

    @property
    def is_asked(self) -> bool:
        """An answer of the terminal is still to come."""
        return self._asked is not None and self._answers

    def write(self, data: bytes) -> None:
        """Send this, behind what was sent before."""
        if not self._dead:
            self._pending += data
            self.total += len(data)
            self._under_way += len(data)
            self._since_question += len(data)
            self._last = self._loop.time()
            if not self._waits:
                self._send()

    def ask(self, force: bool = False) -> None:
        """Behind a frame: ask the terminal, if enough is under way and it is one that answers."""
        if self._asked is None and (
            force or (self._answers and self._under_way * 4 > self._window)
        ):
            self.write(QUESTION)
            self._asked, self._asked_at = self._loop.time(), self.total
            self._since_question = 0
            if self._answers:
                self._lost = self._loop.call_later(_PATIENCE, self._give_up)

    def answered(self) -> None:
        """The terminal has answered the question."""
        if self._asked is None:
            return
        took = self._loop.time() - self._asked
        self._quickest = min(self._quickest, took)
        took -= self._quickest
        if took > _SLOW:
            self._window = max(self._window // 2, SMALLEST)
        elif took < _FAST and self._held:
            self._window = min(self._window * 2, LARGEST)
        self._answers, self._held, self._shown = True, False, self._asked_at
        self._settle()

    def has_shown(self, total: int) -> bool:
        """The terminal has drawn so many bytes, as far as it can be known; it is asked."""
        if not self._answers or self._dead:
            return not self._pending
        if self._shown < total:
            self.ask(force=True)
        return self._shown >= total

    def drop(self) -> bool:
        """Forget what is not sent yet, but for the end of a sequence that has begun.

        True if there was something.
        """
        late = bool(self._pending)
        if (end := self._pending.find(b"\x1b")) >= 0:
            del self._pending[end:]
        return late

    def drain(self, seconds: float) -> bool:
        """Write what is left, at once; waits `seconds` at the most. True if all was taken."""
        deadline = time.monotonic() + seconds
        while self._pending and not self._dead and (left := deadline - time.monotonic()) > 0:
            if select.select([], [self._fd], [], left)[1]:
                self._send()
        return not self._pending

    def discard(self) -> None:
        """Make the terminal's line empty: what it has not read is lost."""
        with suppress(termios.error):
            termios.tcflush(self._fd, termios.TCOFLUSH)
        self._pending.clear()

    def close(self) -> None:
        """Let go of the terminal."""
        self._dead = True
        self._stop_waiting()
        if self._lost is not None:
            self._lost.cancel()
        os.close(self._fd)

    def _give_up(self) -> None:
        """The answer is lost: a multiplexer was left, a line was cut."""
        self._settle()

    def _settle(self) -> None:
        self._asked = None
        self._under_way = self._since_question
        if self._lost is not None:
            self._lost.cancel()
            self._lost = None
        if self.is_ready:
            self.on_ready()
        else:  # what was written behind the question is too much by itself
            self.ask()

    def _send(self) -> None:
        try:
            while self._pending:
                count = os.write(self._fd, self._pending)
                del self._pending[:count]
        except BlockingIOError:
            if not self._waits:
                self._waits = True
                self._loop.add_writer(self._fd, self._continue)
            return
        except OSError:  # EIO: the terminal is gone; who watches for that ends us
            self._dead = True
            self._pending.clear()
        self._stop_waiting()

    def _continue(self) -> None:
        self._send()
        if self.is_ready:
            self.on_ready()
        else:
            self.ask()

    def _stop_waiting(self) -> None:
        if self._waits:
            self._waits = False
            self._loop.remove_writer(self._fd)


def open_terminal() -> int:
    """Another file of the terminal that Textual draws on: not blocking, which its must not become.

    Raises OSError if there is none: a terminal of another user, outside of our session.
    """
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
    with suppress(OSError):
        return os.open(os.ttyname(sys.__stderr__.fileno()), flags)  # type: ignore[union-attr]
    return os.open("/dev/tty", flags)
