"""From one picture to the next: the fewest bytes that make a terminal show it; pure.

What is written assumes a terminal that does not wrap lines (Textual switches that off).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ctdeck.terminal.pen import change, has_background, is_plain_when_blank
from ctdeck.terminal.picture import Picture

_GAP = 16  # unchanged cells between two changes that may be cheaper to write than to jump over
_ERASE = 10  # blanks from which on erasing and moving on is shorter than writing them
_BACKSPACES = 3  # as many as are no longer than a sequence
Position = tuple[int, int]  # column, line


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a terminal can do beyond moving and colours."""

    erases_with_background: bool = True
    scrolls: bool = True


def abilities(term: str) -> Abilities:
    """What a terminal of this TERM can do; screen and tmux may erase with another background."""
    return Abilities(erases_with_background=not term.startswith(("screen", "tmux")))


@dataclass
class Hand:
    """Where the terminal's cursor is and which pen it holds; None: not known.

    What is written is gathered in `out`.
    """

    at: Position | None = None
    pen: str | None = None
    out: list[str] = field(default_factory=list)

    def move(self, x: int, y: int) -> None:
        """Go to a cell."""
        self.out.append(moving(self.at, (x, y)))
        self.at = (x, y)

    def take(self, pen: str) -> None:
        """Change the pen."""
        self.out.append(change(self.pen, pen))
        self.pen = pen


