"""Lines as they are laid out: each once, and in one turn no more than what holds nobody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from ctdeck.ansi import Painted
from ctdeck.finding import Search, Span
from ctdeck.widgets.textrows import Ruler, row_starts

A_TURN = 0.01  # s
AT_ONCE = 1 << 16  # characters that are laid out in one turn in any case: 20 ms at their worst
KEPT = 400  # lines
KEPT_TEXT = 1 << 23  # characters of them


class Laid:
    """A line that is safe to show, where its cells and rows are, and what was found in it."""

    __slots__ = ("found", "line", "ruler", "search", "starts", "width")

    def __init__(self, line: Painted) -> None:
        self.line = line
        self.ruler: Ruler | None = None
        self.starts: Sequence[int] = ()
        self.width = 0  # of the rows that begin at `starts`
        self.search: Search | None = None
        self.found: Sequence[Span] = ()  # by `search`


class Layout:
    """Lays out the lines of one text by their numbers; `paint` gives the text of one.

    What draws asks whether there `is_time`. Where there is none it draws nothing, and `go_on` is
    called in a later turn: then there is some again.
    """

    def __init__(self, paint: Callable[[int], Painted], go_on: Callable[[], None]) -> None:
        self._paint = paint
        self._go_on = go_on
        self._laid: dict[int, Laid] = {}
        self._characters = 0
        self._spent = 0  # characters in this turn
        self._until = 0.0
        self._owes = False

    def forget(self, *numbers: int) -> None:
        """These have another text now; without any: all have."""
        for number in numbers or list(self._laid):
            if laid := self._laid.pop(number, None):
                self._characters -= len(laid.line.text)

    def keep(self, numbers: set[int]) -> None:
        """Forget all but these, if they are many."""
        if len(self._laid) > KEPT or self._characters > KEPT_TEXT:
            self.forget(*self._laid.keys() - numbers)

    def is_laid(self, number: int) -> bool:
        """Its text and its cells are known."""
        return number in self._laid and self._laid[number].ruler is not None

    def line(self, number: int) -> Laid:
        """Its text."""
        laid = self._laid.get(number)
        if laid is None:
            laid = self._laid[number] = Laid(self._paint(number))
            self._characters += len(laid.line.text)
            self._spend(laid)
        return laid

    def ruler(self, number: int) -> Ruler:
        """Where its cells are."""
        laid = self.line(number)
        if laid.ruler is None:
            laid.ruler = Ruler(laid.line.text)
            self._spend(laid)
        return laid.ruler

    def starts(self, number: int, width: int) -> Sequence[int]:
        """The characters with which its rows begin."""
        laid = self.line(number)
        if laid.width != width:
            laid.starts, laid.width = row_starts(laid.line.text, width), width
            self._spend(laid)
        return laid.starts

    def found(self, number: int, search: Search | None) -> Sequence[Span]:
        """Where this is in it; nowhere if there is no time to look."""
        laid = self.line(number)
        if search is None:
            return ()
        if laid.search is not search:
            if not self.is_time():
                return ()
            laid.found, laid.search = search.spans(laid.line.text), search
            self._spend(laid)
        return laid.found

    def is_time(self) -> bool:
        """Whether one more may be laid out in this turn."""
        if self._spent < AT_ONCE or time.monotonic() < self._until:
            return True
        self._owes = True
        return False

    def _spend(self, laid: Laid) -> None:
        if not self._spent:
            self._until = time.monotonic() + A_TURN
            asyncio.get_running_loop().call_soon(self._turned)
        self._spent += len(laid.line.text) + 1

    def _turned(self) -> None:
        self._spent, owes, self._owes = 0, self._owes, False
        if owes:
            self._go_on()
