"""One of several, from a short list."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from aiocontainerd.safe import safe
from ctdeck.desk import Choice
from ctdeck.screens.boundkeys import keys_line
from ctdeck.screens.dialog import NARROW, Armed
from ctdeck.styles import style_path
from ctdeck.widgets.column import Column
from ctdeck.widgets.table import Table


@dataclass(frozen=True, slots=True)
class Option:
    """One row of the list."""

    key: Hashable
    text: str


COLUMN: Column[Option] = Column("text", "", lambda o, _: o.text, lambda o: o.text, maximum=200)


class ChooseScreen(ModalScreen[str | None]):
    """Enter takes the row under the cursor, Esc none."""

    CSS_PATH = style_path("dialogs")
    HORIZONTAL_BREAKPOINTS = NARROW
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "take", id="choose.take", tooltip="Take this one"),
        Binding("escape,q,n", "dismiss(None)", "cancel", id="choose.cancel", tooltip="None"),
        Binding("j,down", "move(1)", "down", id="choose.down", tooltip="Down"),
        Binding("k,up", "move(-1)", "up", id="choose.up", tooltip="Up"),
        Binding("pagedown,ctrl+d", "move(10)", "down", id="choose.page.down", tooltip="Down"),
        Binding("pageup,ctrl+u", "move(-10)", "up", id="choose.page.up", tooltip="Up"),
        Binding("g,home", "move(-9999)", "first", id="choose.first", tooltip="First"),
        Binding("G,end", "move(9999)", "last", id="choose.last", tooltip="Last"),
    ]

    def __init__(self, choice: Choice, preview: Callable[[str], None] | None = None) -> None:
        super().__init__()
        self.choice = choice
        self.preview = preview  # shows what is under the cursor, before it is taken
        self.armed = Armed()
        self.table: Table[Option] = Table([COLUMN])
        self.table.header = False

    def compose(self) -> ComposeResult:
        """The list in its box."""
        with Vertical(classes="dialog choice"):
            yield self.table

    def on_mount(self) -> None:
        """Fill the list and put the cursor on what is chosen now."""
        dialog = self.query_one(".dialog")
        dialog.border_title = Content(safe(self.choice.title))
        dialog.border_subtitle = Content(
            keys_line(
                self,
                ("choose.take", self.choice.takes),
                ("choose.cancel", self.choice.leaves),
            )
        )
        options = [Option(value, text) for value, text in self.choice.options]
        longest = max((len(option.text) for option in options), default=0)
        dialog.styles.width = max(64, min(longest + 8, self.app.size.width))
        self.table.styles.height = min(len(options), max(3, self.app.size.height - 6))
        self.table.set_rows(options)
        self.table.move_to_key(self.choice.current)
        self.table.focus()
        self.armed.begin(self)

    def action_move(self, lines: int) -> None:
        """Move the cursor."""
        self.table.move(lines)

    def action_take(self) -> None:
        """Take the row under the cursor."""
        row = self.table.current
        if row is not None and self.armed.accepts(self.app):
            self.dismiss(str(row.key))

    def on_table_cursor_moved(self, event: Table.CursorMoved) -> None:
        """Another row is looked at."""
        event.stop()
        if self.preview is not None and (row := self.table.current) is not None:
            self.preview(str(row.key))

    def on_table_row_opened(self, event: Table.RowOpened) -> None:
        """A double click takes the row."""
        event.stop()
        self.action_take()
