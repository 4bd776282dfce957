"""Finding and filtering among many lines, in turns with all else that there is to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from ctdeck.widgets.textview import TextView

T = TypeVar("T")
A_TURN = 0.01  # s
AT_ONCE = 2_000  # lines that are sifted before anything is painted


class Seeker(Generic[T]):
    """Keeps `shown` of a view: all its lines, or those whose text the filter accepts."""

    def __init__(self, view: TextView[T]) -> None:
        self.accepts: Callable[[str], bool] | None = None
        self.told: Callable[[], None] = lambda: None  # called when a filter has looked further
        self._view = view
        self._from = 0  # lines before this have not been looked at so far
        self._is_looking = False

    @property
    def is_filtering(self) -> bool:
        """Not all lines are shown."""
        return self.accepts is not None or self._view.sieve is not None

    @property
    def is_complete(self) -> bool:
        """All lines have been looked at."""
        return not self.is_filtering or self._from <= self._view.lines.first

    def set_filter(self, accepts: Callable[[str], bool] | None) -> None:
        """Show only lines whose text is accepted; the last ones are looked at first."""
        self.accepts = accepts
        self._view.sift()

    def sift(self) -> None:
        """From the last line back; what takes long goes on in turns."""
        lines = self._view.lines
        if not self.is_filtering:
            self._view.shown = lines.numbers
            return
        self._view.shown = []
        self._from = lines.numbers.stop
        self._look(AT_ONCE, time.monotonic() + A_TURN)
        self._go_on()

    def took(self, count: int) -> None:
        """So many came in at the end."""
        numbers = self._view.lines.numbers
        if not self.is_filtering:
            self._view.shown = numbers
            return
        shown = self._view.shown
        assert isinstance(shown, list)
        first = max(numbers.start, numbers.stop - count)
        while shown and shown[-1] >= first:  # those that others have taken the place of
            shown.pop()
        shown += filter(self._is_wanted, range(first, numbers.stop))
        gone = next((n for n, number in enumerate(shown) if number >= numbers.start), len(shown))
        del shown[:gone]

    def put(self, count: int) -> None:
        """So many came in at the beginning, and some may have gone at the end."""
        numbers = self._view.lines.numbers
        if not self.is_filtering:
            self._view.shown = numbers
            return
        shown = self._view.shown
        assert isinstance(shown, list)
        while shown and shown[-1] >= numbers.stop:
            shown.pop()
        self._from = min(self._from, numbers.stop)
        self._go_on()

    def _is_wanted(self, number: int) -> bool:
        view, item = self._view, self._view.lines[number]
        if view.sieve is not None and not view.sieve(item):
            return False
        return self.accepts is None or self.accepts(view.paint(item).text)

    def _look(self, most: int, until: float) -> bool:
        """At some more; whether any of them is shown."""
        shown, first = self._view.shown, self._view.lines.first
        assert isinstance(shown, list)
        found: list[int] = []
        while self._from > first and most and time.monotonic() < until:
            self._from -= 1
            most -= 1
            if self._is_wanted(self._from):
                found.append(self._from)
        shown[:0] = found[::-1]
        return bool(found)

    def _go_on(self) -> None:
        if not self.is_complete and not self._is_looking and self._view.is_attached:
            self._is_looking = True
            self._view.run_worker(self._look_on(), group="sift")

    async def _look_on(self) -> None:
        try:
            while not self.is_complete:
                if self._look(1 << 40, time.monotonic() + A_TURN):
                    self._view._changed()
                self.told()
                await asyncio.sleep(0)
        finally:
            self._is_looking = False

    async def walk(self, step: int, start: int | None = None) -> bool:
        """Go to the next line that has what is searched for: down with 1, up with -1.

        From `start` on, that one included; else from the line that was found last, or from what is
        seen. False if there is none.
        """
        view = self._view
        until = time.monotonic() + A_TURN
        for number in self._way(step, start):
            if view.search is None:
                return False
            lines = view.lines
            if number in lines.numbers and view.search.is_in(view.paint(lines[number]).text):
                view.go_to(number)
                return True
            if time.monotonic() > until:
                await asyncio.sleep(0)
                until = time.monotonic() + A_TURN
        return False

    def _way(self, step: int, start: int | None) -> Iterator[int]:
        view = self._view
        if start is None and view.here is None:
            seen = view.seen
            start = (seen[0] if step > 0 else seen[-1]) if seen else 0
        at = start if start is not None else (view.here or 0) + step
        while view.lines.numbers and view.lines.first <= at < view.lines.numbers.stop:
            if view.is_shown(at):
                yield at
            at += step
