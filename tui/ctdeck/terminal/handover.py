"""The whole terminal for a process in a container, while the app draws nothing and lives on."""

from __future__ import annotations

import asyncio
import os
import signal
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from aiocontainerd.settled import settled
from ctdeck.terminal import jobs, quiet
from ctdeck.terminal.detach import DetachKeys
from ctdeck.terminal.lent import RESET, lent, raw
from ctdeck.terminal.outlet import open_terminal
from ctdeck.terminal.pump import Over, Pump
from ctdeck.terminal.sturdy import SturdyDriver

if TYPE_CHECKING:
    from textual.app import App

_KEY = 1024  # bytes of a key, or of a line that was pasted
FULL = 5.0  # s that a terminal may take for words of ours
LAST = 3.0  # s for the exit status after the terminal of a process has closed
_TERM = ("xterm", "screen", "tmux", "linux", "vt", "rxvt")  # known in most images


class Place(NamedTuple):
    """The terminal as a program in a container is to know it."""

    columns: int
    rows: int
    term: str


class Line(Protocol):
    """What is spoken to: see `aiocontainerd.operations.lines.Line`."""

    @property
    def stdin(self) -> int | None:
        """Takes what is typed."""

    @property
    def stdout(self) -> int:
        """Gives what is shown."""

    async def ended(self) -> int | None:
        """Its exit status, when it has ended."""


class Outcome(NamedTuple):
    """How it was over; `status` is None where it goes on or where nobody knows."""

    over: Over
    status: int | None = None


Resize = Callable[[int, int], Any]


def place_of(app: App[Any]) -> Place | None:
    """The terminal; None if it cannot be handed over."""
    driver = app._driver
    if not isinstance(driver, SturdyDriver) or not driver._active:
        return None
    term = os.environ.get("TERM", "")
    columns, rows = _size(driver.fileno)
    return Place(columns, rows, term if term.startswith(_TERM) else "xterm")


async def hand_over(
    app: App[Any], line: Line, resize: Resize, *, keys: bytes, greeting: str, stay: bool = False
) -> Outcome:
    """Let the terminal be the line's until one of the two is over, or the keys leave it.

    `resize` is called in the loop with columns and rows: at the beginning, and with each change.
    `greeting` is one line of plain text above it. With `stay` what was shown stays until a key is
    pressed. Raises OSError when the terminal cannot be opened.
    """
    driver = app._driver
    assert isinstance(driver, SturdyDriver)
    screen, fault, outcome = open_terminal(), None, Outcome(Over.STOPPED)
    try:
        with app.batch_update(), app.suspend():
            quiet.on()
            try:
                await _write(screen, f"{greeting}\n".encode())
                async with lent(driver.fileno):
                    with _followed(driver, screen, resize):
                        outcome = await _spoken(driver.fileno, screen, line, DetachKeys(keys))
                        if stay and outcome.over is Over.CLOSED:
                            await _seen(driver.fileno, screen, outcome)
            except Exception as error:  # the app has to come back first
                fault = error
            finally:
                quiet.off()
                await settled(_reset(screen))
    finally:
        os.close(screen)
    if fault is not None:
        raise fault
    return outcome


async def _seen(keyboard: int, screen: int, outcome: Outcome) -> None:
    """Leave what was shown until a key is pressed, which is for nothing else."""
    status = "" if outcome.status is None else f" with exit status {outcome.status}"
    await _write(screen, RESET + f"\r\nctdeck: it ended{status}. Any key goes back.".encode())
    pressed = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(keyboard, pressed.set)
    try:
        await pressed.wait()
        with suppress(OSError):
            os.read(keyboard, _KEY)
    finally:
        loop.remove_reader(keyboard)


async def _write(screen: int, data: bytes) -> bool:
    """All of it; False where the terminal takes nothing for `FULL` seconds."""
    loop, writable = asyncio.get_running_loop(), asyncio.Event()
    while data:
        try:
            data = data[os.write(screen, data) :]
        except BlockingIOError:
            writable.clear()
            loop.add_writer(screen, writable.set)
            try:
                async with asyncio.timeout(FULL):
                    await writable.wait()
            except TimeoutError:
                return False
            finally:
                loop.remove_writer(screen)
        except OSError:  # it is gone: who watches for that ends us
            break
    return True


async def _reset(screen: int) -> None:
    """Switch off what the program left on; the next one begins below.

    On a terminal that stands it takes the place of what that has not shown.
    """
    data = RESET + b"\r\n"
    if not await _write(screen, data):
        _write_in_place(screen, data)


def _write_in_place(screen: int, data: bytes) -> None:
    """Of what the terminal has not read."""
    with suppress(termios.error):
        termios.tcflush(screen, termios.TCOFLUSH)
    with suppress(OSError):
        os.write(screen, data)


async def _spoken(keyboard: int, screen: int, line: Line, keys: DetachKeys) -> Outcome:
    pump = Pump(keyboard, screen, line.stdin, line.stdout, keys)
    running = asyncio.get_running_loop().run_in_executor(None, pump.run)
    ending = asyncio.ensure_future(line.ended())
    ending.add_done_callback(lambda _: pump.ended())
    try:
        over = await asyncio.shield(running)
        if over is Over.LOST:
            os.kill(os.getpid(), signal.SIGHUP)  # as when it is lost at any other time
        if over is Over.CLOSED:
            await asyncio.wait({ending}, timeout=LAST)
        known = ending.done() and not ending.cancelled() and over is not Over.LEFT
        return Outcome(over, ending.result() if known else None)
    finally:
        pump.stop()
        ending.cancel()
        await asyncio.wait({running})
        pump.close()


@contextmanager
def _followed(driver: SturdyDriver, screen: int, resize: Resize) -> Iterator[None]:
    """Its size is followed; stopped by a signal from outside, we give it back and take it again."""
    loop, terminal = driver._loop, driver.fileno

    def resized() -> None:
        resize(*_size(terminal))

    def stop() -> None:
        try:  # nothing waits here: a terminal that stands would hold us for ever
            taken = os.write(screen, RESET)
        except OSError:
            taken = 0
        if taken < len(RESET):
            _write_in_place(screen, RESET)
        _sane(terminal)
        jobs.stop(signal.SIGTSTP)
        raw(terminal)
        resized()

    loop.add_signal_handler(signal.SIGWINCH, resized)
    loop.add_signal_handler(signal.SIGTSTP, stop)
    loop.add_signal_handler(signal.SIGCONT, lambda: raw(terminal))
    resized()
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGWINCH)
        loop.add_signal_handler(signal.SIGTSTP, driver._stop_process)
        loop.add_signal_handler(signal.SIGCONT, driver._continue_process)


def _sane(terminal: int) -> None:
    """As a shell wants it."""
    with suppress(termios.error):
        modes = termios.tcgetattr(terminal)
        modes[0] |= termios.ICRNL | termios.IXON
        modes[1] |= termios.OPOST
        modes[3] |= termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN
        termios.tcsetattr(terminal, termios.TCSANOW, modes)


def _size(terminal: int) -> tuple[int, int]:
    try:
        columns, rows = os.get_terminal_size(terminal)
    except OSError:
        return 80, 24
    return columns or 80, rows or 24
