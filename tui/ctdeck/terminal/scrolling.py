"""Lines that moved up or down, and the terminal's own scrolling of them; pure."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from ctdeck.terminal.differ import Hand
from ctdeck.terminal.picture import Picture

_COLUMNS = 16  # cells in a piece of a line that is looked for elsewhere
_FEWEST = 4  # lines that differ from which on it is worth looking
_COMMON = 3  # a piece that stands in more lines than these tells nothing
Pieces = list[tuple[str, ...]]


class Block(NamedTuple):
    """Lines `top` up to `bottom` have moved up by `lines`; a negative number: down."""

    top: int
    bottom: int
    lines: int


def moved_block(old: Picture, new: Picture, lines: list[int]) -> Block | None:
    """The block whose move explains most of what differs in `lines`, None if there is none."""
    differing = [y for y in lines if old.chars[y] != new.chars[y]]
    if len(differing) < _FEWEST:
        return None
    top, bottom = differing[0], differing[-1] + 1
    before, after = (_pieces(picture, top, bottom) for picture in (old, new))
    step = _step(before, after)
    if not step:
        return None
    first, end = _best_run(_gains(before, after, step))
    if end - first < _FEWEST:
        return None
    # `first` to `end` are the lines that are filled by the move; it takes their sources along.
    return Block(top + min(first, first + step), top + max(end, end + step), step)


def scroll(block: Block, picture: Picture, hand: Hand) -> None:
    """Have the terminal move the block; the lines that come in are blank."""
    hand.take("")
    region, whole = f"\x1b[{block.top + 1};{block.bottom}r", "\x1b[r"
    edge = block.bottom - 1 if block.lines > 0 else block.top
    step = "\n" if block.lines > 0 else "\x1bM"
    hand.out.append(f"{region}\x1b[{edge + 1}H{step * abs(block.lines)}{whole}")
    hand.at = None  # setting a region brings the cursor home, but not in all emulations
    picture.scroll(*block)


def _pieces(picture: Picture, top: int, bottom: int) -> Pieces:
    """The text of each line, cut at the same columns."""
    pieces = []
    for y in range(top, bottom):
        chars = [cell if cell else " " for cell in picture.chars[y]]
        starts = range(0, picture.width, _COLUMNS)
        pieces.append(tuple("".join(chars[x : x + _COLUMNS]) for x in starts))
    return pieces


def _step(before: Pieces, after: Pieces) -> int:
    """How far most pieces that can be told from others have moved; 0 if they have not."""
    places: dict[tuple[int, str], list[int]] = {}
    for y, line in enumerate(before):
        for piece in enumerate(line):
            places.setdefault(piece, []).append(y)
    votes: Counter[int] = Counter()
    for y, line in enumerate(after):
        for piece in enumerate(line):
            sources = places.get(piece, ())
            if len(sources) <= _COMMON:
                votes.update(source - y for source in sources)
    del votes[0]
    return votes.most_common(1)[0][0] if votes else 0


def _gains(before: Pieces, after: Pieces, step: int) -> list[int]:
    """For each line: how many pieces more are right after the move than before."""
    gains = []
    for y, line in enumerate(after):
        if 0 <= y + step < len(before):
            gains.append(_alike(line, before[y + step]) - _alike(line, before[y]))
        else:
            gains.append(-len(line))
    return gains


def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    return sum(a == b for a, b in zip(one, other, strict=True))


def _best_run(gains: list[int]) -> tuple[int, int]:
    """Start and end of the run of lines with the greatest sum; (0, 0) if none is above 0."""
    best, run, start = 0, 0, 0
    found = (0, 0)
    for y, gain in enumerate(gains):
        if run <= 0:
            run, start = 0, y
        run += gain
        if run > best:
            best, found = run, (start, y + 1)
    return found
