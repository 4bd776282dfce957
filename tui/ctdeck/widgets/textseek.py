"""Finding and filtering among many lines, in turns with all else that there is to do."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from ctdeck.widgets.textview import TextView

T = TypeVar("T")
A_TURN = 0.01  # s


class Seeker(Generic[T]):
    """Keeps `shown` of a view: all its lines, or those whose text the filter accepts."""

    def __init__(self, view: TextView[T]) -> None:
        self.accepts: Callable[[str], bool] | None = None
        self.told: Callable[[], None] = lambda: None  # called when a filter has looked further
        self._view = view
        self._from = self._to = 0  # lines before and from these on have not been looked at so far
        self._is_looking = False

    @property
    def is_filtering(self) -> bool:
        """Not all lines are shown."""
        return self.accepts is not None or self._view.sieve is not None

    @property
    def is_complete(self) -> bool:
        """All lines have been looked at."""
        numbers = self._view.lines.numbers
        return not self.is_filtering or (self._from <= numbers.start and self._to >= numbers.stop)

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
        self._from = self._to = lines.numbers.stop
        self._look()
        self._go_on()

    def took(self, count: int) -> None:
        """So many came in at the end."""
        numbers = self._view.lines.numbers
        if not self.is_filtering:
            self._view.shown = numbers
            return
        shown = self._view.shown
        assert isinstance(shown, list)
        self._to = max(numbers.start, min(self._to, numbers.stop - count))
        self._from = min(self._from, self._to)
        del shown[bisect_left(shown, self._to) :]  # others have taken their place
        del shown[: bisect_left(shown, numbers.start)]
        self._look()
        self._go_on()

    def put(self, count: int) -> None:
        """So many came in at the beginning, and some may have gone at the end."""
        numbers = self._view.lines.numbers
        if not self.is_filtering:
            self._view.shown = numbers
            return
        shown = self._view.shown
        assert isinstance(shown, list)
        del shown[bisect_left(shown, numbers.stop) :]
        self._from, self._to = min(self._from, numbers.stop), min(self._to, numbers.stop)
        self._go_on()

    def wish(self) -> Callable[[T], bool]:
        """Tells which lines are shown, as it is now."""
        sieve, accepts, paint = self._view.sieve, self.accepts, self._view.paint

        def wants(item: T) -> bool:
            if sieve is not None and not sieve(item):
                return False
            return accepts is None or accepts(paint(item).text)

        return wants

    def _look(self) -> bool:
        """At some more, the new ones first; whether any of them is shown."""
        shown, lines, wants = self._view.shown, self._view.lines, self.wish()
        numbers = lines.numbers
        assert isinstance(shown, list)
        until, found = time.monotonic() + A_TURN, len(shown)
        while self._to < numbers.stop and time.monotonic() < until:
            if wants(lines[self._to]):
                shown.append(self._to)
            self._to += 1
        before: list[int] = []
        while self._from > numbers.start and time.monotonic() < until:
            self._from -= 1
            if wants(lines[self._from]):
                before.append(self._from)
        shown[:0] = before[::-1]
        return len(shown) > found

    async def looked(self) -> None:
        """Look at all lines."""
        while not self.is_complete:
            self._look()
            await asyncio.sleep(0)

    def _go_on(self) -> None:
        if not self.is_complete and not self._is_looking and self._view.is_attached:
            self._is_looking = True
            self._view.run_worker(self._look_on(), group="sift")

    async def _look_on(self) -> None:
        try:
            while not self.is_complete:
                if self._look():
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
        view, search = self._view, self._view.search
        until = time.monotonic() + A_TURN
        for number in self._way(step, start):
            if search is None or view.search is not search:
                return False
            lines = view.lines
            is_in = number in lines.numbers and search.is_in(view.paint(lines[number]).text)
            if is_in or time.monotonic() > until:  # one that is in has to be laid out as well
                await asyncio.sleep(0)
                until = time.monotonic() + A_TURN
            if is_in and view.is_shown(number) and view.search is search:
                view.go_to(number)
                return True
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
