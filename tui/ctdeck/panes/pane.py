"""What a pane is made of; the panes themselves are in the modules beside this one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from aiocontainerd.models import Phase, Snapshot
from aiocontainerd.quickdata import dataclass
from ctdeck.filtering import BETWEEN
from ctdeck.formatting import GLYPHS, short_reference
from ctdeck.listing import Listing
from ctdeck.rows import Scope
from ctdeck.underway import UnderWay
from ctdeck.widgets.column import Cell, Column
from ctdeck.widgets.parts import Part, Tab

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Pane:
    """One list of the main screen.

    `listing` is how its rows come of a snapshot, `sorted_by` the column that they are in the
    order of by themselves. `follow` keeps the cursor on the first row.
    `alone` is a pane that is seen only while it has the focus. `told` is what its title says beside
    the count, `waits` why nothing is listed yet.
    `dropped` tells how many rows there were that are not kept. The counts that some methods take
    are of rows, before any filter, by namespace.
    """

    id: str
    key: str
    title: str
    short: str
    noun: str
    columns: tuple[Column[Any], ...]
    listing: Listing
    sorted_by: str = ""
    follow: bool = False
    hint: str = ""
    invitation: tuple[str, str] | None = None  # a hint for those who may change something: the
    # id of an action, and words round its key
    dropped: Callable[[Snapshot], int] = lambda _: 0
    alone: bool = False
    told: Callable[[Snapshot], str] = lambda _: ""
    waits: Callable[[Snapshot], str] = lambda _: ""

    def title_parts(
        self, count: str, snapshot: Snapshot, filtered: str = "", marks: int = 0
    ) -> list[Part]:
        """Key, title, how many there are and are marked; `filtered` is the filter in words."""
        found = f"  /{filtered}" if filtered else ""
        found += f"  {told}" if (told := self.told(snapshot)) else ""
        parts = [(f" {self.key} ", ""), (self.title, "bold"), (f" {count}", "")]
        if marks:
            parts.append((f" {GLYPHS.dot} {marks:,} marked", "$warning"))
        return [*parts, (f"{found} ", "")]

    def count_text(self, snapshot: Snapshot, total: int, scope: Scope, found: str = "") -> str:
        """``31``, or ``3/31`` where `found` is 3; with what was there and is not kept."""
        if self.waits(snapshot):
            return ""  # nobody has counted them
        dropped = self.dropped(snapshot)
        shown = f"{found}/{total:,}" if found else f"{total:,}"
        if not dropped:
            return shown
        if scope is None:
            return f"{shown} of {total + dropped:,}"
        return f"{shown} ({dropped:,} dropped)"  # of which namespaces, nobody counted

    def tab(
        self, snapshot: Snapshot, total: int, scope: Scope, found: str = "", marks: int = 0
    ) -> Tab:
        """The pane in the line of tabs; as `count_text`."""
        full = brief = self.count_text(snapshot, total, scope, found)
        if self.dropped(snapshot):
            brief = f"{found}/{total:,}+" if found else f"{total:,}+"
        if told := self.told(snapshot).partition(",")[0]:
            full = f"{full}, {told}"
        marked = f" {GLYPHS.mark}{marks:,}" if marks else ""
        return Tab(self.key, self.title, self.short, full + marked, brief, brief + marked)

    def columns_for(self, counts: Counter[str], scope: Scope) -> tuple[Column[Any], ...]:
        """The columns; the namespace is one only where there can be several.

        Where there are several it is not the first to go: the same id may be in each of them.
        """
        if scope is not None:
            return tuple(column for column in self.columns if column.id != "namespace")
        if sum(number > 0 for number in counts.values()) < 2:
            return self.columns
        return tuple(
            replace(c, priority=min(c.priority, 1), minimum=7) if c.id == "namespace" else c
            for c in self.columns
        )

    def words_if_empty(
        self,
        snapshot: Snapshot,
        counts: Counter[str],
        scope: Scope,
        filtered: str = "",
        keymap: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """Why the list is empty: each reason reads differently; with keys as they are bound."""
        if snapshot.phase is Phase.LIVE and self.id in snapshot.reading:
            return f"still reading the {self.noun}s …"
        if not snapshot.loaded:
            return f"reading the {self.noun}s …" if not snapshot.error else "nothing read yet"
        if waits := self.waits(snapshot):
            return waits
        if dropped := self.dropped(snapshot):
            why = self._why(counts, scope, filtered, keymap)
            return f"{why}; {dropped:,} older ones are not kept"
        return self._why(counts, scope, filtered, keymap)

    def _why(
        self, counts: Counter[str], scope: Scope, filtered: str, keymap: Mapping[str, str]
    ) -> str:
        from ctdeck.actions import way_to  # all verbs: not before the first frame

        if filtered:
            way = way_to("back", keymap)
            return f"no {self.noun} matches {filtered}: {way} clears the filter"
        if scope is None:
            return f"no {self.noun}s in any namespace{self._hint(keymap)}"
        name, number = counts.most_common(1)[0] if counts else ("", 0)
        if not number:
            return f"no {self.noun}s in {scope}{self._hint(keymap)}"
        way = way_to("namespace", keymap)
        return f"no {self.noun}s in {scope}; {name} has {number}: press {way}"

    def _hint(self, keymap: Mapping[str, str]) -> str:
        from ctdeck.actions import way_to

        hint = self.hint
        if self.invitation:
            id, words = self.invitation
            hint = words.format(way_to(id, keymap))
        return f": {hint}" if hint else ""


def namespace_column(namespace: Callable[[R], str], *, priority: int) -> Column[R]:
    """The containerd namespace of a row; the same in every pane but for when it gives way."""
    column: Column[R] = Column(
        "namespace",
        "NAMESPACE",
        lambda row, _: (namespace(row), "muted"),
        namespace,
        priority=priority,
        minimum=9,
        maximum=20,
        cut="middle",
        brief="NS",
    )
    return column


def said_and_whole(reference: str) -> str:
    """A reference for a filter: as people say it, and in another line as it is."""
    said = short_reference(reference)
    return reference if said == reference else f"{said}{BETWEEN}{reference}"


def with_busy(pane: Pane, busy: Mapping[Hashable, UnderWay]) -> Pane:
    """The same, but its status tells what is being done: `busy` is by the keys of rows."""

    def status(cell: Callable[[Any, datetime], Cell], row: Any, now: datetime) -> Cell:
        work = busy.get(row.key) if busy else None
        return (f"{work.ongoing} …", "warn") if work else cell(row, now)

    columns = (
        replace(column, cell=partial(status, column.cell)) if column.id == "status" else column
        for column in pane.columns
    )
    return replace(pane, columns=tuple(columns))
