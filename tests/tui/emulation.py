"""A terminal to draw on without a process: pyte, as Textual sets it up."""

from __future__ import annotations

from collections.abc import Iterable

import pyte
from pyte.screens import Char


class Emulator:
    """Takes what would go to a terminal; `cells` is what it then shows."""

    def __init__(self, width: int, height: int) -> None:
        self._screen = pyte.Screen(width, height)
        self._stream = pyte.Stream(self._screen)
        self._stream.feed("\x1b[?7l")

    def feed(self, text: str) -> None:
        """Draw this."""
        self._stream.feed(text)

    @property
    def cursor(self) -> tuple[int, int]:
        """Its column and line."""
        return self._screen.cursor.x, self._screen.cursor.y

    @property
    def cells(self) -> list[list[Char]]:
        """Characters and attributes, line by line."""
        columns = range(self._screen.columns)
        lines = range(self._screen.lines)
        return [[self._screen.buffer[y][x] for x in columns] for y in lines]


def differences(ours: Emulator, stock: Emulator) -> list[str]:
    """The lines that are not the same on both, as text; empty if all are."""
    pairs = zip(ours.cells, stock.cells, strict=True)
    return [
        f"line {y}: {_text(one)!r} is not {_text(other)!r}, or is in other colours"
        for y, (one, other) in enumerate(pairs)
        if one != other
    ]


def _text(cells: Iterable[Char]) -> str:
    return "".join(cell.data for cell in cells)
