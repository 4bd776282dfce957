"""How ctdeck ends: by a signal, by the loss of its terminal, by a fault; never late."""

from __future__ import annotations

import asyncio
import os
import resource
import select
import signal
import socket
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from ctdeck.terminal import quiet

if TYPE_CHECKING:
    from ctdeck.app import CtdeckApp
    from ctdeck.firstpicture.stage import Stage

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
LEAVING = 60.0  # s for the containers of an embedded daemon to be stopped, when one leaves
ORDERLY = 15.0  # s for pulls to be cancelled and an embedded daemon to end
LOST = 3.0  # s of them when nobody is there to see it
AGAIN = 1.0  # s of them when a second signal comes
LEFT = 10.0  # s after the app's end for threads that wait for something: a mount, a name server


class Ending:
    """Ends the app when a signal comes or the terminal goes; `number` is that signal, or 0.

    `stage` may have the terminal before the app has it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, stage: Stage) -> None:
        self.number = 0
        self.app: CtdeckApp | None = None
        self.stage = stage
        self._loop = loop
        self._starting = asyncio.current_task()
        self._hangup = _hangup()
        self._latest: asyncio.TimerHandle | None = None
        for number in SIGNALS:
            loop.add_signal_handler(number, self.end, number)
        loop.add_reader(self._hangup, self._lost)

    def end(self, number: int) -> None:
        """End the app as if this signal had come; a second one does not wait for much.

        A lost line is told more than once: by the kernel, by our look at it, by who reads it.
        """
        wait = LOST if number == signal.SIGHUP else AGAIN if self.number else ORDERLY
        self._end_within(wait)
        self.number = self.number or number
        if self.app is not None:
            self.app.exit(return_code=128 + number)
        elif self._starting is not None:
            self._starting.cancel()

    def watch(self, app: CtdeckApp) -> None:
        """See to it that this one ends when it is to end, whatever that waits for."""
        self.app = app
        app.on_leaving = self._leaves

    def close(self) -> None:
        """Look no longer whether the terminal has gone, and hold it no longer."""
        self._loop.remove_reader(self._hangup)
        self._hangup.close()
        self.stage.give_back()
        if self._latest is not None:
            self._latest.cancel()

    def _leaves(self) -> None:
        faulty = self.app is not None and self.app.fault is not None
        self._end_within(ORDERLY if faulty else LEAVING)

    def _lost(self) -> None:
        self._loop.remove_reader(self._hangup)  # it would be told for ever
        if self.number:
            self._end_within(LOST)
        else:
            self.end(signal.SIGHUP)

    def _end_within(self, seconds: float) -> None:
        if self._latest is not None:
            seconds = min(seconds, self._latest.when() - self._loop.time())
            self._latest.cancel()
        self._latest = self._loop.call_later(seconds, self._end_now)

    def _end_now(self) -> None:
        """What it waits for does not come."""
        app = self.app
        self.stage.give_back()
        end_for_sure(128 + self.number if self.number else 1, AGAIN)  # should this wait, too
        if app is not None and app._driver is not None:
            with suppress(Exception):  # whatever it is, there is no time for it
                app._driver.suspend_application_mode()
        quiet.off()  # a fault is told
        if self.number:
            die(self.number)
        os._exit(status_of(app) if app is not None else 1)


def status_of(app: CtdeckApp) -> int:
    """The exit status of an app that has ended, or is to; a fault is told and logged."""
    return after_fault(app.fault) if app.fault is not None else app.return_code or 0


def die(number: int) -> None:
    """Who started us shall see what ended us. Without a core: secrets may be in it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def end_for_sure(status: int, seconds: float = LEFT) -> None:
    """Python's end waits for threads; not for ever."""

    def end() -> None:
        os._exit(status)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def after_fault(error: BaseException) -> int:
    """One line for a fault of ours; the rest is in a log. Returns the exit status."""
    text = f"ctdeck: a fault in ctdeck itself: {type(error).__name__}"
    with suppress(Exception):  # a full disk, say: the line alone
        from ctdeck.failures import crash_log

        text += f"; the details are in {crash_log(error)}"
    # Not by sys.stderr: when the app ends while a program has the terminal, that stays Textual's.
    with suppress(OSError):
        os.write(quiet.ERRORS, f"{text}\n".encode(errors="backslashreplace"))
    return 1


def _hangup() -> select.epoll | socket.socket:
    """What can be read when the terminal has gone.

    Under make or su the hang-up signal goes to them alone, and a dead terminal reads as nothing,
    for ever. An epoll that waits for no event still tells of a hang-up.
    """
    if not hasattr(select, "epoll"):  # no Linux (--demo): one that can never be read
        return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    hangup = select.epoll()
    hangup.register(sys.stdin.fileno(), 0)
    return hangup
