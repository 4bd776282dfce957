"""One pane on the main screen: its table, filter and title. It draws only what is seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence, Set
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from textual.content import Content

from aiocontainerd.models import Key, Snapshot
from aiocontainerd.safe import safe
from ctdeck.filtering import compile_filter
from ctdeck.formatting import GLYPHS
from ctdeck.masking import masked_text
from ctdeck.panes import Pane
from ctdeck.pods import with_mates
from ctdeck.remembered import Remembered, Sort
from ctdeck.settings import Settings
from ctdeck.widgets.column import Column, shown_of
from ctdeck.widgets.maderows import Rows
from ctdeck.widgets.parts import Part, Tab
from ctdeck.widgets.table import Table

# A list is made anew, in turns, where more than one in so many has changed, or more than so many
# have come, gone or moved: to put a single one in its place takes 0.1 to 0.4 ms.
FEW, MANY = 8, 250


class PaneView:
    """Brings a pane's rows into its table."""

    def __init__(
        self, pane: Pane, settings: Settings, remembered: Remembered | None = None
    ) -> None:
        self.remembered = remembered or Remembered()
        self.pane = replace(pane, invitation=None) if settings.read_only else pane
        self._keymap = settings.keys
        columns = self._wanted(pane.columns)
        self.table: Table[Any] = Table(columns, follow=pane.follow, id=pane.id)
        self.table.sheet.own_order = pane.sorted_by
        column, reverse = self.remembered.sorts.get(pane.id, Sort())
        self.table.begin_sorted_by(column, reverse=reverse)
        self.filter = ""
        self._counts: Counter[str] = Counter()
        self._counted = Snapshot()  # what the counts are of
        self._shown: Snapshot | None = None  # what is in the table, None if that is old
        self._scope: str | None = None
        self._listed: str | None = None  # the scope of what is in the table
        self._made: tuple[Snapshot, str | None, list[Hashable]] | None = None  # to be shown next
        self._whole = False  # all of it had been read
        self._titled: list[Part] = []

    @property
    def total(self) -> int:
        """How many rows there are, before any filter."""
        return self._counts.total() if self._scope is None else self._counts[self._scope]

    def prepare(self, snapshot: Snapshot, scope: str | None) -> Iterator[None]:
        """Make a list for `show`, in turns, where more than a little of it is another one."""
        in_turns = self.pane.listing.in_turns
        if not in_turns or not self.table.display:
            return
        if self._are_many(self._touched(snapshot, scope), snapshot):
            self._made = (snapshot, scope, (yield from in_turns(snapshot, scope)))

    def _touched(self, snapshot: Snapshot, scope: str | None) -> Set[Hashable] | None:
        """Those that may come, go or read differently; None for another list than what is there."""
        if self._shown is None or scope != self._listed or not self.table.view.all:
            return None
        return self.pane.listing.touched(self._shown, snapshot, scope)

    def _are_many(self, touched: Set[Hashable] | None, snapshot: Snapshot) -> bool:
        if touched is None or len(touched) * FEW > len(self.table.view.all):
            return True
        shown, order = self._shown, self.pane.listing.order
        if shown is None or len(touched) <= MANY:
            return False
        moved = (key for key in touched if order(shown, key) != order(snapshot, key))
        return next(islice(moved, MANY, None), None) is not None

    def show(self, snapshot: Snapshot, scope: str | None) -> None:
        """Take the newest snapshot; a hidden pane only counts."""
        self._scope = scope
        if self._counted is not snapshot:
            self.pane.listing.count(self._counts, self._counted, snapshot)
            self._counted = snapshot
        if not self.table.display:
            # Its old rows may go; what it lists is made when it is seen.
            if self._shown is not None:
                self._shown = None
                self.table.view.forget()
            self.table.view.rows = self._rows(snapshot)
            return
        touched = self._touched(snapshot, scope)
        other, self._listed = scope != self._listed, scope
        # Rows come in any order until all are there: who has not moved looks at the first one.
        self.table.view.follow = self.pane.follow or not self._whole
        self._whole = snapshot.loaded
        columns = self._wanted(self.pane.columns_for(self._counts, scope))
        # Before the rows, which are measured by them; but while it was hidden, some that are
        # listed may have gone.
        if columns != self.table.columns and (self._shown or not self.table.view.all):
            self.table.set_columns(columns)
        self._bring(snapshot, touched)
        if columns != self.table.columns:
            self.table.set_columns(columns)
        self._shown = snapshot
        if other:  # one's own doing: the row has not vanished
            self.table.view.let_go()
        self._say_if_empty(snapshot)
        self.show_title()

    def _wanted(self, columns: Sequence[Column[Any]]) -> tuple[Column[Any], ...]:
        """Those that were not put away; what names the row stays."""
        return shown_of(columns, self.remembered.hidden.get(self.pane.id, ()))

    def hide(self, columns: Sequence[str], snapshot: Snapshot) -> None:
        """Put these columns away, and show all others; it is remembered."""
        self.remembered.set_hidden(self.pane.id, tuple(columns))
        self.table.set_columns(self._wanted(self.pane.columns_for(self._counts, self._scope)))
        self.remember_order()
        self._say_if_empty(snapshot)

    def remember_order(self) -> None:
        """What it is sorted by now was chosen."""
        table = self.table
        self.remembered.set_sort(self.pane.id, Sort(table.sort_column or "", table.view.reverse))

    def _rows(self, snapshot: Snapshot) -> Rows[Any]:
        return self.pane.listing.rows_in(snapshot, self._scope)

    def _keys(self, snapshot: Snapshot) -> list[Hashable]:
        made, self._made = self._made, None
        if made and made[0] is snapshot and made[1] == self._scope:
            return made[2]
        return self.pane.listing.keys(snapshot, self._scope)

    def _bring(self, snapshot: Snapshot, touched: Set[Hashable] | None) -> None:
        """The rows of a snapshot in the table; of what is there only the `touched` are others."""
        order, table = self.pane.listing.order, self.table
        rows = self._rows(snapshot)
        if touched is None or self._are_many(touched, snapshot):
            table.set_keys(self._keys(snapshot), rows, touched)
        elif touched and self._shown:
            table.update(rows, touched, partial(order, self._shown), partial(order, snapshot))
        else:
            table.view.rows = rows

    def renumber(self, touched: Set[Key]) -> None:
        """Of these rows something has changed that is not in the snapshot: what is sorted by."""
        shown, listing = self._shown, self.pane.listing
        if shown is None:
            return
        pods = listing.pods(shown) if listing.pods else {}
        order = partial(listing.order, shown)
        listed = with_mates(self.listed(touched), pods, pods)
        self.table.update(self._rows(shown), listed, order, order)

    def listed(self, keys: Iterable[Key]) -> set[Key]:
        """Those of them that are of the namespace that is listed."""
        return {key for key in keys if self._scope in (None, key.namespace)}

    def set_filter(self, text: str, snapshot: Snapshot) -> None:
        """Filter; raises ValueError for a broken regular expression, the old filter stays."""
        accepts = compile_filter(text)
        self.filter = text.strip() if accepts else ""
        self._say_if_empty(snapshot)
        self.table.set_filter(accepts)
        self.show_title()

    @property
    def count_text(self) -> str:
        """``31``, or ``3/31`` under a filter; with what was there and is not kept."""
        return self.pane.count_text(self._counted, self.total, self._scope, self._found)

    @property
    def tab(self) -> Tab:
        """The pane in the line of tabs."""
        marks = len(self.table.view.marks)
        return self.pane.tab(self._counted, self.total, self._scope, self._found, marks)

    @property
    def _found(self) -> str:
        """How many the filter has found so far; empty without one."""
        more = "" if self.table.view.is_complete else GLYPHS.ellipsis
        return f"{len(self.table.view.keys):,}{more}" if self.filter else ""

    def _say_if_empty(self, snapshot: Snapshot) -> None:
        filtered = safe(self.filter)
        words = self.pane.words_if_empty(
            snapshot, self._counts, self._scope, filtered, self._keymap
        )
        if not snapshot.loaded and self.table.idle_cursor:  # once, in the list that has the focus
            words = safe(masked_text(snapshot.error)) or words
        self.table.say_if_empty(words)

    def show_title(self) -> None:
        """The title with its counts, if that says something new."""
        marks = len(self.table.view.marks)
        title = self.pane.title_parts(self.count_text, self._counted, safe(self.filter), marks)
        if title != self._titled:
            self._titled = title
            self.table.border_title = Content.assemble(*title)
