"""What our dialogs share: how they go, and when a key may answer.

Keys typed before a question was seen never do.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Any, Protocol, TypeVar, runtime_checkable

from textual.app import App
from textual.await_complete import AwaitComplete
from textual.geometry import Size
from textual.screen import ModalScreen, Screen

from ctdeck.terminal import caught_up

SMALL = (60, 16)  # below either of these a dialog does without its padding
# Below this a dialog takes the whole width: of the main screen only slivers would be seen.
NARROW: list[tuple[int, str]] = [(0, "-narrow"), (108, "-roomy")]
NARROW_FORM: list[tuple[int, str]] = [(0, "-narrow"), (124, "-roomy")]
ARMED_AFTER = 0.3  # seconds for which a question must have been seen
LONGEST = 30.0  # seconds that a terminal may take to say that it shows it; then it is believed


Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """Takes itself away and nothing else: at once, or when what is shown above it has gone.

    Textual's `dismiss` takes what is on top, whoever calls it: with the second of two clicks, or
    of two reasons to go, that is the screen below, or the last one, which ends the app.
    """

    _going: tuple[Result | None] | None = None  # the result with which it goes

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Go with this result; nothing where it has gone already."""
        if self.app.screen is self:
            return super().dismiss(result)
        self._going = self._going or (result,)
        return AwaitComplete()

    def on_screen_resume(self) -> None:
        """What was shown above it has gone. It may have gone itself before it was first told so."""
        if self._going is not None and self.app.screen is self:
            self.dismiss(*self._going)


@runtime_checkable
class KeyClock(Protocol):
    """An app that remembers when the key that is being handled was pressed."""

    key_time: float


def is_small(size: Size) -> bool:
    """Whether a dialog must do without its padding on a screen of this size."""
    return size.width < SMALL[0] or size.height < SMALL[1]


class Armed:
    """Says whether the key at hand was pressed after its question could be read.

    The time is that of the key press (the driver stamps it), not that of its handling: a
    busy loop hands over old keys late. A question can be read when the terminal shows it, which
    on a slow line is long after it was drawn.
    """

    def __init__(self) -> None:
        self._drawn: float | None = None
        self._seen: float | None = None

    def begin(self, screen: Screen[Any]) -> None:
        """The question is drawn with the next frame."""
        screen.call_after_refresh(screen.run_worker, self._wait(screen.app), group="armed")

    async def _wait(self, app: App[Any]) -> None:
        self._drawn = monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST):
                await caught_up(app)
        self._seen = monotonic()

    def accepts(self, app: object, *, harmless: bool = False) -> bool:
        """Whether the last key press may answer; one that changes nothing is `harmless`."""
        since = self._drawn if harmless else self._seen
        if since is None:
            return False
        pressed = app.key_time if isinstance(app, KeyClock) else monotonic()
        return pressed >= since + ARMED_AFTER
