"""What `/` looks for in a long text: words as they are, or `~` and a regular expression; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ctdeck.filtering import compile_pattern

Span = tuple[int, int]
_MOST = 500  # places in one line


@dataclass(frozen=True, slots=True)
class Search:
    """`is_in` tells quickly whether a line has it; `spans` where, as places of characters."""

    words: str
    _matches: Callable[[str], Iterable[Any]]
    _first: Callable[[str], Any]

    def is_in(self, text: str) -> bool:
        """Whether it is there; a match of nothing is none."""
        found = self._first(text)
        return found is not None and (found.end() > found.start() or bool(self.spans(text)))

    def spans(self, text: str) -> list[Span]:
        """Where it is, from left to right; of many places the first ones."""
        found: list[Span] = []
        for match in self._matches(text):
            if match.end() > match.start():
                found.append((match.start(), match.end()))
                if len(found) >= _MOST:
                    break
        return found


def compile_search(text: str) -> Search | None:
    """What to look for; None for nothing. Case does not count.

    Raises ValueError with plain words for a broken regular expression.
    """
    if text.startswith("~"):
        if not text[1:].strip():
            return None
        pattern = compile_pattern(text[1:].strip())
    elif text.strip():
        pattern = re.compile(re.escape(text), re.IGNORECASE)
    else:
        return None
    return Search(text, pattern.finditer, pattern.search)
