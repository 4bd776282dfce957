"""The `/` filter: plain words and `!words`, `-f fuzzy`, `~regular expression`; pure."""

from __future__ import annotations

import re
from collections.abc import Callable


def compile_filter(text: str) -> Callable[[str], bool] | None:
    """What a row's text must satisfy; None when nothing is asked.

    All kinds ignore case. Raises ValueError with plain words for a broken regular expression.
    """
    text = text.strip()
    if not text.lstrip("! ").startswith(("~", "-f")):
        return _words(text)
    if text.startswith("!"):
        inner = compile_filter(text[1:])
        return (lambda row: not inner(row)) if inner else None
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
    return lambda row: compiled.search(row) is not None


def _words(text: str) -> Callable[[str], bool] | None:
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
    return lambda row: all((word in row.casefold()) is found for word, found in wanted)
