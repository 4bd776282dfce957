"""The two forms of the main screen, and how high each pane is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctdeck.screens.main import MainScreen

TINY = (20, 5)  # below either of these nothing can be read
WIDE, HIGH = 100, 30  # from this size on the panes are stacked, with the details beside


def rows_for_others(height: int) -> int:
    """How many rows a pane without the focus keeps, for the height of the body."""
    return max(1, min(4, (height - 5) // 9))


def is_tiny(width: int, height: int) -> bool:
    """Whether nothing can be read on a screen of this size."""
    return width < TINY[0] or height < TINY[1]


def has_room(width: int, height: int) -> bool:
    """Whether the panes can be stacked on a screen of this size."""
    return width >= WIDE and height >= HIGH


def arrange(main: MainScreen) -> None:
    """Show, hide and size the parts for the screen's size, the zoom and what has the focus."""
    size = main.app.size
    stacked = has_room(*size) and not main.zoomed
    mounted = main.details.is_attached  # what is not will be styled then
    if stacked:
        main.reading = False
    main.set_class(stacked, "-stacked", update=mounted)
    main.tabs.display = not stacked
    main.lists.display = not main.reading
    main.details.display = stacked or main.reading
    for view in main.views.values():
        here = view is main.view
        table = view.table
        table.display = (stacked and not view.pane.alone) or here
        table.set_class(here, "-current", update=mounted)
        table.idle_cursor = here
    share_lines(main)


def share_lines(main: MainScreen) -> None:
    """Give each pane its height: the focused one first what it holds, then the others."""
    body = main.app.size.height - 2
    others = [v for v in main.views.values() if v is not main.view and not v.pane.alone]
    heights = heights_of([view.total for view in others], main.view.total, body)
    main.view.table.styles.height = "1fr"
    main.view.table.show_header(True)
    for view, (height, header) in zip(others, heights, strict=True):
        view.table.styles.height = height
        view.table.show_header(header)


def heights_of(others: Sequence[int], focused: int, body: int) -> list[tuple[int, bool]]:
    """How high each pane without the focus is, and whether it has a line of column titles.

    `others` and `focused` are numbers of rows, `body` the lines for all panes. A pane's title is
    a line of its own.
    """
    few = rows_for_others(body)
    rows = [max(1, min(few, count)) for count in others]
    spare = body - sum(rows) - len(rows) - (focused + 2)
    header = []
    for _ in others:
        header.append(spare > 0)
        spare -= header[-1]
    while spare > 0 and (short := [i for i, count in enumerate(others) if rows[i] < count]):
        for i in short[:spare]:
            rows[i] += 1
        spare -= len(short[:spare])
    return [(1 + n + titles, titles) for n, titles in zip(rows, header, strict=True)]
