"""What our dialogs share: when a key may answer. Keys typed before a question was seen never do."""

from __future__ import annotations

from time import monotonic
from typing import Protocol, runtime_checkable

from textual.geometry import Size

SMALL = (60, 16)  # below either of these a dialog does without its padding
# Below this a dialog takes the whole width: of the main screen only slivers would be seen.
NARROW: list[tuple[int, str]] = [(0, "-narrow"), (108, "-roomy")]
NARROW_FORM: list[tuple[int, str]] = [(0, "-narrow"), (124, "-roomy")]
ARMED_AFTER = 0.3  # seconds for which a question must have been seen


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
    busy loop hands over old keys late.
    """

    def __init__(self) -> None:
        self._seen: float | None = None

    def seen(self) -> None:
        """The question is on the screen from now on."""
        self._seen = monotonic()

    def accepts(self, app: object) -> bool:
        """Whether the last key press may answer."""
        if self._seen is None:
            return False
        pressed = app.key_time if isinstance(app, KeyClock) else monotonic()
        return pressed >= self._seen + ARMED_AFTER
