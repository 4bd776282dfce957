"""The line over the bottom one: what is being done, and how long it still may take."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from aiocontainerd.safe import safe
from ctdeck.underway import line_of, next_change
from ctdeck.widgets.lines import Line

if TYPE_CHECKING:
    from ctdeck.screens.main import MainScreen

SOON = 0.05  # seconds: of many that are done at once, one drawing
clock = monotonic  # tests replace it


class Progress:
    """Draws a change soon, and a countdown once a second while there is one."""

    def __init__(self, main: MainScreen) -> None:
        self._main = main
        self._words = ""
        self._is_due = False

    def say(self, words: str) -> None:
        """Other words than those on what is under way; empty takes them away."""
        self._words = words
        self._show()

    def changed(self) -> None:
        """Something else is under way now."""
        if not self._is_due:
            self._is_due = True
            self._main.set_timer(SOON, self._due)

    def _due(self) -> None:
        self._is_due = False
        self._show()
        wait = next_change(self._main.busy.values(), clock())
        if wait is not None and not self._is_due:
            self._is_due = True
            self._main.set_timer(wait + SOON / 10, self._due)

    def _show(self) -> None:
        main = self._main
        text = self._words or line_of(main.busy.values(), clock())
        line = main.query_one("#progress", Line)
        line.display = bool(text)
        line.show([(f" {safe(text)}", "$accent")])
        for view in main.views.values():
            view.table.renew()  # what is being done to a row is its status, too
