"""The command `ctdeck`: from arguments to a running app, and from its end to an exit status.

Nothing heavy is imported before it is needed: the first frame waits for all of it.
"""

from __future__ import annotations

import asyncio
import gc
import os
import select
import signal
import socket
import sys
from typing import TYPE_CHECKING, TextIO

from ctdeck.settings import Settings, from_arguments

if TYPE_CHECKING:
    from pathlib import Path

    from ctdeck.app import CtdeckApp

_SETTLED = 1.0  # s after which the start is over, and garbage is collected again
_LONG_START = 15  # times that; who has not read its lists by then does not read them soon
_GC_THRESHOLD = 50_000  # objects; took the p95 of scrolling 10,000 rows from 37 to 10 ms
_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def main() -> int:
    """Run the command; returns its exit status: 0, 1 when something failed, 2 for bad usage."""
    gc.disable()
    settings = from_arguments(sys.argv[1:], os.environ)
    if not (_is_terminal(sys.stdin) and _is_terminal(sys.stdout)):
        return _complain("this needs a terminal for its input and output", 2)
    if not _is_terminal(sys.stderr):
        # Textual draws on stderr. With that in a file the screen would stay empty.
        sys.__stderr__ = sys.__stdout__  # type: ignore[misc]
    try:
        if settings.log_file is not None:
            _log_to(settings.log_file)
    except OSError as error:
        return _complain(f"--log-file: {error}", 2)
    if settings.embedded or settings.fallback:
        from ctdeck.preparation import Refused, prepare

        try:
            settings = prepare(settings)
        except Refused as refusal:
            return _complain(str(refusal), 1)
        except KeyboardInterrupt:
            return 128 + signal.SIGINT
    return _run(settings)


def _run(settings: Settings) -> int:
    try:
        number, status = asyncio.run(_until_end(settings))
    except KeyboardInterrupt:  # before there is a screen
        return 128 + signal.SIGINT
    if number:
        # Who started us shall see what ended us, as of any program.
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    return status


async def _until_end(settings: Settings) -> tuple[int, int]:
    """Run the app: the number of the signal that ended it, 0 for none, and its exit status."""
    from ctdeck.starting import start

    loop, starting = asyncio.get_running_loop(), asyncio.current_task()
    app: CtdeckApp | None = None
    received = 0

    def leave(number: int) -> None:
        nonlocal received
        received = number
        loop.remove_reader(hangup)
        if app is not None:
            app.exit(return_code=128 + number)
        elif starting is not None:
            starting.cancel()

    with _hangup() as hangup:
        loop.add_reader(hangup, leave, signal.SIGHUP)
        for number in _SIGNALS:
            loop.add_signal_handler(number, leave, number)
        try:
            app = await start(settings)
        except asyncio.CancelledError:
            if not received:
                raise
            return received, 0
        loop.call_later(_SETTLED, _settle, app)
        await app.run_async(mouse=settings.mouse)
        loop.remove_reader(hangup)
    return received, app.return_code or 0


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


def _settle(app: CtdeckApp, more: int = _LONG_START) -> None:
    """What the start has made stays: the collector need not look at it again.

    Nor at what is read after it: a look at ten thousand records holds the loop for 20 to 60 ms.
    """
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)
    gc.enable()
    is_read = app.session is not None and app.session.store.snapshot.loaded
    if more and not is_read:
        asyncio.get_running_loop().call_later(_SETTLED, _settle, app, more - 1)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _log_to(path: Path) -> None:
    """Send Python's own log there: warnings and faults of ctdeck and of what it stands on."""
    import logging

    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    file = os.fdopen(os.open(path, flags, 0o600), "a", encoding="utf-8", errors="replace")
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(stream=file, level=logging.INFO, format=form)
    logging.captureWarnings(True)
    logging.getLogger("ctdeck").info("started")


def _complain(text: str, status: int) -> int:
    if sys.stderr is not None:
        print(f"ctdeck: {text}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
