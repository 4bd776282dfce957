"""The `/` filter: plain words and `!words`, `-f fuzzy`, `~regular expression`; pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiocontainerd.quickdata import dataclass
from aiocontainerd.safe import safe

BETWEEN = "\n"  # the columns of a row; no text that is safe has one
_SEARCHED = 1000  # characters of a column that a regular expression is matched against
_MEMORY = 1 << 20  # bytes for a regular expression and what its matching remembers


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
    """A row is found if any of its columns is; `^` and `$` are where a column begins and ends.

    By RE2, in time proportional to the text: a name made for it could hold Python's own matching
    for years, and no signal ends that.
    """
    if not pattern:
        return None
    found_in = compile_pattern(pattern).search
    return Filter(
        lambda row: any(found_in(text[:_SEARCHED]) is not None for text in row.split(BETWEEN))
    )


def compile_pattern(pattern: str) -> Any:
    """A pattern of RE2: `search` and `finditer` as in `re`. Ignores case. Raises ValueError."""
    import re2  # type: ignore[import-untyped]  # not before it is typed

    options = re2.Options()
    options.case_sensitive = options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as error:
        raise ValueError(f"not a regular expression: {_why(error)}") from error


def _why(error: Exception) -> str:
    words = error.args[0]
    return safe(words.decode(errors="replace")) if isinstance(words, bytes) else "it is no text"


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
