"""The `/` filter: plain words and `!words`, `-f fuzzy`, `~regular expression`; pure."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from re import _constants, _parser  # type: ignore[attr-defined]  # the one way to look into one
from typing import Any

_SEARCHED = 2000  # characters of a row that a regular expression is matched against
_MANY = _constants.MAXREPEAT
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a row's text must satisfy; `accepts` takes it casefolded if `folded` is true."""

    accepts: Callable[[str], bool]
    folded: bool = False

    def __call__(self, text: str) -> bool:
        """Whether any text, as it is, is accepted."""
        return self.accepts(text.casefold() if self.folded else text)


def compile_filter(text: str) -> Filter | None:
    """What a row's text must satisfy; None when nothing is asked.

    All kinds ignore case. Raises ValueError with plain words for a broken regular expression.
    """
    text = text.strip()
    kind = text.lstrip("! ")
    if not kind.startswith(("~", "-f")):
        return _words(text)
    inner = _fuzzy(kind[2:]) if kind.startswith("-f") else _pattern(kind[1:].strip())
    if inner is None or text[: len(text) - len(kind)].count("!") % 2 == 0:
        return inner
    return Filter(lambda row: not inner.accepts(row), inner.folded)


def _fuzzy(letters: str) -> Filter | None:
    """The letters in this order; as a regular expression a hostile name could hold it for ever."""
    wanted = letters.casefold().replace(" ", "")

    def accepts(row: str) -> bool:
        place = 0
        for letter in wanted:
            place = row.find(letter, place) + 1
            if not place:
                return False
        return True

    return Filter(accepts, folded=True) if wanted else None


def _pattern(pattern: str) -> Filter | None:
    if not pattern:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):  # a future meaning of `[[`
            compiled = re.compile(pattern, re.IGNORECASE)
            is_endless = _repeats_repeats(_parser.parse(pattern))
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from error
    if is_endless:
        raise ValueError("not a regular expression that ends in time: it repeats repeats")
    return Filter(lambda row: compiled.search(row, 0, _SEARCHED) is not None)


def _repeats_repeats(parsed: Any, inside: bool = False) -> bool:
    """Like `(a+)+`: Python's matching may take for ever then, and no signal ends it."""
    for operation, argument in parsed:
        repeats = operation in _REPEATS and argument[1] is _MANY
        if repeats and inside:
            return True
        parts = argument if isinstance(argument, tuple | list) else (argument,)
        for part in parts:
            for each in part if isinstance(part, list) else (part,):
                if isinstance(each, _parser.SubPattern) and _repeats_repeats(
                    each, inside or repeats
                ):
                    return True
    return False


def _words(text: str) -> Filter | None:
    """All the words must be found, and none of those behind a `!`."""
    wanted: list[tuple[str, bool]] = []
    negate = False
    for part in text.casefold().split():
        word = part.lstrip("!")
        negate ^= (len(part) - len(word)) % 2 == 1
        if word:
            wanted.append((word, not negate))
            negate = False
    if not wanted:
        return None
    (first, is_in), *others = wanted
    if not others:  # most filters are one word
        return Filter(lambda row: (first in row) is is_in, folded=True)
    return Filter(lambda row: all((word in row) is found for word, found in wanted), folded=True)
