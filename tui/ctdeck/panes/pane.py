"""What a pane is made of; the panes themselves are in the modules beside this one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from aiocontainerd.models import Snapshot
from ctdeck.formatting import counted
from ctdeck.rows import Scope
from ctdeck.widgets.column import Column

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Pane:
    """One list of the main screen.

    `rows` gives them in their default order. `inputs` are the parts of a snapshot that the
    rows are made of: while they are the same objects, nothing is drawn anew. `owners` gives
    the namespace of each row, for the counts. `follow` keeps the cursor on the first row.
    """

    id: str
    key: str
    title: str
    short: str
    noun: str
    columns: tuple[Column[Any], ...]
    rows: Callable[[Snapshot, Scope], list[Any]]
    inputs: Callable[[Snapshot], tuple[object, ...]]
    owners: Callable[[Snapshot], Iterable[str]]
    follow: bool = False
    hint: str = ""
    invitation: str = ""  # a hint for those who may change something

    def columns_for(self, snapshot: Snapshot, scope: Scope) -> tuple[Column[Any], ...]:
        """The columns; the namespace is one only where there can be several.

        Where there are several it is not the first to go: the same id may be in each of them.
        """
        if scope is not None:
            return tuple(column for column in self.columns if column.id != "namespace")
        if len(set(self.owners(snapshot))) < 2:
            return self.columns
        return tuple(
            replace(c, priority=min(c.priority, 1), minimum=7) if c.id == "namespace" else c
            for c in self.columns
        )

    def count(self, snapshot: Snapshot, scope: Scope) -> int:
        """How many rows there are, before any filter."""
        owners = list(self.owners(snapshot))
        return len(owners) if scope is None else owners.count(scope)

    def words_if_empty(self, snapshot: Snapshot, scope: Scope, filtered: str = "") -> str:
        """Why the list is empty: each reason reads differently."""
        if not snapshot.loaded:
            return f"reading the {self.noun}s …" if not snapshot.error else "nothing read yet"
        if filtered:
            return f"no {self.noun} matches {filtered}: Esc clears the filter"
        if scope is None:
            return f"no {self.noun}s in any namespace{self._hint()}"
        counts = Counter(self.owners(snapshot))
        if not counts:
            return f"no {self.noun}s in {scope}{self._hint()}"
        name, number = counts.most_common(1)[0]
        return f"no {self.noun}s in {scope}; {name} has {number}: press n"

    def _hint(self) -> str:
        hint = self.invitation or self.hint
        return f": {hint}" if hint else ""

    def title_text(self, shown: int, total: int, filtered: str = "") -> str:
        """``Containers 31``, or ``Containers 3 of 31  /web`` under a filter."""
        if filtered:
            return f"{self.title} {shown} of {total}  /{filtered}"
        return f"{self.title} {counted(total, '').strip('s ')}" if total else f"{self.title} 0"


def stamp(when: datetime | None) -> float:
    """A time to sort by, newest first; unknown ones last."""
    return -when.timestamp() if when else 0.0


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
