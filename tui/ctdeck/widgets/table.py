"""The table: rows drawn line by line, so that ten thousand cost no more than fifty.

Only lines that read differently are drawn again; a move of the cursor redraws two.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from ctdeck.filtering import Filter
from ctdeck.widgets.column import Column, searched
from ctdeck.widgets.drawn import Drawn
from ctdeck.widgets.factsview import resize
from ctdeck.widgets.maderows import K, Rows
from ctdeck.widgets.ordering import Order
from ctdeck.widgets.painter import Painter
from ctdeck.widgets.rowview import RowView
from ctdeck.widgets.selfdrawn import SelfDrawn, line_width
from ctdeck.widgets.sheet import Sheet
from ctdeck.widgets.turns import Turns

FRESH = timedelta(minutes=1)  # a filter reads ages that are no older


def utcnow() -> datetime:
    """The present time; tests replace `Table.now`."""
    return datetime.now(UTC)


class Table(SelfDrawn, Generic[K], can_focus=True, inherit_bindings=False):
    """A list of rows with a cursor that stays with its row."""

    now: Callable[[], datetime] = staticmethod(utcnow)

    @dataclass
    class CursorMoved(Message):
        """The cursor is on another row, or its row says something new."""

        table: Table[Any]

    @dataclass
    class Sorted(Message):
        """The title of a column was clicked, and the rows are sorted by it."""

        table: Table[Any]

    @dataclass
    class RowOpened(Message):
        """A row was clicked twice."""

        table: Table[Any]

    @dataclass
    class MoreFound(Message):
        """A filter that takes long has looked at more rows."""

        table: Table[Any]

    def __init__(self, columns: Sequence[Column[K]], *, follow: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.view: RowView[K] = RowView(follow=follow)
        self.view.text = self._text
        self.sheet = Sheet(columns, self.view)
        self.painter = Painter(self)
        self.empty = ""  # words where there are no rows
        self.header = True
        self.idle_cursor = True  # mark the row also without the focus
        self._drawn = Drawn(self)
        self._read_at = self.now()  # the time that a filter reads the ages of
        self._folded = True
        self._read = self.columns  # those of its columns that a filter reads
        self.turns = Turns(self)
        self.sheet.measure(self._read_at)

    # What is in it

    @property
    def columns(self) -> tuple[Column[K], ...]:
        """All of them, also those that there is no room for."""
        return self.sheet.columns

    @property
    def sort_column(self) -> str | None:
        """The id of the column that the rows are sorted by, None for their default order."""
        return self.sheet.sort_column

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
        self.sheet.columns = self._read = tuple(columns)
        self.view.texts.forget()
        if self.sort_column not in {None, *(column.id for column in self.columns)}:
            self.sort_by(None)
        self.rearrange(self.view.filter)

    def set_rows(self, rows: Sequence[K]) -> None:
        """New rows in their default order; cursor and scroll stay with their rows."""
        self.sheet.widths.forget()
        self.rearrange(lambda: self.view.set_rows(rows))

    def set_keys(
        self, keys: list[Hashable], rows: Rows[K], touched: Set[Hashable] | None = None
    ) -> None:
        """As `set_rows`, of rows that are made when they are looked at; see `RowView`."""
        if touched is None:
            self.sheet.widths.forget()
        self.rearrange(lambda: self.view.set_keys(keys, rows, touched), touched)

    def update(self, rows: Rows[K], touched: Set[Hashable], before: Order, now: Order) -> None:
        """The same rows some time later, of which a few have changed; see `RowView.update`."""
        self.rearrange(lambda: self.view.update(rows, touched, before, now), touched)

    def set_filter(self, wanted: Filter | None) -> None:
        """Show only rows of which the text of all columns, joined, is accepted."""
        folded = wanted is None or wanted.folded
        if wanted is None or folded != self._folded or self.now() - self._read_at > FRESH:
            self.view.texts.forget()
            self._read_at, self._folded = self.now(), folded
        accepts = wanted.accepts if wanted else None
        self.rearrange(lambda: self.view.set_filter(accepts))

    def sort_by(self, column: str | None, *, reverse: bool = False) -> None:
        """Sort by a column's id, None for the default order."""
        self.begin_sorted_by(column or "", reverse=reverse)
        self.turns.sort()

    def begin_sorted_by(self, column: str, *, reverse: bool) -> None:
        """The same before there are rows, or a screen."""
        self.sheet.sort_by(column, reverse=reverse)

    @property
    def sort_is_seen(self) -> bool:
        """The mark of the sorted column is on the screen."""
        return self.header and self.sheet.shows(self.sort_column)

    def say_if_empty(self, words: str) -> None:
        """What is written where there are no rows."""
        if words != self.empty:
            self.empty = words
            self._drawn.renew()

    def show_header(self, on: bool) -> None:
        """Show the titles of the columns, or give their line to a row."""
        if on != self.header:
            self.header = on
            self._fit_columns()
            self.refresh()

    def _text(self, row: K) -> str:
        text = searched(self._read, row, self._read_at)
        return text.casefold() if self._folded else text

    def _read_filled(self) -> None:
        """Have a filter read the columns that some row fills; if one has come, of all rows."""
        read, self._read = self._read, self.sheet.filled
        if self.view.accepts and not all(column in read for column in self._read):
            self.view.texts.forget()
            self.view.filter()

    def rearrange(self, change: Callable[[], None], touched: Set[Hashable] | None = None) -> None:
        """Change the rows and keep the row that one looks at in its line of the screen.

        At the very top of the list it makes room instead: what is new there is seen.
        Where only the `touched` ones may have changed, little is measured, and nothing told
        unless it is about the row under the cursor.
        """
        view = self.view
        top, here, before = round(self.scroll_y), self._under_cursor, view.keys
        following = view.follow and view.index == 0
        anchor = view.index if self._is_visible(view.index) else top
        key = before[anchor] if anchor < len(before) else None
        change()
        place = None if key is None or following else view.place_of(key)
        self.sheet.measure(self.now(), touched)
        self._read_filled()
        self._fit_columns()
        if top and place is not None:
            self._scroll(top + place - anchor)
        self._show_cursor()
        if round(self.scroll_y) == top:  # else all of it is drawn again
            self._drawn.renew()
        if touched is None or here != self._under_cursor or here[0] in touched:
            self.post_message(self.CursorMoved(self))
        self.turns.await_next()

    @property
    def _under_cursor(self) -> tuple[Hashable | None, bool]:
        """Its identity, and whether the cursor waits beside the gap that it left."""
        view = self.view
        return (view.keys[view.index] if view.keys else None, view.missing is not None)

    def _fit_columns(self) -> None:
        width = line_width(self)
        if self.sheet.fit(width):
            self.painter.strips.clear()
        resize(self, Size(width, len(self.view.keys) + self.header))

    def fit(self) -> None:
        """The columns fit themselves to the new width, the cursor stays visible."""
        self.painter.strips.clear()
        self._fit_columns()
        self._show_cursor()

    def notify_style_update(self) -> None:
        """Forget what was drawn in other colours."""
        super().notify_style_update()
        self.painter.forget()

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

    # Marks

    def mark(self) -> None:
        """Mark the row under the cursor, or take its mark away, and go one down."""
        if (row := self.chosen) is not None:
            self.view.marks.turn(row)
            self.refresh_line(self.view.index + self.header)
            self.move(1)

    def mark_range(self) -> None:
        """Mark all from the row that was marked last to the one under the cursor."""
        view = self.view
        start = None if view.marks.last is None else view.place_of(view.marks.last)
        low, high = sorted((view.index if start is None else start, view.index))
        view.marks.add(view.shown[low : high + 1])
        self.renew()

    def mark_all(self) -> None:
        """Mark all that is shown; if all of it is, take the marks away."""
        view = self.view
        if len(view.marks.of(view.keys)) == len(view.keys):
            view.marks.discard(view.keys)
        else:
            view.marks.add(view.shown)
        self.renew()

    def clear_marks(self) -> None:
        """Nothing is marked any more."""
        self.view.marks.clear()
        self.renew()

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
        return self._drawn.line(y)

    # Ages and the mouse

    def tick(self) -> None:
        """Redraw the lines of which an age now reads differently."""
        if self.sheet.whens():
            self.renew()

    def renew(self) -> None:
        """Redraw the lines that read differently now, for what is not in the rows themselves."""
        self._drawn.renew()

    def on_click(self, event: events.Click) -> None:
        """A click takes the cursor to the row, a second one opens it; the title sorts."""
        if event.y == 0 and self.header:
            column = self.sheet.column_at(event.x)
            again = column == self.sheet.marked and not self.view.reverse
            if column is not None:
                self.sort_by(column, reverse=again)
                self.post_message(self.Sorted(self))
            return
        place = round(self.scroll_y) + event.y - self.header
        if 0 <= place < len(self.view.keys):
            self.move_to(place)
            if event.chain == 2:
                self.post_message(self.RowOpened(self))

    def on_focus(self) -> None:
        """The cursor line looks different with the focus, and without it."""
        self.refresh(Region(0, 0, *self.size))

    on_blur = on_focus
