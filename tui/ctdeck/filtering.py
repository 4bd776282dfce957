"""The `/` filter: plain words and `!words`, `-f fuzzy`, `~regular expression`; pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


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
    if not text.lstrip("! ").startswith(("~", "-f")):
        return _words(text)
    if text.startswith("!"):
        inner = compile_filter(text[1:])
        return Filter(lambda row: not inner(row)) if inner else None
    if text.startswith("-f"):
        letters = text[2:].strip()
        pattern = ".*?".join(map(re.escape, letters.replace(" ", "")))
    else:
        pattern = text[1:].strip()
    if not pattern:
        return None
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return Filter(lambda row: compiled.search(row) is not None)


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
