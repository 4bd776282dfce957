"""Something of ours takes long: how far it is, and a key to cancel it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from aiocontainerd.safe import safe
from ctdeck.screens.boundkeys import keys_line
from ctdeck.screens.dialog import NARROW, Dialog
from ctdeck.styles import style_path

SOON = 0.4  # seconds: what is done by then needs no dialog
EVERY = 0.5  # seconds between two looks at how far it is


async def wait(
    app: App[Any],
    title: str,
    work: Coroutine[Any, Any, None],
    words: Callable[[], str],
    *,
    background: bool = True,
) -> bool:
    """Raises what the work raises; False if it was cancelled, which is waited for.

    `background`: it may be left to go on.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=SOON)
        if not done:
            screen = WaitScreen(title, words, background=background)
            left: asyncio.Future[Any] = app.push_screen(screen, wait_for_dismiss=True)
            await asyncio.wait({task, left}, return_when=asyncio.FIRST_COMPLETED)
            if left.done() and not task.done():
                if left.result():
                    task.cancel()
            elif screen.is_attached:
                screen.dismiss(False)
        await task
    except asyncio.CancelledError:
        if task.cancelled():
            return False
        task.cancel()  # ctdeck is left: its end is waited for
        await asyncio.wait({task})
        raise
    return True


class WaitScreen(Dialog[bool]):
    """Esc cancels; `b` goes on without the dialog, if that may be."""

    CSS_PATH = style_path("dialogs")
    HORIZONTAL_BREAKPOINTS = NARROW
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(True)", "cancel", id="waiting.cancel", tooltip="Cancel it"),
        Binding("b", "background", "background", id="waiting.background", tooltip="Go on"),
    ]

    def __init__(self, title: str, words: Callable[[], str], *, background: bool = True) -> None:
        super().__init__()
        self._background = background
        self._heading = title
        self._words = words

    def compose(self) -> ComposeResult:
        """One line in a box."""
        with Vertical(classes="dialog message"):
            yield Static(Content(safe(self._words())), id="waiting", markup=False)

    def on_mount(self) -> None:
        """Look again and again."""
        dialog = self.query_one(".dialog")
        dialog.border_title = Content(safe(self._heading))
        keys = [("waiting.cancel", "cancels")]
        if self._background:
            keys.append(("waiting.background", "goes on in the background"))
        dialog.border_subtitle = Content(keys_line(self, *keys))
        self.set_interval(EVERY, self._look)

    def action_background(self) -> None:
        """Go on without it."""
        if self._background:
            self.dismiss(False)

    def _look(self) -> None:
        self.query_one("#waiting", Static).update(Content(safe(self._words())), layout=False)
