"""The driver that sends only what changed, and skips frames while the terminal is behind."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

from textual import events

from ctdeck.terminal import jobs
from ctdeck.terminal.differ import abilities
from ctdeck.terminal.frames import Frames
from ctdeck.terminal.outlet import Outlet, open_terminal
from ctdeck.terminal.sturdy import SturdyDriver
from ctdeck.terminal.updates import Update, color_system

if TYPE_CHECKING:
    from rich.console import Console
    from textual.message import Message

    from ctdeck.firstpicture.stage import Taken

_SYNC_START, _SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
_SYNC_FROM = 512  # bytes; a shorter frame arrives in one piece
_OTHER_SCREEN = "\x1b[?1049h"
_ANSWER = 0.5  # s that leaving waits for an answer which the shell would read otherwise
_LEAVING = 0.5  # s that leaving waits for a terminal that takes nothing
_LOOK = 0.03  # s between two looks at whether the terminal has caught up
_RESIZED = 0.25  # s after a resize in which the frame of the new size has come
# Ends a string or a frame that was cut short; the pen and the scroll region as they were.
_CUT = "\x1b\\\x1b[?2026l\x1b[r\x1b[m"
_CUT_PLAIN = "\x1b[r\x1b[m"


class SparingDriver(SturdyDriver):
    """The sturdy driver; `show` takes a frame instead of its text."""

    _goes_on = False  # the other screen is there already: to switch again would clear it

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self._outlet: Outlet | None = None
        self._farewell: list[bytes] | None = None  # what is written while leaving
        self._frames = Frames(abilities(os.environ.get("TERM", "")))
        self._cursor = (0, 0)
        self._resized = False
        self._heard = threading.Event()

    def write(self, data: str) -> None:
        """Send what is no frame: modes, the clipboard, the bell."""
        if not self.may_know(data) or (self._goes_on and data == _OTHER_SCREEN):
            return
        encoded = self.encoded(data)
        if self._farewell is not None:
            self._farewell.append(encoded)
        if self._outlet is None:
            return
        if threading.current_thread() is self._key_thread:
            self._loop.call_soon_threadsafe(self._outlet.write, encoded)
        else:
            self._outlet.write(encoded)

    def show(self, update: Update, console: Console, cursor: tuple[int, int]) -> bool:
        """Show a frame: now, or merged with the next ones when the terminal has caught up.

        False if it is to be written as text.
        """
        self._frames.take(update, color_system(console))
        self._cursor = cursor
        self._send()
        return True

    def redraw(self) -> None:
        """Send all of the frame again: the terminal may show something else."""
        self._frames.forget()
        self._send()

    @property
    def is_behind(self) -> bool:
        """A frame would have to wait; also where there is no terminal at all."""
        return self._outlet is None or not self._outlet.is_ready

    async def caught_up(self) -> None:
        """Wait until the terminal shows what is drawn now, as far as that can be known."""
        sent: tuple[Outlet, int] | None = None
        while (outlet := self._outlet) is not None:
            if (sent is None or sent[0] is not outlet) and not self._is_due():
                sent = outlet, outlet.total
            if sent is not None and sent[0] is outlet and outlet.has_shown(sent[1]):
                return
            await asyncio.sleep(_LOOK)

    def _is_due(self) -> bool:
        return self._frames.is_due

    def _send(self) -> None:
        if self._outlet is None or self._farewell is not None:
            return
        if not self._outlet.is_ready:
            self._outlet.ask()
            return
        if self._resized:
            self._resized = False
            self._frames.forget()
        if text := self._frames.text(self._cursor, self._outlet.share):
            if self._app._sync_available and len(text) >= _SYNC_FROM:
                text = f"{_SYNC_START}{text}{_SYNC_END}"
            self._outlet.write(self.encoded(text))
            self._outlet.ask()

    def start_application_mode(self) -> None:
        """As Textual's, with an outlet of our own."""
        self._farewell = None
        if self._outlet is not None:
            self._outlet.close()
        taken = self._take_over()
        if taken is None:
            try:
                self._outlet = Outlet(open_terminal(), self._loop, self._send)
            except OSError:  # it has gone while we were stopped; who reads it ends us
                self._outlet = None
            self._frames.forget()
        super().start_application_mode()
        if taken is not None:
            self.attrs_before, self._goes_on = taken.modes, False
        if not self._active:
            return
        handle_resize = signal.getsignal(signal.SIGWINCH)

        def on_resize(number: int, frame: Any) -> None:
            self._notice_resize()
            if callable(handle_resize):
                handle_resize(number, frame)

        signal.signal(signal.SIGWINCH, on_resize)
        if self._outlet is not None and self.input_tty and not self._plain:
            self._outlet.ask(force=True)

    def _take_over(self) -> Taken | None:
        """Go on with what is on the terminal already, if it was drawn on before there was us."""
        stage = self._stage
        if stage is None or jobs.in_background(self.fileno):
            return None
        taken = stage.hand_over()
        if taken is not None:
            self._goes_on = True
            self._outlet = taken.outlet
            self._outlet.on_ready = self._send
            self._frames.go_on(taken.picture, taken.hand)
            stage.on_resized = self._notice_resize  # it may hear of one that came just before
            if stage.resized:
                self._notice_resize()
        return taken

    def process_message(self, message: Message) -> None:
        """In the input thread: keeps the answers to our questions to itself."""
        if isinstance(message, events.CursorPosition):
            self._heard.set()
            self._loop.call_soon_threadsafe(self._answered)
            return
        if isinstance(message, events.Resize):
            self._notice_resize()
        super().process_message(message)

    def _notice_resize(self) -> None:
        """In a signal handler or the input thread: the terminal may have cut what it showed.

        Back at the size from which it came no other frame comes of it, hence the look afterwards.
        """
        self._resized = True
        self._loop.call_soon_threadsafe(self._loop.call_later, _RESIZED, self._send)

    def _answered(self) -> None:
        if self._outlet is not None:
            self._heard.clear()
            self._outlet.answered()

    def disable_input(self) -> None:
        """As Textual's, but an answer that is on its way is waited for."""
        listens = self._key_thread is not None and self._key_thread.is_alive()
        if listens and self._outlet is not None and self._outlet.is_asked:
            self._heard.wait(_ANSWER)
        super().disable_input()

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was; frames that are not sent are dropped."""
        if self._active and self._outlet is not None:
            cut = self._outlet.drop()
            surely = (_CUT_PLAIN if self._plain else _CUT).encode()
            self._farewell = [surely]  # what is sent again has to be sure of all
            self._outlet.write(surely if cut else self._frames.put_down().encode())
        super().stop_application_mode()

    def close(self) -> None:
        """Write what is left; a terminal that takes nothing loses what it has not read."""
        super().close()
        outlet, self._outlet = self._outlet, None
        if outlet is None:
            return
        if not outlet.drain(_LEAVING):
            outlet.discard()
            outlet.write(b"".join(self._farewell or []))
            outlet.drain(_LEAVING)
        outlet.close()
