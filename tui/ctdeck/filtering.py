"""The `/` filter: a plain word, `!word`, `-f fuzzy`, `~regular expression`; pure."""

from __future__ import annotations

import re
from collections.abc import Callable


def compile_filter(text: str) -> Callable[[str], bool] | None:
    """What a row's text must satisfy; None when nothing is asked.

    All kinds ignore case. Raises ValueError with plain words for a broken regular expression.
    """
    text = text.strip()
    if text.startswith("!"):
        inner = compile_filter(text[1:])
        return (lambda row: not inner(row)) if inner else None
    if text.startswith("-f"):
        letters = text[2:].strip()
        pattern = ".*?".join(map(re.escape, letters.replace(" ", "")))
    elif text.startswith("~"):
        pattern = text[1:].strip()
    else:
        word = text.casefold()
        return (lambda row: word in row.casefold()) if word else None
    if not pattern:
        return None
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return lambda row: compiled.search(row) is not None
