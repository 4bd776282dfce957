"""All the keys that work here, made from the one table."""

from __future__ import annotations

from types import MappingProxyType
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from aiocontainerd.safe import safe_lines
from ctdeck.actions import ACTIONS, Action
from ctdeck.actions.action import KeyMap
from ctdeck.screens.boundkeys import keys_line
from ctdeck.screens.dialog import NARROW, Dialog, is_small
from ctdeck.styles import style_path
from ctdeck.widgets.factsview import wrap

KEYS = 13  # cells for the keys


def help_groups(pane: str, *, read_only: bool) -> list[tuple[str, list[Action]]]:
    """The actions that work in this pane, those on its rows first, under their headings."""
    groups: dict[str, list[Action]] = {}
    for action in ACTIONS:
        if action.works_in(pane) and not (read_only and action.changes):
            groups.setdefault(action.group, []).append(action)
    return list(groups.items())


def help_content(
    pane: str, width: int, *, refusal: str = "", keymap: KeyMap = MappingProxyType({})
) -> Content:
    """The text of the help, wrapped to `width` cells; `refusal`: how changes are allowed."""
    column = KEYS if width >= 60 else 11
    parts: list[str | tuple[str, str]] = []
    if refusal:
        text = f"Read-only: what changes anything is left out. {refusal}"
        parts += [f"{line}\n" for line in (*wrap(text, max(12, width)), "")]
    for heading, actions in help_groups(pane, read_only=bool(refusal)):
        parts.append((f"{heading}\n", "bold $primary"))
        for action in actions:
            words = " ".join(f":{word}" for word in action.words)
            text = f"{action.tooltip}  {words}".rstrip()
            for number, line in enumerate(wrap(text, max(12, width - column - 2))):
                keys = " ".join(action.shown_keys(keymap)) if number == 0 else ""
                parts.append((f"  {keys:<{column}}", "$accent"))
                cut = line.find(f"  {words}") if words else -1
                cut = len(line) if cut < 0 else cut
                parts += [line[:cut], (f"{line[cut:]}\n", "$quiet")]
        parts.append("\n")
    return Content.assemble(*parts)


class HelpScreen(Dialog[None]):
    """Esc, q or ? closes it."""

    CSS_PATH = style_path("dialogs")
    HORIZONTAL_BREAKPOINTS = NARROW
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q,question_mark", "dismiss", id="help.close", tooltip="Close"),
        Binding("j,down", "scroll(1)", "down", id="help.down", tooltip="Scroll down"),
        Binding("k,up", "scroll(-1)", "up", id="help.up", tooltip="Scroll up"),
        Binding("pagedown,space,ctrl+d", "scroll(10)", "page", id="help.page", tooltip="Page down"),
        Binding("pageup,ctrl+u", "scroll(-10)", "page up", id="help.page.up", tooltip="Page up"),
        Binding("g,home", "scroll(-9999)", "top", id="help.top", tooltip="To the top"),
        Binding("G,end", "scroll(9999)", "bottom", id="help.bottom", tooltip="To the end"),
    ]

    def __init__(
        self,
        pane: str,
        *,
        refusal: str = "",
        about: str = "",
        keymap: KeyMap = MappingProxyType({}),
    ) -> None:
        super().__init__()
        self._pane = pane
        self._refusal = refusal
        self._about = about
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        """The keys in a box."""
        with Vertical(classes="dialog help"), VerticalScroll(id="lines", can_focus=False):
            yield Static(self._text(), id="help-text", markup=False)

    def on_mount(self) -> None:
        """Head it."""
        dialog = self.query_one(".dialog")
        dialog.border_title = Content(f"Keys on the {self._pane}")
        dialog.border_subtitle = Content(
            keys_line(self, ("help.close", "closes"), ("help.down", "help.up", "scroll"))
        )

    def on_resize(self) -> None:
        """Wrap to the width."""
        self.query_one("#help-text", Static).update(self._text())

    def _text(self) -> Content:
        small = is_small(self.app.size)
        self.set_class(small, "-small")
        width = self.app.size.width
        width = (84 if width >= NARROW[1][0] else width) - (6 if small else 8)
        text = help_content(self._pane, width, refusal=self._refusal, keymap=self._keymap)
        return Content.assemble(text, (f"\n{safe_lines(self._about)}", "$quiet"))

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self.query_one("#lines").scroll_relative(y=lines, animate=False)
