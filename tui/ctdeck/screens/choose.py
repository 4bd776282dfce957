"""One of several, from a short list."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from textwrap import wrap
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from aiocontainerd.safe import safe
from ctdeck.desk import Choice
from ctdeck.screens.boundkeys import keys_line
from ctdeck.screens.dialog import NARROW, Armed, Dialog
from ctdeck.styles import style_path
from ctdeck.widgets.column import Column
from ctdeck.widgets.table import Table

_FRAME = 8  # cells of a line that are not its text


class Option(NamedTuple):
    """One row of the list: a line of an option's text, counted from 0."""

    value: str
    text: str
    line: int = 0

    @property
    def key(self) -> Hashable:
        """The option's value; with the line for those below its first."""
        return (self.value, self.line) if self.line else self.value


COLUMN: Column[Option] = Column("text", "", lambda o, _: o.text, lambda o: o.text, maximum=200)


class ChooseScreen(Dialog[str | None]):
    """Enter takes the row under the cursor, Esc none; what is long has several lines."""

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
        """The list in its box, below a title that is too long for the box's own line."""
        with Vertical(classes="dialog choice"):
            yield Static(safe(self.choice.title), markup=False, id="asked")
            yield self.table

    def on_mount(self) -> None:
        """Fill the list and put the cursor on what is chosen now."""
        dialog = self.query_one(".dialog")
        dialog.border_subtitle = Content(
            keys_line(
                self,
                ("choose.take", self.choice.takes),
                ("choose.cancel", self.choice.leaves),
            )
        )
        self.on_resize()
        self.table.move_to_key(self.choice.current)
        self.table.focus()
        self.armed.begin(self)

    def on_resize(self) -> None:
        """Lay the lines out anew; the cursor stays on its option."""
        dialog, room = self.query_one(".dialog"), self.app.size.width - _FRAME
        title, asked = safe(self.choice.title), self.query_one("#asked")
        asked.display = len(title) > room
        dialog.border_title = Content("" if asked.display else title)
        here = self.table.current
        rows = [row for option in self.choice.options for row in _rows(*option, room)]
        longest = max((len(row.text) for row in rows), default=0)
        dialog.styles.width = max(64, min(longest + _FRAME, self.app.size.width))
        self.table.styles.height = min(len(rows), max(3, self.app.size.height - 6))
        self.table.set_rows(rows)
        if here is not None:
            self.table.move_to_key(here.value)

    def action_move(self, lines: int) -> None:
        """Move the cursor by as many options."""
        heads = [place for place, row in enumerate(self.table.view.shown) if not row.line]
        here = sum(place <= self.table.view.index for place in heads) - 1
        if heads:
            self.table.move_to(heads[max(0, min(here + lines, len(heads) - 1))])

    def action_take(self) -> None:
        """Take the row under the cursor."""
        row = self.table.current
        if row is not None and self.armed.accepts(self.app):
            self.dismiss(row.value)

    def on_table_cursor_moved(self, event: Table.CursorMoved) -> None:
        """Another row is looked at."""
        event.stop()
        if self.preview is not None and (row := self.table.current) is not None:
            self.preview(row.value)

    def on_table_row_opened(self, event: Table.RowOpened) -> None:
        """A double click takes the row."""
        event.stop()
        self.action_take()


def _rows(value: str, text: str, room: int) -> list[Option]:
    """The lines of one option."""
    if len(text) <= room:  # as it is: blanks in it make columns
        return [Option(value, text)]
    lines = wrap(text, max(20, room), subsequent_indent="  ", break_on_hyphens=False)
    return [Option(value, line, number) for number, line in enumerate(lines)]
