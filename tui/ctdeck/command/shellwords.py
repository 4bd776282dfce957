"""Splits a line into words as a shell does, and remembers where each word stood.

`shlex` forgets positions, which completion and the history need; the rules are its POSIX
ones without expansion, comments or operators: a line is words and quotes, nothing runs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from shlex import quote

from aiocontainerd.errors import InvalidArgument

_BLANKS = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Word:
    """One word without its quotes, and the half-open range it had in the line.

    `quote` is the quote that was still open at the end of the line, else empty.
    """

    text: str
    start: int
    end: int
    quote: str = ""


def split(line: str) -> tuple[Word, ...]:
    """All words; raises InvalidArgument when a quote is not closed."""
    words = split_open(line)
    if words and words[-1].quote:
        raise InvalidArgument(
            f"the quote {words[-1].quote} is not closed", remedy="Type the closing quote."
        )
    return words


def split_open(line: str) -> tuple[Word, ...]:
    """As `split`, for a line that is still being typed: never raises."""
    words: list[Word] = []
    at = 0
    while True:
        while at < len(line) and line[at] in _BLANKS:
            at += 1
        if at == len(line):
            return tuple(words)
        word = _word(line, at)
        words.append(word)
        at = word.end


def join(words: Iterable[str]) -> str:
    """One line that `split` takes apart into these words again."""
    return " ".join(quote(word) for word in words)


def _word(line: str, start: int) -> Word:
    out = []
    at, inside = start, ""
    while at < len(line):
        char = line[at]
        if not inside and char in _BLANKS:
            break
        if char == "\\" and inside != "'":
            at += 1
            out.append(_escaped(line[at : at + 1], inside))
        elif inside and char == inside:
            inside = ""
        elif not inside and char in "'\"":
            inside = char
        else:
            out.append(char)
        at += 1
    return Word("".join(out), start, min(at, len(line)), inside)


def _escaped(char: str, inside: str) -> str:
    """What a backslash before `char` means; in double quotes it escapes only itself and quotes."""
    if inside == '"' and char not in '"\\$`':
        return "\\" + char
    return char or "\\"
