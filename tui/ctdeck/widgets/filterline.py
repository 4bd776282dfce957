"""The `/` line: filters as one types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from aiocontainerd.safe import safe
from ctdeck.widgets.lines import Line


class FilterLine(Horizontal):
    """An input behind a `/`, with what came of it at the right.

    `apply` sets the filter and returns what came of it (``3/31``); it raises ValueError for
    a pattern that is none. Enter keeps the filter, Esc clears it.
    """

    @dataclass
    class Closed(Message):
        """Back to the list."""

    def __init__(self, text: str, apply: Callable[[str], str]) -> None:
        super().__init__()
        self._text = text
        self._apply = apply

    def compose(self) -> ComposeResult:
        """The sign, the input, the result."""
        yield Static("/", markup=False, classes="prompt-sign")
        entry = Input(self._text, id="filter-input", compact=True, select_on_focus=False)
        entry.cursor_blink = False
        yield entry
        yield Line(id="filter-result", layout=True)

    def on_mount(self) -> None:
        """Keys go here now."""
        for entry in self.query(Input):  # none when it was taken away before it was composed
            entry.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter, and say what came of it."""
        event.stop()
        try:
            self.tell(self._apply(event.value))
        except ValueError as error:
            self.tell(str(error), "$error")

    def tell(self, result: str, style: str = "$quiet") -> None:
        """Say what came of it."""
        for line in self.query("#filter-result").results(Line):
            line.show([(safe(result), style)])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self.post_message(self.Closed())

    def on_key(self, event: events.Key) -> None:
        """Esc."""
        if event.key == "escape":
            event.stop()
            self._apply("")
            self.post_message(self.Closed())
