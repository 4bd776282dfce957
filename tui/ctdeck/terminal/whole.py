"""The driver for terminals that we do not know: Textual's frames, none to one that is behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual._compositor import LayoutUpdate

from ctdeck.terminal.driver import SparingDriver
from ctdeck.terminal.updates import Update

if TYPE_CHECKING:
    from rich.console import Console
    from textual.strip import Strip


class WholeDriver(SparingDriver):
    """Frames come as text by `write`; while one waits, those after it are skipped."""

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self._skipped = False  # a frame, and none of all the screen was sent since
        self._sent: list[list[Strip]] | None = None  # all the screen, where it was the last frame

    def show(self, update: Update, console: Console, cursor: tuple[int, int]) -> bool:
        """False if it is to be written; else it is skipped, and later all is drawn anew.

        Textual draws some widgets once more behind all of the screen. If that is what was skipped
        all is drawn as it was sent, and nothing is sent: it would be skipped again, for ever.
        """
        if self._outlet is None or self._farewell is not None:
            return True
        if not self._outlet.is_ready:
            self._skipped = True
            self._outlet.ask()
            return True
        before, self._sent = self._sent, None
        if isinstance(update, LayoutUpdate):
            self._skipped = False
            self._sent = [[*line] for line in update.strips]
        return self._sent is not None and self._sent == before

    def redraw(self) -> None:
        """Send all of the frame again: the terminal may show something else."""
        self._sent = None
        self._app.refresh(layout=True)

    def start_application_mode(self) -> None:
        """As the others', on a terminal that shows something else."""
        self._sent = None
        super().start_application_mode()

    def _is_due(self) -> bool:
        return self._skipped

    def _send(self) -> None:
        """The terminal has caught up, or its size has changed."""
        if self._resized:
            self._resized = False
            self._app.call_later(self.redraw)
        elif self._skipped:
            self._app.call_later(self._app.refresh, layout=True)
