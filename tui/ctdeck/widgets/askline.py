"""One line to type something into: Enter gives it, Esc gives it up."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static


class AskLine(Horizontal):
    """An input behind what is asked for, with an answer to change or to take."""

    @dataclass
    class Answered(Message):
        """Enter; an empty text is Esc."""

        text: str

    def __init__(self, what: str, text: str) -> None:
        super().__init__()
        self._what = what
        self._text = text

    def compose(self) -> ComposeResult:
        """What is asked, and the input."""
        yield Static(f"{self._what} ", markup=False, classes="ask-what")
        entry = Input(self._text, id="ask-input", compact=True, select_on_focus=False)
        entry.cursor_blink = False
        yield entry

    def on_mount(self) -> None:
        """Keys go here now."""
        for entry in self.query(Input):
            entry.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self.post_message(self.Answered(event.value.strip()))

    def on_key(self, event: events.Key) -> None:
        """Esc."""
        if event.key == "escape":
            event.stop()
            self.post_message(self.Answered(""))
