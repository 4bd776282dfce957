"""The one-line prompts over the bottom line: methods of `MainScreen`, and the filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdeck.screens.telling import tell_on, untell
from ctdeck.styles import add_sheet

if TYPE_CHECKING:
    from textual.widget import Widget

    from ctdeck.screens.main import MainScreen


def open_prompt(main: MainScreen, widget: Widget) -> None:
    """Show it; `close_prompt` takes it away."""
    close_prompt(main)
    untell(main.app)  # they would cover what is typed
    add_sheet(main.app, "prompts")
    main.query_one("#prompt").mount(widget)
    main.keys.opened(widget)


def close_prompt(main: MainScreen) -> None:
    """Back to the list."""
    prompt = main.query_one("#prompt")
    if prompt.children:
        from ctdeck.widgets.filterline import take_away

        take_away(prompt)
        main.view.table.focus()
        tell_on(main)


def open_filter(main: MainScreen) -> None:
    """The `/` line; with the filter that is there, to be replaced or gone on with."""
    main.reading = False
    main.showing.everything()
    from ctdeck.widgets.filterline import FilterLine  # Input: not before the first frame

    def apply(text: str) -> str:
        """Filter the list, and say how many rows are left; raises ValueError."""
        main.view.set_filter(text, main.snapshot)
        main.showing.lines()
        return main.view.count_text

    main.open_prompt(FilterLine(main.view.filter, apply))
