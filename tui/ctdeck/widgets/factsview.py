"""Facts, line by line: drawn by themselves, so that another row costs no new layout."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from aiocontainerd.safe import safe
from ctdeck.descriptions.facts import Fact
from ctdeck.widgets.selfdrawn import SelfDrawn, line_width

LABEL = range(10, 15)  # cells for the labels of facts
_BREAKS = re.compile(r"(?<=[/.:,=@])")
Piece = tuple[str, str]  # text and role


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken at blanks, else behind signs as in paths."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines[len(lines) - (not lines[-1]) :] = _pieces(word, width)
    return lines


def _pieces(word: str, width: int) -> list[str]:
    """A word in lines: whole up to a `/`, `.`, `:`, `,` or `=` where that fits."""
    lines = [""]
    for part in _BREAKS.split(word):
        if cell_len(lines[-1] + part) <= width:
            lines[-1] += part
        else:
            lines[len(lines) - (not lines[-1]) :] = chop_cells(part, width)
    return lines


def lay_out(facts: Sequence[Fact], width: int) -> list[tuple[Piece, Piece]]:
    """Labels in one column, if there are any, values wrapped in the next: two pieces a line."""
    longest = max((len(fact.label) for fact in facts), default=0)
    indent = max(LABEL.start, min(longest, LABEL.stop - 1)) if longest else 0
    room = max(8, width - indent - 1)
    lines: list[tuple[Piece, Piece]] = []
    for fact in facts:
        label = safe(fact.label)[:indent]
        for number, line in enumerate(wrap(safe(fact.value), room)):
            head = (label if number == 0 else "").ljust(indent + 1)
            lines.append(((head, "muted"), (line, fact.role)))
    return lines


class FactsView(SelfDrawn, can_focus=True, inherit_bindings=False):
    """Scrolls by itself; the screen's keys move it."""

    def __init__(self, *, id: str | None = None) -> None:
        self._styles: dict[str, Style] = {}
        super().__init__(id=id)
        self._facts: Sequence[Fact] = ()
        self._lines: list[tuple[Piece, Piece]] = []

    def show(self, facts: Sequence[Fact], *, top: bool = False) -> None:
        """Show these; `top` goes back to the first line."""
        self._facts = facts
        if top:
            self.scroll_to(y=0, animate=False, immediate=True)
        self._arrange()

    def fit(self) -> None:
        """Wrap to the new width."""
        self._arrange()

    def _arrange(self) -> None:
        width = line_width(self)
        if not width:  # not laid out so far
            return
        before, self._lines = self._lines, lay_out(self._facts, width)
        resize(self, Size(width, len(self._lines)))
        top = round(self.scroll_y)
        seen = slice(top, top + self.size.height)
        for place, (old, new) in enumerate(zip_longest(before[seen], self._lines[seen]), top):
            if old != new:
                self.refresh_line(place)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        place = round(self.scroll_y) + y
        width = self.size.width
        if place >= len(self._lines):
            return Strip.blank(width, self._style(""))
        segments = [Segment(text, self._style(role)) for text, role in self._lines[place]]
        return Strip(segments).adjust_cell_length(width, self._style(""))

    def _style(self, role: str) -> Style:
        if role not in self._styles:
            style = self.rich_style
            if role:
                style += self.get_component_rich_style(f"facts--{role}", partial=True)
            self._styles[role] = style
        return self._styles[role]

    def notify_style_update(self) -> None:
        """Forget what was drawn in other colours."""
        super().notify_style_update()
        self._styles.clear()


def resize(view: ScrollView, size: Size) -> None:
    """Set the virtual size without a new layout of the whole screen, which repaints all of it.

    A layout comes by itself if that shows or hides the scrollbar.
    """
    if size != view.virtual_size:
        view.set_reactive(Widget.virtual_size, size)
        view._scroll_update(size)
