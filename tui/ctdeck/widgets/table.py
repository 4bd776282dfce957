"""The table: rows drawn line by line, so that ten thousand cost no more than fifty.

Strips are cached by what the row says; a move of the cursor redraws two lines.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ctdeck.widgets.column import (
    GAP,
    Column,
    cell_parts,
    fit,
    fit_columns,
    natural_widths,
    sample,
)
from ctdeck.widgets.factsview import resize
from ctdeck.widgets.rowview import K, RowView
from ctdeck.widgets.runs import Cells, row_runs, title_text

ROLES = ("good", "bad", "warn", "muted", "accent")


def utcnow() -> datetime:
    """The present time; tests replace `Table.now`."""
    return datetime.now(UTC)


class Table(ScrollView, Generic[K], can_focus=True, inherit_bindings=False):
    """A list of rows with a cursor that stays with its row."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header",
        "table--cursor",
        "table--cursor-idle",
        *(f"table--{role}" for role in ROLES),
    }
    now: Callable[[], datetime] = staticmethod(utcnow)

    @dataclass
    class CursorMoved(Message):
        """The cursor is on another row, or its row says something new."""

        table: Table[Any]

        @property
        def control(self) -> Table[Any]:
            """The table."""
            return self.table

    @dataclass
    class RowOpened(Message):
        """A row was clicked twice."""

        table: Table[Any]

    def __init__(self, columns: Sequence[Column[K]], *, follow: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.columns: tuple[Column[K], ...] = tuple(columns)
        self.view: RowView[K] = RowView(follow=follow)
        self.sort_column: str | None = None
        self.empty = Content("")
        self.header = True
        self.idle_cursor = True  # mark the row also without the focus
        self._natural = natural_widths(self.columns, (), self.now())
        self._layout: list[tuple[int, int]] = []
        self._strips: dict[tuple[Cells, int], Strip] = {}
        self._styles: dict[str, Style] = {}
        self._drawn: dict[int, Cells] = {}

    # What is in it

    @property
    def current(self) -> K | None:
        """The row under the cursor, None in an empty list."""
        return self.view.current

    @property
    def chosen(self) -> K | None:
        """The row that a key acts on: none where that under the cursor has vanished."""
        return self.view.chosen

    def set_columns(self, columns: Sequence[Column[K]]) -> None:
        """Other columns for the same rows; the sort column stays if it is among them."""
        self.columns = tuple(columns)
        if self.sort_column not in {column.id for column in self.columns}:
            self.sort_by(None)
        self._measure()

    def set_rows(self, rows: Sequence[K]) -> None:
        """New rows in their default order; cursor and scroll stay with their rows."""
        self._rearrange(lambda: self.view.set_rows(rows))

    def set_filter(self, accepts: Callable[[str], bool] | None) -> None:
        """Show only rows of which the text of all columns, joined, is accepted."""
        now = self.now()

        def accepts_row(row: K) -> bool:
            texts = (column.searched(row, now) for column in self.columns)
            return accepts is not None and accepts(" ".join(texts))

        self.view.accepts = accepts_row if accepts else None
        self.view.missing = None  # what one filters away does not come back by itself
        self._rearrange(self.view.arrange)

    def sort_by(self, column: str | None, *, reverse: bool = False) -> None:
        """Sort by a column's id, None for the default order."""
        found = next((c for c in self.columns if c.id == column), None)
        self.sort_column = found.id if found else None
        self.view.sort_key = found.sort if found else None
        self.view.reverse = reverse
        self._rearrange(self.view.arrange)

    @property
    def sort_is_seen(self) -> bool:
        """The mark of the sorted column is on the screen."""
        shown = {self.columns[i].id for i, _ in self._layout}
        return self.header and self.sort_column in shown

    def show_header(self, on: bool) -> None:
        """Show the titles of the columns, or give their line to a row."""
        if on != self.header:
            self.header = on
            self._arrange_columns()
            self.refresh()

    def _rearrange(self, change: Callable[[], None]) -> None:
        """Change the rows and keep the row that one looks at in its line of the screen."""
        top = round(self.scroll_y)
        before = self.view.shown
        following = self.view.follow and self.view.index == 0
        anchor = self.view.index if self._is_visible(self.view.index) else top
        key = before[anchor].key if anchor < len(before) else None
        change()
        place = None if key is None or following else self.view.place_of(key)
        self._measure()
        if place is not None and anchor < len(before):
            self._scroll(top + place - anchor)
        self._show_cursor()
        self.post_message(self.CursorMoved(self))

    def _measure(self) -> None:
        self._natural = self._natural_widths()
        self._arrange_columns()
        self._drawn.clear()
        self.refresh()

    def _natural_widths(self) -> tuple[int, ...]:
        """What the rows would like; a column with nothing in it may take no room at all."""
        now, shown = self.now(), self.view.shown
        widths = list(natural_widths(self._with_mark(), sample(shown), now))
        for i, column in enumerate(self.columns):
            vacant = column.optional and shown and column.id != self.sort_column
            if vacant and not any(column.cell(row, now) for row in shown):
                widths[i] = 0
        return tuple(widths)

    def _with_mark(self) -> list[Column[K]]:
        """The columns, that of the sort order with room for its mark beside the title."""
        return [
            replace(c, title=f"{c.title} ", minimum=max(c.minimum, len(c.brief or c.title) + 1))
            if c.id == self.sort_column
            else c
            for c in self.columns
        ]

    def _arrange_columns(self) -> None:
        width = self.scrollable_content_region.width
        layout = fit_columns(self._with_mark(), self._natural, max(1, width - 2))
        if layout != self._layout:
            self._layout = layout
            self._strips.clear()
        resize(self, Size(width, len(self.view.shown) + self.header))

    def on_resize(self) -> None:
        """The columns fit themselves to the new width, the cursor stays visible."""
        self._arrange_columns()
        self._show_cursor()
        self.refresh()

    def notify_style_update(self) -> None:
        """Forget what was drawn in other colours."""
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    # Moving

    @property
    def page(self) -> int:
        """How many rows are seen at once."""
        return max(1, self.size.height - self.header)

    def move(self, lines: int) -> None:
        """Move the cursor down, or up with a negative number.

        Where its row has vanished, one step only takes the row beside the gap.
        """
        beside = self.view.missing is not None and abs(lines) == 1
        self.move_to(self.view.index + (0 if beside else lines))

    def move_to(self, index: int) -> None:
        """Put the cursor on a place; the list scrolls only as far as it must."""
        before, waited = self.view.index, self.view.missing is not None
        self.view.move_to(index)
        if self.view.index == before and not waited:
            return
        for place in sorted({before, self.view.index}):
            self.refresh_line(place + self.header)
        self._show_cursor()
        self.post_message(self.CursorMoved(self))

    def move_to_key(self, key: Hashable) -> bool:
        """Put the cursor on the row with this identity; False if it is not shown."""
        place = self.view.place_of(key)
        if place is not None:
            self.move_to(place)
        return place is not None

    def _is_visible(self, index: int) -> bool:
        return 0 <= index - round(self.scroll_y) < self.page

    def _show_cursor(self) -> None:
        top = round(self.scroll_y)
        index = self.view.index
        self._scroll(max(min(top, index), index - self.page + 1))

    def _scroll(self, top: int) -> None:
        if top != round(self.scroll_y):
            self.scroll_to(y=max(0, top), animate=False, force=True, immediate=True)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width = self.size.width
        if y == 0 and self.header:
            return self._header_strip().adjust_cell_length(width, self._style("header"))
        place = round(self.scroll_y) + y - self.header
        if place >= len(self.view.shown):
            return self._vacant_strip(y, width)
        cells = self._cells(self.view.shown[place], self.now())
        self._drawn[place] = cells
        cursor = self._cursor_kind() if place == self.view.index else 0
        strip = self._strips.get((cells, cursor))
        if strip is None:
            if len(self._strips) > 5000:
                self._strips.clear()
            strip = self._strips[(cells, cursor)] = self._row_strip(cells, cursor)
        return strip

    def _cursor_kind(self) -> int:
        """0 unmarked, 1 marked without the focus, 2 marked with it."""
        focus = self.has_focus and self.view.missing is None
        return 2 if focus else 1 if self.idle_cursor else 0

    def _cells(self, row: K, now: datetime) -> Cells:
        return tuple(cell_parts(self.columns[i].cell(row, now)) for i, _ in self._layout)

    def _style(self, role: str, cursor: int = 0) -> Style:
        if cursor == 2 and self.app.native_ansi_color:
            role = ""  # sixteen colours: the cursor is reversed, and one colour is enough
        name = f"{role}{cursor}"
        if name not in self._styles:
            style = self.rich_style
            if cursor:
                idle = "" if cursor == 2 else "-idle"
                style += self.get_component_rich_style(f"table--cursor{idle}", partial=True)
            if role:
                style += self.get_component_rich_style(f"table--{role}", partial=True)
            self._styles[name] = style
        return self._styles[name]

    def _row_strip(self, cells: Cells, cursor: int) -> Strip:
        runs = row_runs(self.columns, self._layout, cells, cursor)
        strip = Strip([Segment(text, self._style(role, cursor)) for text, role in runs])
        return strip.adjust_cell_length(self.size.width, self._style("", cursor))

    def _header_strip(self) -> Strip:
        reverse = self.view.reverse
        text = title_text(self.columns, self._layout, self.sort_column, reverse=reverse)
        return Strip([Segment(text, self._style("header"))])

    def _vacant_strip(self, y: int, width: int) -> Strip:
        if self.view.shown or y != self.header:
            return Strip.blank(width, self._style(""))
        text = fit(" " + self.empty.plain, width)
        return Strip([Segment(text, self._style("muted"))])

    # Ages and the mouse

    def tick(self) -> datetime | None:
        """Redraw the lines of which an age now reads differently.

        Returns the latest time that a shown age counts from, None if no age is shown.
        """
        now = self.now()
        columns = [self.columns[i] for i, _ in self._layout]
        whens = [column.when for column in columns if column.when is not None]
        latest: datetime | None = None
        top = round(self.scroll_y)
        for place in range(top, min(top + self.page, len(self.view.shown))):
            row = self.view.shown[place]
            if whens and self._drawn.get(place) != self._cells(row, now):
                self.refresh_line(place + self.header)
            times = [time for when in whens if (time := when(row)) is not None]
            latest = max([*times, latest] if latest else times, default=None)
        return latest

    def on_click(self, event: events.Click) -> None:
        """A click takes the cursor to the row, a second one opens it; the title sorts."""
        if event.y == 0 and self.header:
            self._sort_at(event.x)
            return
        place = round(self.scroll_y) + event.y - self.header
        if 0 <= place < len(self.view.shown):
            self.move_to(place)
            if event.chain == 2:
                self.post_message(self.RowOpened(self))

    def _sort_at(self, x: int) -> None:
        start = 1
        for i, width in self._layout:
            if start <= x < start + width + GAP:
                column = self.columns[i].id
                again = column == self.sort_column and not self.view.reverse
                self.sort_by(column, reverse=again)
            start += width + GAP

    def on_focus(self) -> None:
        """The cursor line looks different with the focus."""
        self.refresh(Region(0, 0, *self.size))

    def on_blur(self) -> None:
        """The cursor line looks different without the focus."""
        self.refresh(Region(0, 0, *self.size))
