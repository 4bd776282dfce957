"""The command `ctdeck`: from arguments to a running app, and from its end to an exit status.

Nothing heavy is imported before it is needed: the first frame waits for all of it.
"""

from __future__ import annotations

import ctdeck.lazyparts  # before all that imports them
import ctdeck.lazytls  # noqa: F401  before asyncio

# isort: split
import asyncio
import gc
import os
import signal
import sys
from typing import TYPE_CHECKING, TextIO

from ctdeck.collector import settle
from ctdeck.ending import Ending, after_fault, die, end_for_sure, status_of
from ctdeck.settings import Settings, fitting, from_arguments
from ctdeck.terminal import quiet
from ctdeck.terminal.kind import Colours, colour_system, colours_for, refusal

if TYPE_CHECKING:
    from pathlib import Path

    from ctdeck.app import CtdeckApp

_SETTLED = 1.0  # s after which the start is over, and garbage is collected again
_LONG_START = 15  # times that; who has not read its lists by then does not read them soon
_TAKE_VALUES = frozenset({"-a", "--address", "-n", "--namespace", "--config", "--log-file"})


def _of_doctor(arguments: list[str]) -> list[str] | None:
    """What is left for `ctdeck doctor`, before its options or behind them; None without it."""
    if arguments[:1] == ["doctor"]:
        return arguments[1:]
    if arguments[-1:] == ["doctor"] and arguments[-2] not in _TAKE_VALUES:
        return arguments[:-1]
    return None


def main() -> int:
    """Run the command; returns its exit status: 0, 1 when something failed, 2 for bad usage.

    `ctdeck doctor` needs no terminal.
    """
    if (asked := _of_doctor(sys.argv[1:])) is not None:
        from ctdeck import doctor

        return doctor.main(asked)
    gc.disable()
    settings = from_arguments(sys.argv[1:], os.environ)
    if problem := _no_screen():
        return _complain(problem, 2)
    _fit_textual()
    if settings.config is not None and settings.config.keys:
        from ctdeck.config import BadConfig
        from ctdeck.keymap import keymap_of

        try:
            settings = settings._replace(keys=keymap_of(settings.config))
        except BadConfig as error:
            return _complain(str(error), 2)
    try:
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
        number, status = signal.SIGINT, 0
    except Exception as error:
        return after_fault(error)
    if number:
        die(number)
    return status


async def _until_end(settings: Settings) -> tuple[int, int]:
    """Run the app: the number of the signal that ended it, 0 for none, and its exit status."""
    from ctdeck.firstpicture.stage import Stage
    from ctdeck.starting import start

    stage = Stage()
    ending = Ending(asyncio.get_running_loop(), stage)
    try:
        ending.watch(app := await start(settings, stage))
        asyncio.get_running_loop().call_later(_SETTLED, _settle, app)
        await app.run_async(mouse=settings.mouse)
    except asyncio.CancelledError:
        if not ending.number:
            raise
        end_for_sure(128 + ending.number)
        stage.give_back()
        quiet.on()  # what is under way is cancelled with the loop, and gRPC complains of that
        return ending.number, 0
    finally:
        ending.close()
    if app.fault is not None:
        quiet.off()
    status = status_of(app)
    end_for_sure(status)
    quiet.on()
    return 0 if app.fault is not None else ending.number, status


def _no_screen() -> str:
    """Why nothing can be shown here; empty if it can."""
    quiet.fill_closed()
    if not (_is_terminal(sys.stdin) and _is_terminal(sys.stdout)):
        return "this needs a terminal for its input and output"
    try:
        os.tcgetpgrp(sys.stdin.fileno())
    except OSError:  # setsid, say: the shell reads the same keys, and no signal comes
        return "this terminal is another session's: start ctdeck from a shell in it"
    return refusal(os.environ)


def _fit_textual() -> None:
    """What Textual reads when it is imported: the colours, and on what it draws."""
    if _is_terminal(sys.stderr):
        quiet.screen_apart()
    else:  # Textual draws on stderr. With that in a file the screen would stay empty.
        sys.__stderr__ = sys.__stdout__  # type: ignore[misc]
    colours = colours_for(os.environ)
    os.environ.setdefault("TEXTUAL_COLOR_SYSTEM", colour_system(colours))
    if colours is Colours.NONE:
        os.environ["NO_COLOR"] = "1"
    else:
        os.environ.pop("NO_COLOR", None)  # Textual takes an empty one for one that is set


def _settle(app: CtdeckApp, more: int = _LONG_START) -> None:
    """What the start has made stays: the collector need not look at it again.

    Nor at what is read after it: a look at ten thousand records holds the loop for 20 to 60 ms.
    """
    settle()
    is_read = app.session is not None and app.session.store.snapshot.loaded
    if more and not is_read:
        asyncio.get_running_loop().call_later(_SETTLED, _settle, app, more - 1)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _log_to(path: Path | None) -> None:
    """Send Python's own log there: warnings and faults of ctdeck and of what it stands on.

    With None nowhere: Python would write them on the terminal.
    """
    import logging

    log = logging.getLogger("ctdeck")
    logging.captureWarnings(True)
    sys.unraisablehook = lambda fault: log.warning("%s: %r", fault.err_msg, fault.exc_value)
    if path is None:
        logging.getLogger().addHandler(logging.NullHandler())
        return
    from ctdeck.logform import LogForm

    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    file = os.fdopen(os.open(path, flags, 0o600), "a", encoding="utf-8", errors="replace")
    handler = logging.StreamHandler(file)
    handler.setFormatter(LogForm())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    log.info("started")


def _complain(text: str, status: int) -> int:
    if sys.stderr is not None:
        print(fitting(f"ctdeck: {text}"), file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
