"""What the lines of a table say, and which of them say something else than is on the screen."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

from textual.strip import Strip

from ctdeck.widgets.column import fit
from ctdeck.widgets.runs import MARKED

if TYPE_CHECKING:
    from ctdeck.widgets.table import Table


class Drawn:
    """The strips of a table by the line of the screen, as they were drawn last."""

    def __init__(self, table: Table[Any]) -> None:
        self._table = table
        self._strips: dict[int, Strip] = {}

    def line(self, y: int) -> Strip:
        """One line, to be drawn now."""
        strip = self._strips[y] = self._line(y)
        return strip

    def renew(self) -> None:
        """Have the lines drawn again that read differently now."""
        table = self._table
        for y in range(table.size.height):
            strip, drawn = self._line(y), self._strips.get(y)
            if strip is not drawn and strip != drawn:
                table.refresh_line(y + round(table.scroll_y))

    def _line(self, y: int) -> Strip:
        table, view, sheet = self._table, self._table.view, self._table.sheet
        painter = table.painter
        if y == 0 and table.header:
            return painter.line(sheet.titles(), "header")
        place = round(table.scroll_y) + y - table.header
        if place < len(view.keys):
            cursor = self._cursor() if place == view.index else 0
            marked = MARKED if view.keys[place] in view.marks else 0
            cells = sheet.cells(view.row(view.keys[place]), table.now())
            return painter.row(cells, cursor + marked, sheet.runs)
        if view.keys:
            return painter.line("", "")
        words = wrap(table.empty, max(1, table.size.width - 2))[place:][:1]
        return painter.line("".join(fit(f" {text}", table.size.width) for text in words), "muted")

    def _cursor(self) -> int:
        """0 unmarked, 1 marked without the focus, 2 marked with it."""
        table = self._table
        focus = table.has_focus and table.view.missing is None
        return 2 if focus else 1 if table.idle_cursor else 0
