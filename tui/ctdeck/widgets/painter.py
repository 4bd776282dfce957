"""Lines of a table as strips in their colours, kept by what they say."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from ctdeck.widgets.runs import MARKED, Cells, Run

KEPT = 200  # strips: some screens of them; each keeps parts of itself, 2 KB and more


class Painter:
    """Draws in the colours that the style sheet gives to `.table--header`, `.table--good`, …"""

    def __init__(self, widget: Widget) -> None:
        self.strips: dict[tuple[Cells, int], Strip] = {}
        self._widget = widget
        self._styles: dict[str, Style] = {}
        self._width = 0

    def forget(self) -> None:
        """The colours or the columns are others now."""
        self.strips.clear()
        self._styles.clear()

    def row(self, cells: Cells, cursor: int, runs: Callable[[Cells, int], list[Run]]) -> Strip:
        """One row; `runs` is asked only for what was not drawn before."""
        width = self._widget.size.width
        if width != self._width or len(self.strips) > KEPT:
            self.strips.clear()
            self._width = width
        strip = self.strips.get((cells, cursor))
        if strip is None:
            pieces = runs(cells, cursor)
            segments = [Segment(text, self._style(role, cursor)) for text, role in pieces]
            strip = Strip(segments).adjust_cell_length(width, self._style("", cursor))
            self.strips[cells, cursor] = strip
        return strip

    def line(self, text: str, role: str) -> Strip:
        """A line that is no row."""
        style = self._style(role)
        return Strip([Segment(text, style)]).adjust_cell_length(self._widget.size.width, style)

    def _style(self, role: str, look: int = 0) -> Style:
        marked, cursor = divmod(look, MARKED)
        if cursor == 2 and self._widget.app.native_ansi_color:
            role = ""  # sixteen colours: the cursor is reversed, and one colour is enough
        name = f"{role}{look}"
        if name not in self._styles:
            component = self._widget.get_component_rich_style
            style = self._widget.rich_style
            if cursor:
                idle = "" if cursor == 2 else "-idle"
                style += component(f"table--cursor{idle}", partial=True)
            if marked:
                style += component("table--marked", partial=True)
            if role:
                style += component(f"table--{role}", partial=True)
            self._styles[name] = style
        return self._styles[name]
