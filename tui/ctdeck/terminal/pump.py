"""Bytes between our terminal and a line to another one, both ways, in a thread of its own.

The app's loop is not needed for it: keys and output flow while that is busy, and it goes on while
they do not. Nothing is read or changed in them but the keys that leave.
"""

from __future__ import annotations

import os
import selectors
from contextlib import suppress
from enum import Enum

from ctdeck.terminal.detach import HOLD, DetachKeys

MOST = 1 << 16  # bytes that may wait to be shown: who sends more waits, as at any terminal
# Bytes that may wait to be read by the program, such as a long paste. What comes above is dropped,
# as by any terminal: who stopped reading the keys would never see those that leave.
MOST_TYPED = 4 << 20
QUIET = 0.2  # s without a byte after which nothing more comes of a process that has ended
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Over(Enum):
    """Why it is over."""

    LEFT = "left"  # by the keys for it
    CLOSED = "closed"  # the other terminal is gone
    STOPPED = "stopped"  # we were told to
    LOST = "lost"  # our terminal is gone


class Pump:
    """`keyboard` and `screen` are ours, `stdin` and `stdout` the line's; all but the first of them
    do not block. `run` it in a thread; `stop` and `ended` come from another."""

    def __init__(
        self, keyboard: int, screen: int, stdin: int | None, stdout: int, keys: DetachKeys
    ) -> None:
        self._keyboard, self._screen = keyboard, screen
        self._stdin, self._stdout = stdin, stdout
        self._keys = keys
        self._typed, self._shown = bytearray(), bytearray()
        self._woken, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._stop = self._ended = self._closed = False
        self._over: Over | None = None

    def stop(self) -> None:
        """End at once."""
        self._stop = True
        self._wake()

    def ended(self) -> None:
        """The process has ended: what it has written is still shown."""
        self._ended = True
        self._wake()

    def close(self) -> None:
        """After `run` has returned."""
        os.close(self._woken)
        os.close(self._waker)

    def run(self) -> Over:
        """Until it is over; blocks."""
        with selectors.PollSelector() as selector:
            while self._over is None:
                self._register(selector)
                ready = {key.fd: events for key, events in selector.select(self._patience())}
                self._turn(ready)
        return self._over

    def _wake(self) -> None:
        with suppress(OSError):
            os.write(self._waker, b"x")

    def _patience(self) -> float | None:
        if self._keys.is_holding:
            return HOLD
        return QUIET if self._ended and not self._shown else None

    def _register(self, selector: selectors.BaseSelector) -> None:
        """What is waited for now; who may not send has no event."""
        wanted = {
            self._woken: _READ,
            self._keyboard: _READ,
            self._stdout: _READ if len(self._shown) < MOST and not self._closed else 0,
            self._screen: _WRITE if self._shown else 0,
        }
        if self._stdin is not None:
            wanted[self._stdin] = _WRITE if self._typed else 0
        known = {key.fd: key.events for key in selector.get_map().values()}
        for fd in known.keys() | wanted.keys():
            events = wanted.get(fd, 0)
            if fd not in known:
                if events:
                    selector.register(fd, events)
            elif not events:
                selector.unregister(fd)
            elif events != known[fd]:
                selector.modify(fd, events)

    def _turn(self, ready: dict[int, int]) -> None:
        if self._woken in ready:
            with suppress(BlockingIOError):
                os.read(self._woken, 64)
        if self._stop:
            self._over = Over.STOPPED
            return
        if not ready:
            if self._keys.is_holding:
                self._type(self._keys.flush())
            elif self._ended:
                self._closed = True
        if self._keyboard in ready:
            self._read_keys()
        if self._stdout in ready:
            self._read_output()
        if self._screen in ready:
            self._show()
        if self._stdin is not None and self._stdin in ready:
            self._hand_on()
        if self._over is None and self._closed and not self._shown:
            self._over = Over.CLOSED

    def _read_keys(self) -> None:
        try:
            data = os.read(self._keyboard, 4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._over = Over.LOST
            return
        passed, left = self._keys.feed(data)
        self._type(passed)
        if left:
            self._over = Over.LEFT

    def _type(self, data: bytes) -> None:
        if self._stdin is not None:
            self._typed += data[: MOST_TYPED - len(self._typed)]
            self._hand_on()

    def _hand_on(self) -> None:
        assert self._stdin is not None
        try:
            count = os.write(self._stdin, self._typed[:4096]) if self._typed else 0
        except BlockingIOError:
            return
        except OSError:  # nobody reads it any more
            self._stdin = None
            count = len(self._typed)
        del self._typed[:count]

    def _read_output(self) -> None:
        try:
            data = os.read(self._stdout, MOST)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._closed = True
            return
        self._shown += data
        self._show()

    def _show(self) -> None:
        try:
            count = os.write(self._screen, self._shown)
        except BlockingIOError:
            return
        except OSError:
            self._over = Over.LOST
            return
        del self._shown[:count]
