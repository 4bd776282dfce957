"""Many lines, numbered for good, in no more bytes than they may take; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 16 << 20  # bytes, with what Python needs for each line
EACH = 120  # bytes for a line beside its text


class Lines(Generic[T]):
    """Line `number` keeps its number while others come before it (those go below 0) or behind it.

    `size` tells the characters of a line. What is too much goes at the other end of where lines
    come in, and is counted: `dropped` at the beginning, `cut` at the end.
    """

    def __init__(self, size: Callable[[T], int], most: int = MOST) -> None:
        self.first = 0
        self.bytes = 0
        self.dropped = 0
        self.cut = 0
        self._size = size
        self._most = most
        self._lines: list[T] = []

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._lines)

    def __getitem__(self, number: int) -> T:
        """The line of this number."""
        return self._lines[number - self.first]

    @property
    def numbers(self) -> range:
        """Of all that are kept."""
        return range(self.first, self.first + len(self._lines))

    @property
    def is_full(self) -> bool:
        """One more makes another go, or nearly."""
        return self.bytes >= self._most * 3 // 4

    def clear(self) -> None:
        """Keep none; the next one is numbered on."""
        self.first += len(self._lines)
        self.bytes = self.dropped = self.cut = 0
        self._lines = []

    def add(self, lines: Sequence[T]) -> None:
        """Behind the last; the first ones go where that is too much."""
        self._lines += lines
        self.bytes += self._sum(lines)
        gone = 0
        while self.bytes > self._most and gone < len(self._lines) - 1:
            self.bytes -= self._size(self._lines[gone]) + EACH
            gone += 1
        del self._lines[:gone]
        self.first += gone
        self.dropped += gone

    def pop(self, count: int) -> None:
        """Take the last ones back."""
        for _ in range(min(count, len(self._lines))):
            self.bytes -= self._size(self._lines.pop()) + EACH

    def put_before(self, lines: Sequence[T]) -> None:
        """Before the first; the last ones go where that is too much."""
        self._lines[:0] = lines
        self.first -= len(lines)
        self.dropped = max(0, self.dropped - len(lines))
        self.bytes += self._sum(lines)
        gone = 0
        while self.bytes > self._most and gone < len(self._lines) - 1:
            gone += 1
            self.bytes -= self._size(self._lines[-gone]) + EACH
        if gone:
            del self._lines[-gone:]
            self.cut += gone

    def _sum(self, lines: Sequence[T]) -> int:
        return sum(map(self._size, lines)) + EACH * len(lines)
