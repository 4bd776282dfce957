"""A longer text to read: an error with all its words, or the ctr lines."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from aiocontainerd.safe import safe, safe_lines
from ctdeck.clipboard import copy
from ctdeck.screens.boundkeys import keys_line
from ctdeck.screens.dialog import NARROW, Dialog, is_small
from ctdeck.styles import style_path


class MessageScreen(Dialog[None]):
    """Esc, Enter or q closes it; `c` copies it."""

    CSS_PATH = style_path("dialogs")
    HORIZONTAL_BREAKPOINTS = NARROW
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss", "close", id="message.close", tooltip="Close"),
        Binding("c", "copy", "copy", id="message.copy", tooltip="Copy the text"),
        Binding("j,down", "scroll(1)", "down", id="message.down", tooltip="Scroll down"),
        Binding("k,up", "scroll(-1)", "up", id="message.up", tooltip="Scroll up"),
        Binding("pagedown,space", "scroll(10)", "page", id="message.page", tooltip="Page down"),
        Binding("pageup", "scroll(-10)", "page up", id="message.page.up", tooltip="Page up"),
    ]

    def __init__(self, title: str, text: str, *, bad: bool = False) -> None:
        super().__init__()
        self._heading = title
        self._text = text
        self._bad = bad

    def compose(self) -> ComposeResult:
        """The text in its box."""
        kind = "dialog message bad" if self._bad else "dialog message"
        with Vertical(classes=kind), VerticalScroll(id="lines", can_focus=False):
            yield Static(Content(safe_lines(self._text).strip()), markup=False)

    def on_mount(self) -> None:
        """Titles take markup unless they are Content."""
        dialog = self.query_one(".dialog")
        dialog.border_title = Content(safe(self._heading))
        dialog.border_subtitle = Content(
            keys_line(self, ("message.close", "closes"), ("message.copy", "copies"))
        )

    def on_resize(self) -> None:
        """No padding on a small screen."""
        self.set_class(is_small(self.app.size), "-small")

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self.query_one("#lines").scroll_relative(y=lines, animate=False)

    def action_copy(self) -> None:
        """Copy the whole text."""
        self.run_worker(self._copy(), group="copy")

    async def _copy(self) -> None:
        where = await copy(self.app, safe_lines(self._text).strip())
        self.app.notify(f"Copied {where}".rstrip() + ".", markup=False)
