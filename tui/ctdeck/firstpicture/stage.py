"""The terminal in our hands before Textual has it: it shows a picture, and is handed on or back."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from ctdeck.terminal import jobs, objection, quiet
from ctdeck.terminal.differ import Hand, abilities, difference
from ctdeck.terminal.encoding import encoded, encoding_for
from ctdeck.terminal.outlet import Outlet, open_terminal
from ctdeck.terminal.picture import Picture

_TAKE = "\x1b[?1049h\x1b[?25l\x1b[?7l"  # as Textual: another screen, no cursor, no wrapped lines
_GIVE = "\x1b[m\x1b[?7h\x1b[?1049l\x1b[?25h"
_LARGEST = 50_000  # cells of a terminal that are drawn within some milliseconds
_LEAVING = 0.5  # s that a terminal may take to read that


class Taken(NamedTuple):
    """What the driver goes on with: nothing of it has to be sent or switched again."""

    outlet: Outlet
    picture: Picture  # what the terminal shows
    hand: Hand
    modes: list[Any]  # of the terminal, before it was ours


class Stage:
    """Holds the terminal from the first picture until it is handed on, or given back.

    Keys that are typed meanwhile are not echoed, and stay for who reads them then.
    """

    def __init__(self) -> None:
        self._input = sys.stdin.fileno()
        self._taken: Taken | None = None
        self.resized = False  # since it shows something: the terminal may have cut that
        self.on_resized: Callable[[], None] = lambda: None
        self._over = bool(_objection(self._input))

    @property
    def size(self) -> tuple[int, int] | None:
        """Columns and lines to draw on; None where nothing is to be drawn on it."""
        if self._over:
            return None
        with suppress(OSError):
            columns, lines = os.get_terminal_size(self._input)
            return (columns, lines) if columns * lines <= _LARGEST else None
        return None

    def show(self, picture: Picture) -> None:
        """Take the terminal and show this. Raises OSError if it cannot be had.

        Once it is taken, only what is another than in the picture before is sent.
        """
        if self._over:
            return
        if self._taken is not None:
            self._change(self._taken, picture)
            return
        loop = asyncio.get_running_loop()
        outlet = Outlet(open_terminal(), loop, lambda: None)
        blank = Picture(picture.width, picture.height)
        taken = self._taken = Taken(outlet, blank, Hand(), termios.tcgetattr(self._input))
        loop.add_signal_handler(signal.SIGTSTP, self._stop)  # the driver's come after these
        loop.add_signal_handler(signal.SIGCONT, self.give_back)
        loop.add_signal_handler(signal.SIGWINCH, self._note_resize)
        quiet.on()
        _listen(self._input)
        self._send(taken, picture, _TAKE)

    def _change(self, taken: Taken, picture: Picture) -> None:
        """Nothing after a resize: the terminal may have cut what it shows."""
        shown = taken.picture
        same = (picture.width, picture.height) == (shown.width, shown.height)
        if same and not self.resized:
            self._send(taken, picture)

    def _send(self, taken: Taken, picture: Picture, before: str = "") -> None:
        hand, environment = taken.hand, os.environ
        lines = range(picture.height)
        difference(taken.picture, picture, lines, hand, abilities(environment["TERM"]))
        text, hand.out[:] = before + "".join(hand.out), ()
        preferred = getattr(sys.__stderr__, "encoding", "utf-8")
        taken.outlet.write(encoded(text, encoding_for(environment, preferred)))

    def hand_over(self) -> Taken | None:
        """What the driver goes on with; None if it has to begin."""
        taken = None if self._over else self._taken
        self._over = True
        if taken is not None:
            quiet.off()
        return taken

    def give_back(self) -> None:
        """The terminal is as it was. Nothing happens if it was not taken, or is handed over."""
        taken = self.hand_over()
        if taken is None:
            return
        outlet = taken.outlet
        outlet.drop()
        outlet.write(_GIVE.encode())
        if not outlet.drain(_LEAVING):
            outlet.discard()
            outlet.write(_GIVE.encode())
            outlet.drain(_LEAVING)
        outlet.close()
        with suppress(termios.error):  # it has gone
            termios.tcsetattr(self._input, termios.TCSAFLUSH, taken.modes)

    def _note_resize(self) -> None:
        self.resized = True
        self.on_resized()

    def _stop(self) -> None:
        """SIGTSTP, which no key sends now. Textual takes the terminal when we are continued."""
        self.give_back()
        jobs.stop(signal.SIGTSTP)


def _objection(terminal: int) -> str:
    """Why Textual shall be the first to draw; empty if it need not be."""
    if jobs.in_background(terminal):
        return "another job has the terminal"
    if "COLUMNS" in os.environ or "LINES" in os.environ:
        return "its size is not the terminal's"
    return objection(os.environ)


def _listen(terminal: int) -> None:
    """Keys come one by one and are not echoed; of those with a meaning ctrl+c keeps its own."""
    modes = termios.tcgetattr(terminal)
    modes[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
    modes[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
    modes[6][termios.VSUSP] = b"\0"  # ctrl+z is for who can do it
    termios.tcsetattr(terminal, termios.TCSANOW, modes)
