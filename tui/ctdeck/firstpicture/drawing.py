"""The main screen of a snapshot as a picture: its lists and the lines over them; pure.

The details and the line of keys are left blank: what they say takes longer to import.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from textwrap import wrap
from typing import Any, NamedTuple

from aiocontainerd.models import Snapshot
from ctdeck.firstpicture.inks import Inks
from ctdeck.formatting import ASCII, GLYPHS
from ctdeck.numbers.book import Numbers
from ctdeck.panes import PANES, Pane
from ctdeck.panes.usage import with_usage
from ctdeck.remembered import Remembered, Sort
from ctdeck.screens.heading import top_of
from ctdeck.screens.layout import has_room, heights_of, is_tiny
from ctdeck.settings import Session, Settings
from ctdeck.terminal.picture import Picture
from ctdeck.widgets.column import fit, shown_of
from ctdeck.widgets.parts import Part, tab_parts, top_parts
from ctdeck.widgets.rowview import RowView
from ctdeck.widgets.sheet import Sheet

FOCUSED = "containers"
_SIDE = "│" if GLYPHS is not ASCII else "|"


class _Place(NamedTuple):
    """Where a list goes: its first line, cells of width, lines, and whether titles are one."""

    y: int
    width: int
    height: int
    header: bool = True


def draw(
    settings: Settings,
    session: Session | None,
    remembered: Remembered,
    size: tuple[int, int],
    now: datetime,
    inks: Inks,
) -> Picture | None:
    """What the main screen shows first of this session; None where it is too small for that.

    Without a session, because no daemon has answered yet, it is empty and says so.
    Every cell is known: blank in its colour where something will stand that is not drawn here.
    """
    if is_tiny(*size):
        return None
    return _Drawing(settings, session, remembered, size, now, inks).picture


class _Drawing:
    """One picture being drawn."""

    def __init__(
        self,
        settings: Settings,
        session: Session | None,
        remembered: Remembered,
        size: tuple[int, int],
        now: datetime,
        inks: Inks,
    ) -> None:
        self._remembered, self._keymap = remembered, settings.keys
        self.snapshot = Snapshot() if session is None else session.store.snapshot
        self.scope = settings.namespace
        self._now, self._inks = now, inks
        (self._width, self._height), self.picture = size, Picture(*size)
        numbers = Numbers()  # none are known yet; their columns wait for them
        panes = [with_usage(pane, numbers) for pane in PANES]
        if settings.read_only:
            panes = [replace(pane, invitation=None) for pane in panes]
        self._counts: dict[str, Counter[str]] = {pane.id: Counter() for pane in panes}
        for pane in panes:
            pane.listing.count(self._counts[pane.id], Snapshot(), self.snapshot)
        self._blank(0, self._height, self._width, inks.blank())
        self._blank(0, 1, self._width, inks.blank("surface"))
        self._blank(self._height - 1, self._height, self._width, inks.blank("surface"))
        top = top_parts(top_of(self.snapshot, self.scope, settings, session), self._width)
        self._put(0, top, "surface")
        if has_room(*size):
            self._stacked(panes)
        else:
            self._alone(panes)

    def _alone(self, panes: Sequence[Pane]) -> None:
        """One list under the line of tabs."""
        tabs = [pane.tab(self.snapshot, self._total(pane), self.scope) for pane in panes]
        here = next(number for number, pane in enumerate(panes) if pane.id == FOCUSED)
        self._put(1, tab_parts(tabs, here, self._width))
        self._list(panes[here], _Place(2, self._width, self._height - 3))

    def _stacked(self, panes: Sequence[Pane]) -> None:
        """All lists, one over the other, and the frame of the details beside."""
        body, width = self._height - 2, self._width * 3 // 5
        panes = [pane for pane in panes if not pane.alone]
        totals = [self._total(pane) for pane in panes if pane.id != FOCUSED]
        focused = next(pane for pane in panes if pane.id == FOCUSED)
        heights = heights_of(totals, self._total(focused), body)
        rest = body - sum(height for height, _ in heights)
        sizes, y = iter(heights), 1
        for pane in panes:
            height, header = (rest, True) if pane is focused else next(sizes)
            self._frame(pane, y, width)
            self._list(pane, _Place(y + 1, width, height - 1, header))
            y += height
        for line in range(1, self._height - 1):
            runs = (_SIDE, self._inks.pen("$faint")), (" ", self._inks.blank())
            self.picture.put(width, line, runs)

    def _frame(self, pane: Pane, y: int, width: int) -> None:
        """The line over a list, with its title."""
        here = pane.id == FOCUSED
        rule = "$primary" if here else "$faint"
        ink = "foreground" if here else "quiet"
        self._put(y, [(GLYPHS.rule * width, rule)])
        count = pane.count_text(self.snapshot, self._total(pane), self.scope)
        self._put(y, pane.title_parts(count, self.snapshot), x=1, ink=ink)

    def _list(self, pane: Pane, place: _Place) -> None:
        """The rows of a list, as many as there is room for."""
        here = pane.id == FOCUSED
        view: RowView[Any] = RowView(follow=pane.follow)
        columns = pane.columns_for(self._counts[pane.id], self.scope)
        sheet = Sheet(shown_of(columns, self._remembered.hidden.get(pane.id, ())), view)
        sheet.own_order = pane.sorted_by
        column, reverse = self._remembered.sorts.get(pane.id, Sort())
        sheet.sort_by(column, reverse=reverse)
        rows = pane.listing.rows_in(self.snapshot, self.scope)
        view.set_keys(pane.listing.keys(self.snapshot, self.scope), rows)
        while not view.is_settled:  # what takes long to sort has turns
            view.arrange()
        scrolls = here and GLYPHS is not ASCII and len(view.keys) + place.header > place.height
        width = place.width - scrolls
        sheet.measure(self._now)
        sheet.fit(width)
        y = place.y
        if place.header:
            pen = self._inks.role("header")
            self._line(y, [(sheet.titles(), pen)], width, pen)
            y += 1
        lines = place.y + place.height - y
        for number, key in enumerate(view.keys[:lines]):
            cursor = here and number == 0
            runs = sheet.runs(sheet.cells(view.row(key), self._now), 2 if cursor else 0)
            colours = [(text, self._inks.role(role, cursor)) for text, role in runs]
            self._line(y, colours, width, self._inks.role("", cursor))
            y += 1
        if not view.keys:
            y = self._words(y, self._why_empty(pane), width, lines)
        for line in range(y, place.y + place.height):
            self._line(line, (), width, self._inks.role("" if view.keys else "muted"))
        self._blank(place.y, place.y + place.height, place.width, self._inks.blank(), width)

    def _why_empty(self, pane: Pane) -> str:
        counts = self._counts[pane.id]
        return pane.words_if_empty(self.snapshot, counts, self.scope, keymap=self._keymap)

    def _words(self, y: int, words: str, width: int, lines: int) -> int:
        """Why there is nothing to list; returns the line after it."""
        for text in wrap(words, max(1, width - 2))[:lines]:
            self._line(y, [(fit(f" {text}", width), self._inks.role("muted"))], width)
            y += 1
        return y

    def _total(self, pane: Pane) -> int:
        counts = self._counts[pane.id]
        return counts.total() if self.scope is None else counts[self.scope]

    def _line(self, y: int, runs: Iterable[Part], width: int, pen: str = "") -> None:
        """Runs with their pens, over a line of blanks."""
        self.picture.put(0, y, [(" " * width, pen or self._inks.pen())])
        self.picture.put(0, y, runs)

    def _put(
        self,
        y: int,
        parts: Iterable[Part],
        ground: str = "background",
        x: int = 0,
        ink: str = "foreground",
    ) -> None:
        """Parts with their styles."""
        pen = self._inks.pen
        self.picture.put(x, y, [(text, pen(style, ground, ink)) for text, style in parts])

    def _blank(self, top: int, bottom: int, width: int, pen: str, start: int = 0) -> None:
        for y in range(top, bottom):
            self.picture.put(start, y, [(" " * (width - start), pen)])
