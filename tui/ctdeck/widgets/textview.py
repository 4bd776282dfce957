"""A long text, line by line: only what is seen is laid out, whatever its length.

It knows its first row by the number of the line and not by a height: lines may come in at the end,
at the beginning and go, and what one reads stays where it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from ctdeck.ansi import Painted
from ctdeck.finding import Search
from ctdeck.widgets.factsview import wrap
from ctdeck.widgets.selfdrawn import SelfDrawn
from ctdeck.widgets.textlaid import Layout
from ctdeck.widgets.textlines import MOST, Lines
from ctdeck.widgets.textrows import segments
from ctdeck.widgets.textseek import Seeker
from ctdeck.widgets.textwalk import below, down, up

T = TypeVar("T")

WHEEL = 3  # rows
ASIDE = 8  # cells for a step to the right
FAR = 1 << 30  # more than any line is long
NONE_SHOWN = "None of the lines is among those that are to be shown."
Head = Sequence[tuple[str, str]]  # texts and their roles, before a line


class TextView(SelfDrawn, Generic[T], can_focus=True, inherit_bindings=False):
    """Shows lines of any kind: `paint` gives the text of one, safe to show.

    `size` tells about how many characters one has, for the bound in bytes (`most`). With `follows`
    it stays at the end as long as one has not moved up. `head` is what stands before a line, always
    `head_width` cells: both may be changed, then call `renew`. `empty` is told when there is none.
    """

    @dataclass
    class Moved(Message):
        """Other lines are seen, or it follows no more, or again."""

        view: TextView[T]  # type: ignore[valid-type]

    def __init__(
        self,
        paint: Callable[[T], Painted],
        size: Callable[[T], int],
        *,
        follows: bool = False,
        most: int = MOST,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.paint = paint
        self.head: Callable[[T], Head] | None = None
        self.head_width = 0
        self.lines: Lines[T] = Lines(size, most)
        self.sieve: Callable[[T], bool] | None = None  # beside the filter: what is shown at all
        self.shown: Sequence[int] = range(0)  # the numbers of those that are not filtered away
        self.following = follows
        self.goes_on = False  # there is more behind the last line, to be read when one is there
        self.wraps = True
        self.aside = 0  # cells that are out of sight on the left
        self.empty = ""
        self.search: Search | None = None
        self.here: int | None = None  # the line that was found last
        self.seeker: Seeker[T] = Seeker(self)
        self._follows = follows
        self._top = self._sub = 0
        self._rows: list[tuple[int, int]] = []
        self._seen_last = self._rows, follows
        self._laid = Layout(lambda number: self.paint(self.lines[number]), self._lay_on)
        self._styles: dict[str, Style] = {}

    # What is in it

    def show(self, lines: Sequence[T], *, from_first: bool = False) -> None:
        """These and no others, from the last on where it follows, else from the first."""
        self.lines.clear()
        self.lines.add(lines)
        self.following = self._follows and not from_first
        self._top, self._sub, self.here = self.lines.first, 0, None
        self._laid.forget()
        self.sift()

    def add(self, lines: Sequence[T], *, instead: int = 0) -> None:
        """Some more at the end, in place of the last lines."""
        if instead:
            self.lines.pop(instead)
            end = self.lines.numbers.stop
            self._laid.forget(*range(end, end + instead))
        self.lines.add(lines)
        self.seeker.took(len(lines))
        self._changed()

    def put_before(self, lines: Sequence[T]) -> None:
        """Some more at the beginning."""
        self.lines.put_before(lines)
        self.seeker.put(len(lines))
        self._changed()

    def sift(self) -> None:
        """What is shown at all is to be found out anew."""
        self.seeker.sift()
        self._changed()

    def renew(self) -> None:
        """What stands round the lines is another from now on."""
        self._changed()

    def set_search(self, search: Search | None) -> None:
        """Mark where this is; `seeker.walk` goes there."""
        self.search, self.here = search, None
        self.renew()

    def is_shown(self, number: int) -> bool:
        """Whether the line is not filtered away."""
        place = bisect_left(self.shown, number)
        return place < len(self.shown) and self.shown[place] == number

    @property
    def place(self) -> tuple[bool, int, int]:
        """What is seen, to come back to: whether it follows, its first line and the row of that."""
        return self.following, self._top, self._sub

    @place.setter
    def place(self, place: tuple[bool, int, int]) -> None:
        self.following, self._top, self._sub = place
        self._changed()

    @property
    def seen(self) -> list[int]:
        """The numbers of the lines on the screen."""
        return list(dict.fromkeys(number for number, _ in self._rows))

    @property
    def is_at_top(self) -> bool:
        """The first row of the first line is seen, or there is none."""
        return not self._rows or not self.shown or self._rows[0] == (self.shown[0], 0)

    @property
    def is_at_end(self) -> bool:
        """The last row of the last line is seen, or there is none."""
        if not self._rows or not self.shown:
            return True
        last = self.shown[-1]
        return self._rows[-1] == (last, self._count(last) - 1)

    def text_of(self, numbers: Iterable[int], most: int = 1 << 40) -> str:
        """These lines as they are shown, not broken into rows; about `most` characters of them."""
        made: list[str] = []
        for number in numbers:
            item = self.lines[number]
            head = "".join(text for text, _ in self.head(item)) if self.head else ""
            made.append(head + self.paint(item).text)
            most -= len(made[-1]) + 1
            if most < 0:
                break
        return "\n".join(made)

    # Moving

    def move(self, rows: int) -> None:
        """Down, or up with less than 0; that ends the following, and the last row takes it up."""
        if not self.shown:
            return
        here = self._index(self._top), self._sub
        if rows < 0:
            self.following = False
        count, lines = self._rows_of, len(self.shown)
        there = down(here, rows, count, lines) if rows > 0 else up(here, -rows, count)
        self._top, self._sub = self.shown[there[0]], there[1]
        self._changed()
        follows = self._follows and not self.goes_on and not self.lines.cut
        if rows > 0 and self.is_at_end and follows and not self.following:
            self.following = True
            self._changed()

    def page(self, share: float) -> None:
        """So many pages down; a row stays in sight."""
        rows = max(1, round(abs(share) * self.size.height) - 1)
        self.move(rows if share > 0 else -rows)

    def to_first(self) -> None:
        """To the first line."""
        self.following = False
        self._top, self._sub = (self.shown[0] if self.shown else 0), 0
        self._changed()

    def to_last(self) -> None:
        """To the last line, and on with it where it follows."""
        self.following = self._follows
        self._top, self._sub = (self.shown[-1] if self.shown else 0), 1 << 40
        self._changed()

    def go_to(self, number: int) -> None:
        """Have this line in sight, marked as the one that was found; that ends the following."""
        self.here, self.following = number, False
        if number not in self.seen:
            self._top, self._sub = number, 0
            above = up((self._index(number), 0), self.size.height // 3, self._rows_of)
            self._top, self._sub = self.shown[above[0]], above[1]
        self._changed()

    def shift(self, steps: int) -> None:
        """To the right; less than 0: to the left."""
        self.aside = max(0, min(self.aside + steps * ASIDE, self._rightmost()))
        self._changed()

    def _rightmost(self) -> int:
        """As far as it can be moved aside: the longest of the lines that are seen has an end."""
        if self.wraps:
            return 0
        widest = 0
        for number in self.seen:
            if not self._laid.is_laid(number) and not self._laid.is_time():
                return FAR * ASIDE  # nobody knows so far
            widest = max(widest, self._laid.ruler(number).cells)
        return max(0, widest - self._room + ASIDE)

    def turn_wrap(self) -> None:
        """Long lines in several rows, or cut at the edge."""
        self.wraps = not self.wraps
        self.aside = self._sub = 0
        self.renew()

    # Drawing

    @property
    def _room(self) -> int:
        return max(8, self.size.width - self.head_width)

    def _index(self, number: int) -> int:
        return max(0, min(bisect_left(self.shown, number), len(self.shown) - 1))

    def _count(self, number: int) -> int:
        return len(self._laid.starts(number, self._room)) if self.wraps else 1

    def _rows_of(self, index: int) -> int:
        return self._count(self.shown[index])

    def _lay_on(self) -> None:
        """Some lines that are seen were not laid out in the turn before."""
        if self.is_attached:
            self.aside = min(self.aside, self._rightmost())
            self.refresh()

    def _changed(self) -> None:
        self._arrange()
        self.refresh()
        now = self._rows, self.following
        if now != self._seen_last:
            self._seen_last = now
            self.post_message(self.Moved(self))

    def _arrange(self) -> None:
        """Which rows are seen: from the top one on; all the way to the end if it follows."""
        height, self._rows = self.size.height, []
        if not height or not self.shown:
            return
        index = self._index(self._top)
        sub = self._sub if self.shown[index] == self._top else 0
        lines = len(self.shown)
        rows = [] if self.following else below((index, sub), height, self._rows_of, lines)
        if len(rows) < height:
            last = lines - 1, self._rows_of(lines - 1) - 1
            rows = below(up(last, height - 1, self._rows_of), height, self._rows_of, lines)
        self._rows = [(self.shown[index], row) for index, row in rows]
        self._top, self._sub = self._rows[0]
        self._laid.keep(set(self.seen))

    def fit(self) -> None:
        """In another size other rows are seen."""
        self._arrange()

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        width, base = self.size.width, self._style("")
        if y >= len(self._rows):
            note = Segment(self._note(y), self._style("muted"))
            return Strip([note]).adjust_cell_length(width, base)
        number, row = self._rows[y]
        if not self._laid.is_laid(number) and not self.wraps and not self._laid.is_time():
            return Strip.blank(width, base)
        line = self._laid.line(number).line
        if self.wraps:
            starts = self._laid.starts(number, self._room)
            start = starts[row]
            end = starts[row + 1] if row + 1 < len(starts) else len(line.text)
        else:
            ruler = self._laid.ruler(number)
            start, end = ruler.at(self.aside), ruler.at(self.aside + self._room)
        found = self._laid.found(number, self.search)
        mark = self._style("here" if number == self.here else "match") if found else None
        drawn = segments(line, start, end, base, found, mark)
        body = Strip(drawn).adjust_cell_length(self._room, base)
        whole = Strip([*self._before(number, row), *body], self.head_width + self._room)
        return whole.adjust_cell_length(width, base)

    def _note(self, y: int) -> str:
        """What is told where there is no line."""
        words = NONE_SHOWN if self.lines else self.empty
        if self.shown or not words:
            return ""
        room = max(8, self.size.width - 2)
        rows = [row for line in words.split("\n") for row in wrap(line, room)]
        return f" {rows[y]}" if y < len(rows) else ""

    def _before(self, number: int, row: int) -> list[Segment]:
        if not self.head or not self.head_width:
            return []
        parts = self.head(self.lines[number]) if row == 0 else ()
        drawn = Strip([Segment(text, self._style(role)) for text, role in parts])
        return list(drawn.adjust_cell_length(self.head_width, self._style("")))

    def _style(self, role: str) -> Style:
        if role not in self._styles:
            style = self.rich_style
            if role in ("match", "here"):
                style = self.get_component_rich_style(f"text--{role}", partial=True)
            elif role:
                style += self.get_component_rich_style(f"text--{role}", partial=True)
            self._styles[role] = style
        return self._styles[role]

    def notify_style_update(self) -> None:
        """Forget what was drawn in other colours."""
        super().notify_style_update()
        self._styles.clear()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel."""
        event.stop()
        self.move(-WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel."""
        event.stop()
        self.move(WHEEL)
