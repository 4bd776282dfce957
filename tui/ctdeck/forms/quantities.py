"""Limits as people type them: 512m, 1.5, 200. Pure; the words are docker's."""

import re
from math import isfinite

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.safe import safe

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([bkmgt]?)(?:i?b)?", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_INT64 = (1 << 63) - 1


def parse_memory(text: str) -> int | None:
    """Bytes out of 512m, 1.5g or 1073741824 (units of 1024, as docker has them); empty: no limit.

    Raises InvalidArgument.
    """
    if not text.strip():
        return None
    match = _SIZE.fullmatch(text.strip())
    size = int(float(match[1]) * _UNITS[match[2].lower()]) if match and len(text) < 32 else 0
    if not 0 < size <= _INT64:
        raise _bad(text, "memory limit", "Write a size such as 512m or 2g.")
    return size


def format_memory(size: int | None) -> str:
    """The shortest text that `parse_memory` reads back as exactly this; None is empty."""
    if size is None:
        return ""
    for unit in "tgmk":
        if size and size % _UNITS[unit] == 0:
            return f"{size // _UNITS[unit]}{unit}"
    return str(size)


def parse_cpus(text: str) -> float | None:
    """A number of processors, such as 0.5; empty: no limit. Raises InvalidArgument."""
    if not text.strip():
        return None
    try:
        cpus = float(text)
    except ValueError:
        cpus = 0.0
    if not isfinite(cpus) or not 0.01 <= cpus <= 1e5:
        raise _bad(text, "number of cpus", "Write a number such as 0.5 or 2; at least 0.01.")
    return cpus


def format_cpus(cpus: float | None) -> str:
    """What `parse_cpus` reads back as this; None is empty."""
    return "" if cpus is None else f"{cpus:g}" if float(f"{cpus:g}") == cpus else repr(cpus)


def parse_pids(text: str) -> int | None:
    """The most processes at a time; empty: no limit. Raises InvalidArgument."""
    if not text.strip():
        return None
    digits = text.strip()
    pids = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else 0
    if pids < 1:
        raise _bad(text, "limit of processes", "Write a whole number such as 200.")
    return pids


def _bad(text: str, kind: str, remedy: str) -> InvalidArgument:
    return InvalidArgument(f"this is not a {kind}", subject=f"'{safe(text[:40])}'", remedy=remedy)
