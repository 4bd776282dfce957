"""A question before something is changed: it lists what will happen, Cancel is focused."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from aiocontainerd.safe import safe
from ctdeck.desk import Question
from ctdeck.formatting import GLYPHS
from ctdeck.screens.boundkeys import key_for
from ctdeck.screens.dialog import NARROW, Armed, Dialog, is_small
from ctdeck.styles import style_path


class ConfirmScreen(Dialog[bool]):
    """`y` says yes; `n`, Esc, and Enter on the focused button (Cancel) say no."""

    CSS_PATH = style_path("dialogs")
    HORIZONTAL_BREAKPOINTS = NARROW
    AUTO_FOCUS = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", id="confirm.yes", tooltip="Do it"),
        Binding("n,escape,q", "answer(False)", "no", id="confirm.no", tooltip="Do nothing"),
        Binding("left,h", "app.focus_previous", show=False, id="confirm.left", tooltip="Left"),
        Binding("right,l", "app.focus_next", show=False, id="confirm.right", tooltip="Right"),
        Binding("j,down", "scroll(1)", show=False, id="confirm.down", tooltip="Scroll down"),
        Binding("k,up", "scroll(-1)", show=False, id="confirm.up", tooltip="Scroll up"),
        Binding("pagedown", "scroll(10)", show=False, id="confirm.page.down", tooltip="Page down"),
        Binding("pageup", "scroll(-10)", show=False, id="confirm.page.up", tooltip="Page up"),
        Binding("g,home", "scroll(-9999)", show=False, id="confirm.first", tooltip="To the top"),
        Binding("G,end", "scroll(9999)", show=False, id="confirm.last", tooltip="To the end"),
    ]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question
        self.armed = Armed()

    def compose(self) -> ComposeResult:
        """What will happen, and two buttons."""
        question = self.question
        with Vertical(classes="dialog"):
            with VerticalScroll(id="lines", can_focus=False):
                yield Static(Content(safe_block(question.lines)), markup=False)
            if question.warning:
                text = f"{GLYPHS.warning} {safe(question.warning)}"
                yield Static(Content(text), classes="warning", markup=False)
            with Horizontal(classes="buttons"):
                yield Button(f"{question.no}{self._key('no')}", id="no", compact=True)
                yield Button(f"{question.verb}{self._key('yes')}", id="yes", compact=True)

    def _key(self, answer: str) -> str:
        """The key of an answer in brackets, as the configuration has it."""
        key = key_for(self, f"confirm.{answer}")
        return f" ({key})" if key else ""

    def on_mount(self) -> None:
        """The title is a border title, which would take markup: hand it as Content."""
        self.query_one(".dialog").border_title = Content(safe(self.question.title))
        self.armed.begin(self)

    def on_resize(self) -> None:
        """The buttons are always seen; a long list scrolls over them."""
        small = is_small(self.app.size)
        self.set_class(small, "-small")
        warning = 0 if not self.question.warning else 2
        room = self.app.size.height - (3 if small else 7) - warning
        self.query_one("#lines").styles.max_height = max(1, room)

    def action_answer(self, yes: bool) -> None:
        """Answer, if the key was pressed when the question was there to be read."""
        if self.armed.accepts(self.app, harmless=not yes):
            self.dismiss(yes)

    def action_scroll(self, lines: int) -> None:
        """A long list of what will happen."""
        self.query_one("#lines").scroll_relative(y=lines, animate=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Enter on the focused button, or a click."""
        event.stop()
        self.action_answer(event.button.id == "yes")


def safe_block(lines: tuple[str, ...]) -> str:
    """Lines from outside as one text; each made safe by itself."""
    return "\n".join(safe(line) for line in lines)
