"""The `/` line: filters, or finds, as one types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from aiocontainerd.safe import safe
from ctdeck.formatting import GLYPHS
from ctdeck.widgets.lines import Line

HINT = "typing replaces it, → goes on"
HINT_FROM = 64  # cells: else it would take the room of what is typed


def take_away(prompt: Widget) -> None:
    """Close what one types in there."""
    for entry in prompt.query(Input):  # else Textual's signal holds it as long as the screen
        prompt.screen.text_selection_started_signal.unsubscribe(entry)
    prompt.remove_children()


class FilterLine(Vertical):
    """An input behind a `sign`, with what came of it at the right, or why it is none above it.

    A `text` that is there already is selected: typing replaces it, an arrow key goes on with it.
    `apply` sets the filter and returns what came of it (``3/31``); it raises ValueError for
    a pattern that is none. Enter keeps the filter, but not while it is none; Esc clears it.
    """

    @dataclass
    class Closed(Message):
        """Back to the list; Enter has `kept` the filter."""

        kept: bool

    def __init__(self, text: str, apply: Callable[[str], str], *, sign: str = "/") -> None:
        super().__init__()
        self._sign = sign
        self._text = text
        self._apply = apply
        self._is_none = False
        self._result = ""

    def compose(self) -> ComposeResult:
        """The sign, the input, the result."""
        yield Static(markup=False, id="filter-note")
        with Horizontal(id="filter-row"):
            yield Static(self._sign, markup=False, classes="prompt-sign")
            entry = Input(self._text, id="filter-input", compact=True, select_on_focus=False)
            entry.cursor_blink = False
            yield entry
            yield Line(id="filter-result", layout=True)

    def on_mount(self) -> None:
        """Keys go here now."""
        for entry in self.query(Input):  # none when it was taken away before it was composed
            entry.focus()
            entry.select_all()
            self.watch(entry, "selection", self._show_result, init=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter, and say what came of it."""
        event.stop()
        try:
            self._say(self._apply(event.value))
        except ValueError as error:
            self._say("as before", why=str(error))

    def tell(self, result: str) -> None:
        """Say what came of it by now."""
        if not self._is_none:
            self._say(result)

    def _say(self, result: str, *, why: str = "") -> None:
        self._is_none = bool(why)
        self._result = safe(result)
        self._show_result()
        for note in self.query("#filter-note").results(Static):
            note.display = bool(why)
            note.update(f"{GLYPHS.warning} {safe(why)}" if why else "")

    def _show_result(self) -> None:
        """With a hint as long as the old text is selected."""
        is_old = any(not entry.selection.is_empty for entry in self.query(Input))
        hint = f"{HINT}  " if is_old and self.app.size.width >= HINT_FROM else ""
        for line in self.query("#filter-result").results(Line):
            line.show([(hint, "$accent"), (self._result, "$quiet")])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        if not self._is_none:
            self.post_message(self.Closed(kept=True))

    def on_key(self, event: events.Key) -> None:
        """Esc."""
        if event.key == "escape":
            event.stop()
            self._apply("")
            self.post_message(self.Closed(kept=False))
