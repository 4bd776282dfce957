"""The shortest way from one pen to another; pure. See `picture.py` for what a pen is."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

RESET = "\x1b[m"
# What takes an attribute off again; of the others only a reset is sure on every terminal.
_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "21": "24", "7": "27"}
_PARAMETERS = {"5": 2, "2": 4}  # after 38 and 48: how many belong to the colour


class _Parts(NamedTuple):
    attributes: frozenset[str]
    foreground: str
    background: str


@lru_cache(maxsize=4096)
def change(old: str | None, new: str) -> str:
    """What a terminal that writes with pen `old` (None: not known) is sent to write with `new`."""
    if old == new:
        return ""
    whole = f"\x1b[0;{new}m" if new else RESET
    steps = None if old is None else _steps(_parts(old), _parts(new))
    if steps is None:
        return whole
    return min(f"\x1b[{';'.join(steps)}m", whole, key=len) if steps else ""


def _steps(old: _Parts, new: _Parts) -> list[str] | None:
    """The codes that differ; None where only a reset takes off what must go."""
    gone = old.attributes - new.attributes
    if not gone <= _OFF.keys():
        return None
    codes = sorted({_OFF[attribute] for attribute in gone})
    # 22 takes off bold and dim together.
    kept = {a for a in old.attributes & new.attributes if _OFF.get(a) in codes}
    codes += sorted(new.attributes - old.attributes | kept)
    if old.foreground != new.foreground:
        codes.append(new.foreground or "39")
    if old.background != new.background:
        codes.append(new.background or "49")
    return codes


@lru_cache(maxsize=4096)
def _parts(codes: str) -> _Parts:
    attributes, foreground, background = set(), "", ""
    rest = codes.split(";") if codes else []
    while rest:
        code = rest[0]
        length = 1 + (_PARAMETERS.get(rest[1], 0) if code in ("38", "48") and rest[1:] else 0)
        text, rest = ";".join(rest[:length]), rest[length:]
        if code == "38" or (len(code) == 2 and code[0] in "39"):
            foreground = text if code != "39" else ""
        elif code == "48" or (len(code) == 2 and code[0] == "4") or len(code) == 3:
            background = text if code != "49" else ""
        else:
            attributes.add(code)
    return _Parts(frozenset(attributes), foreground, background)


@lru_cache(maxsize=4096)
def is_plain_when_blank(pen: str) -> bool:
    """Nothing but the background shows of a blank written with it, so it can be erased instead."""
    return _parts(pen).attributes <= {"1", "2", "3"}


@lru_cache(maxsize=4096)
def has_background(pen: str) -> bool:
    """It has a background of its own: not every terminal erases with that."""
    return bool(_parts(pen).background)
