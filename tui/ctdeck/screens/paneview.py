"""One pane on the main screen: its table, filter and title. It draws only what is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from textual.content import Content

from aiocontainerd.models import Snapshot
from aiocontainerd.safe import safe
from ctdeck.filtering import compile_filter
from ctdeck.panes import Pane
from ctdeck.settings import Settings
from ctdeck.widgets.lines import Tab
from ctdeck.widgets.table import Table


class PaneView:
    """Brings a pane's rows into its table."""

    def __init__(self, pane: Pane, settings: Settings) -> None:
        self.pane = replace(pane, invitation="") if settings.read_only else pane
        self.table: Table[Any] = Table(pane.columns, follow=pane.follow, id=pane.id)
        self.filter = ""
        self.total = 0
        self._inputs: tuple[object, ...] = ()
        self._scope: str | None = None

    def show(self, snapshot: Snapshot, scope: str | None) -> None:
        """Take the newest snapshot; a hidden pane only counts."""
        inputs = self.pane.inputs(snapshot)
        same = scope == self._scope and len(inputs) == len(self._inputs)
        if same and all(a is b for a, b in zip(inputs, self._inputs, strict=True)):
            return
        self.total = self.pane.count(snapshot, scope)
        if not self.table.display:
            self._inputs = ()
            return
        columns = self.pane.columns_for(snapshot, scope)
        if columns != self.table.columns:
            self.table.set_columns(columns)
        other = scope != self._scope
        self._inputs, self._scope = inputs, scope
        self.table.empty = Content(self.pane.words_if_empty(snapshot, scope, self.filter))
        self.table.set_rows(self.pane.rows(snapshot, scope))
        if other:  # one's own doing: the row has not vanished
            self.table.view.missing = None
        self._title()

    def set_filter(self, text: str, snapshot: Snapshot) -> None:
        """Filter; raises ValueError for a broken regular expression, the old filter stays."""
        accepts = compile_filter(text)
        self.filter = text.strip() if accepts else ""
        words = self.pane.words_if_empty(snapshot, self._scope, safe(self.filter))
        self.table.empty = Content(words)
        self.table.set_filter(accepts)
        self._title()

    @property
    def count_text(self) -> str:
        """``31``, or ``3/31`` under a filter."""
        return f"{len(self.table.view.shown)}/{self.total}" if self.filter else str(self.total)

    @property
    def tab(self) -> Tab:
        """The pane in the line of tabs."""
        return Tab(self.pane.key, self.pane.title, self.pane.short, self.count_text)

    def _title(self) -> None:
        found = f"  /{safe(self.filter)}" if self.filter else ""
        self.table.border_title = Content.assemble(
            f" {self.pane.key} ", (self.pane.title, "bold"), f" {self.count_text}{found} "
        )
