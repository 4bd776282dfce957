"""Getting about on the main screen: between the panes, in a list, into the details and back.

Methods of `MainScreen`, which names them.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from ctdeck.screens.layout import has_room
from ctdeck.screens.moving import move_facts, move_table, sort_table

if TYPE_CHECKING:
    from ctdeck.screens.main import MainScreen


def show_pane(main: MainScreen, name: str) -> None:
    """Go to a pane."""
    main.close_prompt()
    main.view = main.views[name]
    main.reading = False
    _to_list(main)
    main.disk.look()


def go_to(main: MainScreen, pane: str, key: Hashable) -> bool:
    """To a row of a pane, out of a namespace or filter that hides it."""
    main.show_pane(pane)
    view = main.view
    if view.filter:
        view.set_filter("", main.snapshot)
    if not view.table.move_to_key(key) and main.scope is not None:
        main.set_scope(None)
    return view.table.move_to_key(key)


def next_pane(main: MainScreen, step: int) -> None:
    """Go to the next pane, or the previous one."""
    names = list(main.views)
    main.show_pane(names[(names.index(main.pane_id) + step) % len(names)])


def move(main: MainScreen, how: str) -> None:
    """Move in the list, or in the details if the keys are there."""
    if main.in_details:
        move_facts(main.details.scroll, how)
    else:
        move_table(main.view.table, how)


def sort(main: MainScreen, how: str) -> None:
    """`next`, `previous` or `reverse`."""
    said = sort_table(main.view.table, how)
    main.view.remember_order()
    if said:
        main.tell(said)


def zoom(main: MainScreen, on: bool) -> None:
    """The pane on the whole screen, or all of them again."""
    if on and not has_room(*main.app.size):
        main.tell("The pane has the whole screen: it is too small for more than one.")
        return
    main.zoomed = on
    main.reading = False
    _to_list(main)


def turn_tab(main: MainScreen, step: int) -> None:
    """Next or previous tab of the details."""
    main.details.turn(step)
    main.detail_view.refresh()


def open_row(main: MainScreen) -> None:
    """Details of the row: beside the list, or in its place."""
    if main.row is None:
        main.tell("There is no row here to open.")
        return
    if not main.details.display or main.reading:
        main.reading = True
        main.showing.everything()
    main.details.scroll.focus()


def show_tab(main: MainScreen, tab: str, key: Hashable = None) -> None:
    """Open a tab of the row's details, or those of a container, whatever is filtered."""
    if key is not None:
        main.show_pane("containers")
        if not main.view.table.move_to_key(key):
            main.view.set_filter("", main.snapshot)
            main.view.table.move_to_key(key)
    open_row(main)
    main.detail_view.refresh()  # for another kind of row that forgets the tab
    main.details.tab = tab
    main.detail_view.refresh()
    if main.row is not None and tab not in main.details.tab_names:
        main.tell(f"There are no {tab.lower()} of what does not run.")


def back(main: MainScreen) -> None:
    """One step back: out of the details, no filter, no zoom."""
    if main.in_details:
        main.reading = False
    elif main.view.table.view.marks:
        main.mark("none")
    elif main.view.filter:
        main.view.set_filter("", main.snapshot)
    elif main.zoomed:
        main.zoomed = False
    _to_list(main)


def _to_list(main: MainScreen) -> None:
    main.showing.everything()
    main.view.table.focus()
