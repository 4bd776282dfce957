"""Which columns a list shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from ctdeck.screens.boundkeys import keys_line
from ctdeck.screens.choose import COLUMN, Option
from ctdeck.screens.dialog import NARROW, Dialog
from ctdeck.styles import style_path
from ctdeck.widgets.column import names
from ctdeck.widgets.table import Table

if TYPE_CHECKING:
    from aiocontainerd.models import Snapshot
    from ctdeck.screens.paneview import PaneView


class ColumnsScreen(Dialog[None]):
    """Those that are shown are marked; a change is seen at once behind it."""

    CSS_PATH = style_path("dialogs")
    HORIZONTAL_BREAKPOINTS = NARROW
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,x", "turn", "show", id="columns.turn", tooltip="Show it, or put it away"),
        Binding("r", "reset", "reset", id="columns.reset", tooltip="Show all, in the own order"),
        Binding("escape,enter,q", "dismiss", "close", id="columns.close", tooltip="Close"),
        Binding("j,down", "move(1)", "down", id="columns.down", tooltip="Down"),
        Binding("k,up", "move(-1)", "up", id="columns.up", tooltip="Up"),
    ]

    def __init__(self, view: PaneView, snapshot: Snapshot) -> None:
        super().__init__()
        self._view = view
        self._snapshot = snapshot
        self.table: Table[Option] = Table([COLUMN])
        self.table.header = False

    def compose(self) -> ComposeResult:
        """The list in its box."""
        with Vertical(classes="dialog choice"):
            yield self.table

    def on_mount(self) -> None:
        """All columns of the pane, those that are shown with their marks."""
        dialog = self.query_one(".dialog")
        dialog.border_title = Content(f"Columns of the {self._view.pane.id}")
        dialog.border_subtitle = Content(
            keys_line(
                self,
                ("columns.turn", "shows or hides"),
                ("columns.reset", "resets"),
                ("columns.close", "closes"),
            )
        )
        columns = self._view.pane.columns
        rows = [Option(c.id, f"{c.title}{' (always)' if names(c) else ''}") for c in columns]
        self.table.styles.height = min(len(rows), max(3, self.app.size.height - 6))
        self.table.set_rows(rows)
        self._mark()
        self.table.focus()

    def _mark(self) -> None:
        hidden = self._view.remembered.hidden.get(self._view.pane.id, ())
        marks, columns = self.table.view.marks, self._view.pane.columns
        marks.clear()
        marks.add(
            self.table.view.row(column.id)
            for column in columns
            if column.id not in hidden or names(column)
        )
        self.table.renew()

    def action_turn(self) -> None:
        """Show the column under the cursor, or put it away."""
        row = self.table.current
        hidden = list(self._view.remembered.hidden.get(self._view.pane.id, ()))
        if row is None:
            return
        key = str(row.key)
        if key in hidden:
            hidden.remove(key)
        elif not any(names(column) for column in self._view.pane.columns if column.id == key):
            hidden.append(key)
        self._view.hide(hidden, self._snapshot)
        self._mark()

    def action_reset(self) -> None:
        """All columns, and the order that the list has by itself."""
        self._view.table.sort_by(None)
        self._view.hide((), self._snapshot)
        self._mark()

    def action_move(self, lines: int) -> None:
        """Move the cursor."""
        self.table.move(lines)
