"""What stands in each cell of a terminal: characters and pens, line by line; pure.

A pen is a string: the SGR codes that a cell is drawn with (`1;38;5;4`). A wide character stands
in the first of its cells, the next one holds "". A cell of which nothing is known holds None.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeVar

from rich.cells import get_character_cell_size, split_graphemes

from ctdeck.terminal.harmless import harmless

UNKNOWN = None
Run = tuple[str, str]  # text, pen
T = TypeVar("T")


class Picture:
    """A screen of `width` by `height` cells of which nothing is known yet."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.chars: list[list[str | None]] = [[UNKNOWN] * width for _ in range(height)]
        self.pens: list[list[str]] = [[""] * width for _ in range(height)]

    def put(self, x: int, y: int, runs: Iterable[Run]) -> None:
        """Write runs of text from cell (x, y) on, as a terminal does that does not wrap."""
        if not 0 <= y < self.height:
            return
        chars, pens, start = self.chars[y], self.pens[y], x
        for text, pen in runs:
            cells = text if text.isascii() and text.isprintable() else split(text)
            if cells and not cells[0].isascii() and not get_character_cell_size(cells[0][0]):
                cells = _join_mark(chars, x - 1 if x > start else -1, cells)
            end = min(x + len(cells), self.width)
            chars[x:end] = cells[: end - x]
            pens[x:end] = [pen] * (end - x)
            x = end
        self._mend(y, start)
        self._mend(y, x)

    def copy(self) -> Picture:
        """Another one like this."""
        other = Picture(0, 0)
        other.width, other.height = self.width, self.height
        other.chars = [line.copy() for line in self.chars]
        other.pens = [line.copy() for line in self.pens]
        return other

    def copy_line(self, y: int, source: Picture) -> None:
        """Make line `y` the same as in `source`, a picture of the same size."""
        self.chars[y] = source.chars[y].copy()
        self.pens[y] = source.pens[y].copy()

    def forget(self) -> None:
        """Nothing is known of any cell."""
        for y in range(self.height):
            self.chars[y] = [UNKNOWN] * self.width

    def scroll(self, top: int, bottom: int, lines: int) -> None:
        """Move lines `top` to `bottom` (not included) up by `lines`; a negative number: down.

        The lines that come in are blank, in the terminal's own colours.
        """
        blank: list[str | None] = [" "] * self.width
        _shift(self.chars, top, bottom, lines, blank)
        _shift(self.pens, top, bottom, lines, [""] * self.width)

    def _mend(self, y: int, x: int) -> None:
        """No half of a wide character is left at the border between cells x - 1 and x."""
        chars = self.chars[y]
        if 0 < x < self.width and chars[x] == "":
            before = chars[x - 1]
            if before is None or before == "" or not is_wide(before):
                chars[x] = " "
        if 0 < x < self.width and chars[x] != "":
            before = chars[x - 1]
            if before and is_wide(before):
                chars[x - 1] = " "
        if x == self.width and chars[x - 1] and is_wide(chars[x - 1] or ""):
            chars[x - 1] = " "


@lru_cache(maxsize=4096)
def split(text: str) -> Sequence[str]:
    """One string for each cell: "" for the second cell of a wide character.

    All text that is not plain comes by here, so nothing that a terminal obeys gets into a picture.
    """
    text = harmless(text)
    cells: list[str] = []
    for start, end, width in split_graphemes(text)[0]:
        if width:
            cells.append(text[start:end])
            cells.extend([""] * (width - 1))
        elif cells:
            at = -2 if cells[-1] == "" and len(cells) > 1 else -1
            cells[at] += text[start:end]
        else:
            cells.append(text[start:end])  # a mark without a letter: `put` finds it one
    return cells


def is_wide(cell: str) -> bool:
    """Whether what stands in a cell takes the next one too."""
    return not cell.isascii() and len(split(cell)) > 1


def _join_mark(chars: list[str | None], at: int, cells: Sequence[str]) -> Sequence[str]:
    """A mark goes to the letter before it; with none there it is left out."""
    if at > 0 and chars[at] == "":
        at -= 1
    if at >= 0 and chars[at]:
        chars[at] = (chars[at] or "") + cells[0]
    return cells[1:]


def _shift(rows: list[list[T]], top: int, bottom: int, lines: int, blank: list[T]) -> None:
    block = rows[top:bottom]
    new = [blank.copy() for _ in range(min(abs(lines), len(block)))]
    rows[top:bottom] = block[lines:] + new if lines > 0 else new + block[:lines]
