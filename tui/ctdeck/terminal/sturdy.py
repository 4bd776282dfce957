"""Textual's driver for Linux, made to survive: its signals, a lost line, odd input, odd sizes."""

from __future__ import annotations

import os
import selectors
import signal
from codecs import getincrementaldecoder
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual import events
from textual._parser import ParseError
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size

from ctdeck.terminal import jobs, quiet
from ctdeck.terminal.encoding import encoded, encoding_for
from ctdeck.terminal.keyparser import KeyParser
from ctdeck.terminal.kind import is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.message import Message

    from ctdeck.firstpicture.stage import Stage

MOST_COLUMNS, MOST_LINES = 2000, 1000  # an 8K screen has 1,536 by 540; more is not drawn on
_TURN = 0.1  # s between two looks whether it is over; Textual's parser counts on it too
_CHUNK = 4096  # bytes
# Read as letters by a terminal that does not know them: kitty's keyboard.
_NOT_FOR_PLAIN = ("\x1b[>", "\x1b[<")


class SturdyDriver(LinuxDriver):
    """Is in application mode or not, whatever signal comes when; draws only while it is."""

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        if self._size is None:  # else the app asks rich, which knows no bounds
            self._size = self._get_terminal_size()
        self._active = False
        self._plain = is_plain(os.environ)
        self._stage: Stage | None = getattr(app, "stage", None)  # who may have the terminal still
        self._encoding = encoding_for(os.environ, getattr(self._file, "encoding", "utf-8"))
        # In the loop and not between any two lines of ours: what they do must not be cut in two.
        self._loop.add_signal_handler(signal.SIGTSTP, self._stop_process)
        self._loop.add_signal_handler(signal.SIGCONT, self._continue_process)

    def write(self, data: str) -> None:
        """Send this, while the terminal is ours and if it may know it."""
        if self._active and self.may_know(data):
            super().write(self.encoded(data).decode(self._encoding))

    def may_know(self, data: str) -> bool:
        """Whether it is a sequence that a terminal of this TERM may know, or text."""
        return not (self._plain and data.startswith(_NOT_FOR_PLAIN))

    def encoded(self, data: str) -> bytes:
        """The bytes; a character that cannot be is as many question marks as it has cells."""
        return encoded(data, self._encoding)

    def start_application_mode(self) -> None:
        """As Textual's; a background job stops first. Nothing happens without a terminal."""
        self._key_thread = None
        self._give_back_stage()
        if not self._comes_to_front():
            return
        self._in_band_window_resize = False  # another terminal may be behind it by now
        self._active = True
        quiet.on()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._active = self._key_thread is not None
        if not self._active:
            quiet.off()

    def stop_application_mode(self) -> None:
        """As Textual's; once for each start."""
        if self._active:
            self.write("\x1b[?1016l")
            super().stop_application_mode()
            self._active = False
            if not self._app._exit:  # gRPC prints a traceback for each call that ends with us
                quiet.off()

    def _stop_process(self) -> None:
        """SIGTSTP: give the terminal back, then stop, and take it again."""
        self._give_back_stage()
        if self._auto_restart and self._active:
            self.suspend_application_mode()
        jobs.stop(signal.SIGTSTP)
        self._continue_process()

    def _continue_process(self) -> None:
        """Take the terminal again, also where a SIGSTOP left no time to give it back."""
        self._give_back_stage()
        if not self._auto_restart or self._app._exit or not self._comes_to_front():
            return
        if self._active:
            self.suspend_application_mode()
        self._must_signal_resume = True
        self.resume_application_mode()

    def _give_back_stage(self) -> None:
        if self._stage is not None:
            self._stage.give_back()

    def _comes_to_front(self) -> bool:
        """Stopped while another job has the terminal; False where nobody will ever change that."""
        while jobs.in_background(self.fileno):
            if not jobs.can_be_continued():
                os.kill(os.getpid(), signal.SIGHUP)
                return False
            jobs.stop(signal.SIGTTOU)
        return True

    def _request_terminal_sync_mode_support(self) -> None:
        if not self._plain:
            super()._request_terminal_sync_mode_support()

    def _query_in_band_window_resize(self) -> None:
        if not self._plain:
            super()._query_in_band_window_resize()

    def _get_terminal_size(self) -> tuple[int, int]:
        width, height = super()._get_terminal_size()
        return min(width, MOST_COLUMNS), min(height, MOST_LINES)

    def process_message(self, message: Message) -> None:
        """In the input thread: a size that the terminal reports has bounds too."""
        if isinstance(message, events.Resize):
            width, height = message.size
            size = Size(min(max(width, 1), MOST_COLUMNS), min(max(height, 1), MOST_LINES))
            message = events.Resize(size, size, None, message.pixel_size)
        super().process_message(message)

    def _run_input_thread(self) -> None:
        """As Textual's; a fault in it ends the app as any other does."""
        try:
            self.run_input_thread()
        except Exception as error:  # reported there, whatever it is
            self._loop.call_soon_threadsafe(self._app._handle_exception, error)

    def run_input_thread(self) -> None:
        """Read until told to end, or until there is no terminal: that is the same as SIGHUP."""
        parser = KeyParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                text = ""
                if selector.select(_TURN):
                    data = self._read()
                    if data is None:
                        return
                    text = decode(data)
                parser = self._hand_on(parser, text)
        with suppress(EOFError, ParseError):
            for _ in parser.feed(""):
                pass

    def _read(self) -> bytes | None:
        """None when there is no terminal any more."""
        try:
            if data := os.read(self.fileno, _CHUNK):
                return data
        except BlockingIOError:  # who shares it with us was quicker
            return b""
        except OSError:  # EIO
            pass
        os.kill(os.getpid(), signal.SIGHUP)
        return None

    def _hand_on(self, parser: KeyParser, text: str) -> KeyParser:
        """Parse and send; what cannot be parsed is dropped, and a new parser begins behind it."""
        try:
            for message in self._messages(parser, text):
                self.process_message(message)
        except (EOFError, ParseError):
            return KeyParser(self._debug)
        return parser

    def _messages(self, parser: KeyParser, text: str) -> Iterator[Message]:
        if text:
            yield from parser.feed(text)
        yield from parser.tick()


def is_running(driver: object) -> bool:
    """Whether the terminal is in our hands."""
    return isinstance(driver, SturdyDriver) and driver._active
