"""Text of programs: their colours (SGR) are kept, everything else is made safe; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from rich.color import Color
from rich.style import Style

from aiocontainerd.safe import safe

TAB = 8  # cells
MOST_RUNS = 200  # of one line: a program that says more would hold who shows it
_SGR = re.compile(r"\x1b\[([0-9;:]{0,80})m")
_FLAGS = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
_OFF = {
    21: ("bold",),
    22: ("bold", "dim"),
    23: ("italic",),
    24: ("underline",),
    27: ("reverse",),
    29: ("strike",),
}

Run = tuple[int, int, Style]  # first character, the one behind the last, how they are drawn


class Painted(NamedTuple):
    """A line that is safe to show, and the parts of it that have a look of their own, in order."""

    text: str
    runs: tuple[Run, ...] = ()


class _Pen(NamedTuple):
    flags: frozenset[str] = frozenset()
    foreground: Color | None = None
    background: Color | None = None


_PLAIN = _Pen()


def painted(text: str) -> Painted:
    """One line of a program's output. Blinking and hidden text are shown as any other."""
    if text.isascii() and text.isprintable():
        return Painted(text)
    if "\x1b" not in text and "\t" not in text:
        return Painted(safe(text))
    made: list[str] = []
    runs: list[Run] = []
    length, pen = 0, _PLAIN
    for piece, codes in _pieces(text):
        piece = safe(_untabbed(piece, length))
        if piece and pen != _PLAIN:
            runs.append((length, length + len(piece), _style(pen)))
        made.append(piece)
        length += len(piece)
        pen = _turned(pen, codes)
    return Painted("".join(made), tuple(runs))


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """What is written, and the codes that come behind it; from some place on all in one look."""
    at = 0
    for found in islice(_SGR.finditer(text), MOST_RUNS):
        yield text[at : found.start()], found[1] or "0"
        at = found.end()
    yield _SGR.sub("", text[at:]), ""


def _untabbed(piece: str, column: int) -> str:
    if "\t" not in piece:
        return piece
    return (" " * (column % TAB) + piece).expandtabs(TAB)[column % TAB :]


def _turned(pen: _Pen, codes: str) -> _Pen:
    """The pen after these codes; what is not known changes nothing."""
    flags, foreground, background = set(pen.flags), pen.foreground, pen.background
    numbers = [int(code or 0) for code in re.split("[;:]", codes)] if codes else []
    numbers = [number for number in numbers if number < 1000][::-1]
    while numbers:
        code = numbers.pop()
        if code == 0:
            flags, foreground, background = set(), None, None
        elif code in _FLAGS:
            flags.add(_FLAGS[code])
        elif code in _OFF:
            flags.difference_update(_OFF[code])
        elif code in (38, 48):
            colour = _extended(numbers)
            foreground, background = (colour, background) if code == 38 else (foreground, colour)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            foreground = Color.from_ansi(code - 30 if code < 90 else code - 82)
        elif 40 <= code <= 47 or 100 <= code <= 107:
            background = Color.from_ansi(code - 40 if code < 100 else code - 92)
        elif code in (39, 49):
            foreground, background = (None, background) if code == 39 else (foreground, None)
    return _Pen(frozenset(flags), foreground, background)


def _extended(rest: list[int]) -> Color | None:
    """What stands behind 38 or 48, taken from the end of `rest`."""
    kind = rest.pop() if rest else 0
    if kind == 5 and rest:
        return Color.from_ansi(min(rest.pop(), 255))
    if kind == 2 and len(rest) >= 3:
        red, green, blue = (min(rest.pop(), 255) for _ in range(3))
        return Color.from_rgb(red, green, blue)
    return None


@lru_cache(512)
def _style(pen: _Pen) -> Style:
    """Text in the colour of its own background would not be seen: it keeps the usual one."""
    background = None if pen.background == pen.foreground else pen.background
    return Style(
        color=pen.foreground,
        bgcolor=background,
        **dict.fromkeys(pen.flags, True),  # type: ignore[arg-type]
    )
