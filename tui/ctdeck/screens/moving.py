"""Moving and sorting in the list that has the focus."""

from __future__ import annotations

from typing import Any

from ctdeck.widgets.factsview import FactsView
from ctdeck.widgets.table import Table

FAR = 10**9


def steps_of(page: int) -> dict[str, int]:
    """How many lines each way of moving goes, for a page of so many lines."""
    half = max(1, page // 2)
    return {
        "down": 1,
        "up": -1,
        "page down": page,
        "page up": -page,
        "half down": half,
        "half up": -half,
        "first": -FAR,
        "last": FAR,
    }


def move_table(table: Table[Any], how: str) -> None:
    """Move the cursor."""
    table.move(steps_of(table.page)[how])


def move_facts(view: FactsView, how: str) -> None:
    """Scroll facts."""
    step = steps_of(max(1, view.size.height))[how]
    view.scroll_relative(y=step, animate=False, immediate=True)


def sort_table(table: Table[Any], how: str) -> str:
    """Sort by the next or previous column, or turn the order round; says what cannot be seen.

    Before the first column comes the order that the list has by itself. Columns in which no row
    has anything are stepped over.
    """
    widths = zip(table.columns, table.sheet.widths.natural, strict=False)
    names = [None, *(c.id for c, width in widths if width or c.id == table.sort_column)]
    if how == "reverse":
        table.sort_by(table.sort_column, reverse=not table.view.reverse)
    else:
        step = 1 if how == "next" else -1
        table.sort_by(names[(names.index(table.sort_column) + step) % len(names)])
    way = ", reversed" if table.view.reverse else ""
    if table.sort_column is None:
        return f"In its own order{way}."
    return "" if table.sort_is_seen else f"Sorted by {table.sort_column}{way}."
