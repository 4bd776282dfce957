"""Marks on the main screen: methods of `MainScreen`, and what an action takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ctdeck.formatting import counted
from ctdeck.rows import Row
from ctdeck.screens.footing import takes_a_row

if TYPE_CHECKING:
    from ctdeck.actions import Action
    from ctdeck.screens.main import MainScreen


def mark(main: MainScreen, how: str) -> None:
    """The row under the cursor ("one"), all up to it ("range"), "all" that is shown, "none"."""
    table = main.view.table
    if how == "all" and not table.view.is_settled:
        main.tell("The filter has not looked at all rows yet. Try again in a moment.")
        return
    {
        "one": table.mark,
        "range": table.mark_range,
        "all": table.mark_all,
        "none": table.clear_marks,
    }[how]()
    main.view.show_title()
    main.showing.lines()


def unmark(main: MainScreen, rows: Iterable[Row]) -> None:
    """Take the marks of these away, wherever they are: another pane may be shown by now."""
    keys = [row.key for row in rows]
    for view in main.views.values():
        if view.table.view.marks.of(keys):
            view.table.view.marks.discard(keys)
            view.table.renew()
            view.show_title()
    main.showing.lines()


def rows_of(main: MainScreen) -> list[Row]:
    """What an action takes: all that is marked, else the row under the cursor."""
    view = main.view.table.view
    if view.marks:
        return [view.row(key) for key in view.marked]
    return [] if main.row is None else [main.row]


def filtered_out(main: MainScreen, rows: Iterable[Row]) -> list[Row]:
    """Those of them that are marked, and that the filter does not show."""
    hidden = main.view.table.view.hidden
    return [row for row in rows if row.key in hidden] if hidden else []


def has_rows_for(main: MainScreen, action: Action) -> bool:
    """Whether there is a row to take; where the one under the cursor has vanished only marks."""
    view = main.view.table.view
    return view.missing is None or (action.many and len(view.marks) > 0)


def takes_one(main: MainScreen, action: Action) -> str:
    """Why it is not done while rows are marked; empty if it may be.

    What only looks is done to the row under the cursor all the same.
    """
    number = len(main.view.table.view.marks)
    if not number or action.many or not (action.changes and takes_a_row(action)):
        return ""
    are = "is" if number == 1 else "are"
    back = main.way_to("back")
    return (
        f"{action.title} takes one row, and {number:,} {are} marked. {back} takes the marks away."
    )


def said_of_looking(main: MainScreen, action: Action) -> str:
    """That only one of the marked rows is looked at; empty where that goes without saying."""
    number = len(main.view.table.view.marks)
    if number < 2 or action.many or action.changes or not takes_a_row(action):
        return ""
    return f"{action.title} takes one row: this one, not the {counted(number, 'marked row')}."
