"""Lines of text that change often: only those that say something new are drawn again."""

from collections.abc import Sequence
from typing import Any

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.strip import Strip

from aiocontainerd.safe import safe
from ctdeck.widgets.selfdrawn import SelfDrawn

TextLine = tuple[str, str]


class QuietLines(SelfDrawn, can_focus=True):
    """Shows (text, role) lines, one of them as the cursor's (or none with -1)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._lines: tuple[TextLine, ...] = ()
        self._cursor = -1

    @property
    def lines(self) -> tuple[TextLine, ...]:
        """What is shown now."""
        return self._lines

    def show(self, lines: Sequence[TextLine], cursor: int = -1) -> None:
        """Show these; redraws the lines that differ, and no other."""
        old, moved = self._lines, cursor != self._cursor
        changed = {at for at, line in enumerate(lines) if at >= len(old) or old[at] != line}
        changed |= {cursor, self._cursor} if moved else set()
        changed |= set(range(len(lines), len(old)))
        self._lines, self._cursor = tuple(lines), cursor
        if len(lines) != len(old):
            self.virtual_size = Size(0, len(lines))  # never scrolls sideways
        for at in changed:
            self.refresh(Region(0, at - self.scroll_offset.y, self.size.width, 1))
        if moved and cursor >= 0:
            self.scroll_to_region(Region(0, cursor, 1, 1), animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """One line in the style of its role."""
        at, width = y + self.scroll_offset.y, self.size.width
        style = self.rich_style
        if at >= len(self._lines):
            return Strip.blank(width, style)
        text, role = self._lines[at]
        if role:
            style += self.get_component_rich_style(f"quiet-lines--{role}", partial=True)
        if at == self._cursor and self.has_focus:
            style += self.get_component_rich_style("quiet-lines--cursor", partial=True)
        strip = Strip([Segment(safe(text), style)])
        return strip.adjust_cell_length(width, style)

    def watch_has_focus(self, has_focus: bool) -> None:
        """The cursor's line shows whether keys go here."""
        super().watch_has_focus(has_focus)
        self.refresh()
