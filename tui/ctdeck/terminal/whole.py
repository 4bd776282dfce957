"""The driver for terminals that we do not know: Textual's frames, none to one that is behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual._compositor import LayoutUpdate

from ctdeck.terminal.driver import SparingDriver
from ctdeck.terminal.updates import Update

if TYPE_CHECKING:
    from rich.console import Console


class WholeDriver(SparingDriver):
    """Frames come as text by `write`; while one waits, those after it are skipped."""

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self._skipped = False  # a frame, and none of all the screen was sent since

    def show(self, update: Update, console: Console, cursor: tuple[int, int]) -> bool:
        """False if it is to be written; else it is skipped, and later all is drawn anew."""
        if self._outlet is None or self._farewell is not None:
            return True
        if not self._outlet.is_ready:
            self._skipped = True
            self._outlet.ask()
            return True
        if isinstance(update, LayoutUpdate):
            self._skipped = False
        return False

    def redraw(self) -> None:
        """Send all of the frame again: the terminal may show something else."""
        self._app.refresh(layout=True)

    def _is_due(self) -> bool:
        return self._skipped

    def _send(self) -> None:
        """The terminal has caught up, or its size has changed."""
        if self._skipped or self._resized:
            self._resized = False
            self._app.call_later(self.redraw)