def moving(start: Position | None, end: Position) -> str:
    """The shortest sequence that brings the cursor from one cell to another."""
    if start == end:
        return ""
    x, y = end
    ways = [f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H" if y else "\x1b[H"]
    if start is not None:
        if start[1] == y:
            ways.append("\r" if x == 0 else f"\x1b[{x + 1}G")
        ways.append(_beside(x - start[0]) + _below(y - start[1]))
    return min(ways, key=len)


def _beside(step: int) -> str:
    """So many cells to the right; a negative number: to the left."""
    if -_BACKSPACES <= step < 0:
        return "\b" * -step
    return f"\x1b[{_times(abs(step))}{'C' if step > 0 else 'D'}" if step else ""


def _below(step: int) -> str:
    """So many lines down; a negative number: up."""
    return f"\x1b[{_times(abs(step))}{'B' if step > 0 else 'A'}" if step else ""


def difference(
    old: Picture, new: Picture, lines: Iterable[int], hand: Hand, able: Abilities
) -> None:
    """Write what makes `lines` of a terminal that shows `old` show `new`.

    `old` is brought up to date. Cells of which `new` knows nothing are left as they are.
    """
    for y in lines:
        if old.chars[y] != new.chars[y] or old.pens[y] != new.pens[y]:
            _line(old, new, y, hand, able)
            _take_over(old, new, y)


def _line(old: Picture, new: Picture, y: int, hand: Hand, able: Abilities) -> None:
    done = None
    chars, pens = new.chars[y], new.pens[y]
    for start, end in _changed(old, new, y):
        if done is not None and 0 < start - done <= _GAP:
            _bridge(chars, pens, y, (done, start), hand)
        _write(chars, pens, y, start, end, hand, able)
        done = end


def _changed(old: Picture, new: Picture, y: int) -> list[tuple[int, int]]:
    """Runs of cells to write: those that differ, and the other halves of wide characters."""
    before, chars = old.chars[y], new.chars[y]
    cells = zip(before, chars, old.pens[y], new.pens[y], strict=True)
    changed = {x for x, (a, b, c, d) in enumerate(cells) if (a != b or c != d) and b is not None}
    if "" in before or "" in chars:
        changed = _whole(before, chars, changed)
    runs: list[tuple[int, int]] = []
    for x in sorted(changed):
        if runs and runs[-1][1] == x:
            runs[-1] = (runs[-1][0], x + 1)
        else:
            runs.append((x, x + 1))
    return runs


def _whole(before: list[str | None], chars: list[str | None], changed: set[int]) -> set[int]:
    """A terminal that draws over one half of a wide character drops the other."""
    halves = {x for x, (a, b) in enumerate(zip(before, chars, strict=True)) if "" in (a, b)}
    waiting = list(changed)
    while waiting:
        x = waiting.pop()
        near = ([x - 1] if x in halves else []) + ([x + 1] if x + 1 in halves else [])
        waiting += (new := [n for n in near if n >= 0 and n not in changed])
        changed.update(new)
    return {x for x in changed if chars[x] is not None}


def _bridge(
    chars: list[str | None], pens: list[str], y: int, gap: tuple[int, int], hand: Hand
) -> None:
    """Write the unchanged cells of a gap if that is shorter than to jump over them."""
    start, end = gap
    if hand.at != (start, y) or None in chars[start:end]:
        return
    trial = Hand(hand.at, hand.pen)
    _write(chars, pens, y, start, end, trial, _PLAIN)
    if trial.at != (end, y):
        return
    text = "".join(trial.out)
    through = len(text.encode()) + len(change(trial.pen, pens[end]))
    around = len(moving(hand.at, (end, y))) + len(change(hand.pen, pens[end]))
    if through <= around:
        hand.out.append(text)
        hand.at, hand.pen = trial.at, trial.pen


def _write(
    chars: list[str | None],
    pens: list[str],
    y: int,
    start: int,
    end: int,
    hand: Hand,
    able: Abilities,
) -> None:
    """Go to `start` and write the cells up to `end`."""
    x = start
    while x < end:
        pen, stop = pens[x], x + 1
        while stop < end and pens[stop] == pen:
            stop += 1
        if hand.at != (x, y):
            hand.move(x, y)
        hand.take(pen)
        text = "".join(cell or "" for cell in chars[x:stop])
        if text.isascii() and len(text) == stop - x:
            _plain(text, pen, x, y, hand, able, len(chars))
        elif len(text) == stop - x and _is_even(text) and "" not in chars[x:stop]:
            hand.out.append(text)
            hand.at = (stop, y)
        else:
            _odd(chars, x, stop, y, hand)
        x = stop
    if end == len(chars):
        hand.at = None  # terminals differ in where the cursor waits behind the last cell


def _plain(text: str, pen: str, x: int, y: int, hand: Hand, able: Abilities, width: int) -> None:
    """ASCII of one pen; long runs of blanks are erased."""
    end = x + len(text)
    erasable = is_plain_when_blank(pen) and (able.erases_with_background or not has_background(pen))
    while erasable and len(text) >= _ERASE:
        blank = text.find(" " * _ERASE)
        if blank < 0:
            break
        rest = text[blank:].lstrip(" ")
        count = len(text) - blank - len(rest)
        hand.out.append(text[:blank])
        hand.at = (x + blank, y)
        x += blank + count
        hand.out.append("\x1b[K" if x == width else f"\x1b[{count}X")
        if x < end:
            hand.move(x, y)
        text = rest
    hand.out.append(text)
    if text:
        hand.at = (end, y)


def _odd(chars: list[str | None], start: int, end: int, y: int, hand: Hand) -> None:
    """Text beyond ASCII; where terminals differ in its width the cursor is set anew behind it."""
    for x in range(start, end):
        cell = chars[x] or ""
        if hand.at != (x, y) and cell:
            hand.move(x, y)
        hand.out.append(cell)
        if cell:
            width = 2 if x + 1 < len(chars) and chars[x + 1] == "" else 1
            sure = len(cell) == 1 and _is_even(cell)
            hand.at = (x + width, y) if sure else None


def _is_even(text: str) -> bool:
    """All terminals agree on its width; on that of emoji and controls they do not."""
    return text.isprintable() and max(text) < "\U00010000"


def _take_over(old: Picture, new: Picture, y: int) -> None:
    if None in new.chars[y]:
        for x, cell in enumerate(new.chars[y]):
            if cell is not None:
                old.chars[y][x], old.pens[y][x] = cell, new.pens[y][x]
    else:
        old.copy_line(y, new)


def _times(count: int) -> str:
    return str(count) if count > 1 else ""


_PLAIN = Abilities(erases_with_background=False, scrolls=False)
