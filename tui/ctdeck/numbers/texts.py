"""Numbers as short text. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ctdeck.formatting import GLYPHS


def percent(value: float) -> str:
    """``0``, ``0.4``, ``12``, ``143``; a sign of its own for less than nothing is not needed."""
    if value < 0.05:
        return "0"
    return f"{value:.1f}" if value < 9.95 else f"{value:.0f}"


def brief(count: float) -> str:
    """Bytes in at most four cells: ``0``, ``640``, ``1.2k``, ``88k``, ``12M``."""
    value = float(count)
    for unit in ("", "k", "M", "G", "T"):
        if value < 999.5 or unit == "T":
            break
        value /= 1000
    digits = 1 if unit and value < 9.95 else 0
    return f"{value:.{digits}f}{unit}"


NEARLY, FULL = 0.80, 0.95  # of a limit


def pressure(share: float | None) -> str:
    """The role of a share of a limit."""
    return "" if share is None or share < NEARLY else "warn" if share < FULL else "bad"


def sparkline(line: Sequence[float | None], top: float) -> str:
    """A sign for each value: the lowest for next to nothing, a dot where nobody looked.

    `top` is what the highest sign stands for.
    """
    levels = GLYPHS.levels
    steps = len(levels) - 1
    return "".join(
        GLYPHS.unseen
        if value is None
        else levels[round(min(value, top) / top * steps) if top > 0 else 0]
        for value in line
    )
