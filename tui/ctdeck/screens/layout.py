"""The two forms of the main screen, and how high each pane is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.geometry import Size

    from ctdeck.screens.main import MainScreen

TINY = (20, 5)  # below either of these nothing can be read
WIDE, HIGH = 100, 30  # from this size on the panes are stacked, with the details beside


def rows_for_others(height: int) -> int:
    """How many rows a pane without the focus keeps, for the height of the body."""
    return max(1, min(4, (height - 5) // 9))


def is_tiny(size: Size) -> bool:
    """Whether nothing can be read on a screen of this size."""
    return size.width < TINY[0] or size.height < TINY[1]


def arrange(main: MainScreen) -> None:
    """Show, hide and size the parts for the screen's size, the zoom and what has the focus."""
    size = main.app.size
    room = size.width >= WIDE and size.height >= HIGH
    stacked = room and not main.zoomed
    if stacked:
        main.reading = False
    main.set_class(stacked, "-stacked")
    main.tabs.display = not stacked
    main.lists.display = not main.reading
    main.details.display = stacked or main.reading
    few = rows_for_others(size.height - 2)
    for view in main.views.values():
        here = view is main.view
        table = view.table
        table.display = stacked or here
        table.show_header(here)
        table.styles.height = "1fr" if here else few + 1
        table.set_class(here, "-current")
        table.idle_cursor = here
