"""Makes text from outside safe to show: done once, where a string enters.

Names, labels, log lines and the daemon's own errors can hold escape sequences
(kubernetes CVE-2021-25743), bidirectional overrides and broken UTF-8. Every such
character becomes one that is visible, does nothing and takes a cell; so does what is
drawn as nothing or as a blank, for names that differ have to look different. Letters
that merely look alike (a Latin and a Cyrillic a) stay, and so do accents; emoji that
are joined of several come apart.
"""

import re
from collections.abc import Iterable
from functools import cache
from itertools import chain
from typing import NamedTuple
from unicodedata import category

MARKS = 8  # in a row on one letter; no script needs more, and screens take minutes with thousands

# C1, soft hyphens, bidi controls, line separators, lone surrogates; all that Unicode calls
# Default_Ignorable_Code_Point (DerivedCoreProperties.txt): joiners, fillers, variation selectors,
# tags, signs for layout; noncharacters; letters with an empty picture: Braille, Khitan, a note.
_HIDDEN = (
    *((0x80, 0x9F), (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160)),
    *((0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F)),
    *((0x2800, 0x2800), (0x3164, 0x3164), (0xD800, 0xDFFF), (0xFDD0, 0xFDEF), (0xFE00, 0xFE0F)),
    *((0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0xFFFE, 0xFFFF), (0x13430, 0x1343F)),
    *((0x16FE4, 0x16FE4), (0x1BCA0, 0x1BCA3), (0x1D159, 0x1D159), (0x1D173, 0x1D17A)),
    *((0xE0000, 0xE0FFF), *((p << 16 | 0xFFFE, p << 16 | 0xFFFF) for p in range(1, 17))),
)
# C0 and DEL have pictures at U+2400, blanks that are not the space one at U+2423.
_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
_BLANKS = (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)


def _class(ranges: Iterable[tuple[int, int]]) -> str:
    """The characters in these ranges, for a regular expression."""
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


class _Patterns(NamedTuple):
    """What is searched for; to compile them takes 4 ms, and most starts meet ASCII only."""

    maybe: re.Pattern[str]
    run: re.Pattern[str]
    pile: re.Pattern[str]  # in what `_marks` makes of a text


@cache
def _patterns() -> _Patterns:
    # Searching is quick in the first plane only; what is beyond is looked up.
    maybe = (
        f"[\0-\x1f\x7f{''.join(map(chr, _BLANKS))}"
        f"{_class(r for r in _HIDDEN if r[1] < 0x10000)}\U00010000-\U0010ffff]"
    )
    run, pile = f"[\u0300-\U0010ffff]{{{MARKS + 1}}}", f"\0{{{MARKS + 1},}}"
    return _Patterns(*map(re.compile, (maybe, run, pile)))


def safe(text: str | bytes) -> str:
    """The same text with each control or invisible character made visible; same length for str.

    So are marks that pile up on one letter. Bytes are decoded as UTF-8 and each byte that is not
    becomes U+FFFD. A million characters take less than 0.1 s, plain ASCII next to nothing.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if text.isascii() and text.isprintable():
        return text
    patterns = _patterns()
    if patterns.maybe.search(text):
        text = text.translate(_signs())
    return _without_piles(text) if patterns.run.search(text) else text


@cache
def _signs() -> dict[int, int]:
    """What stands for each that is not shown."""
    hidden = (code for first, last in _HIDDEN for code in range(first, last + 1))
    return dict.fromkeys(hidden, 0xFFFD) | dict.fromkeys(_BLANKS, 0x2423) | _PICTURES


def _without_piles(text: str) -> str:
    """With U+FFFD for each mark behind the eighth in a row."""
    flat, made, at = text.translate(_marks()), [], 0
    for pile in _patterns().pile.finditer(flat):
        begins = pile.start() + MARKS
        made += [text[at:begins], "\ufffd" * (pile.end() - begins)]
        at = pile.end()
    return "".join([*made, text[at:]])


@cache
def _marks() -> dict[int, int]:
    """Zero for each mark, and for the vowels and finals of Hangul, which join what is before them.

    Takes 10 ms, which most never need; looks where there are any.
    """
    blocks = ((0x300, 0x3400), (0xA000, 0xAC00), (0xF900, 0x17000), (0x18D00, 0x1F000))
    codes = [*chain.from_iterable(range(*block) for block in blocks)]
    kinds = zip(codes, map(category, map(chr, codes)), strict=True)
    found = (code for code, kind in kinds if kind in ("Mn", "Me"))
    return dict.fromkeys(chain(found, range(0x1160, 0x1200), range(0xD7B0, 0xD7FC)), 0)


def exact(text: str | bytes) -> str:
    """The same text where it shows as what it is, else its bytes as Python and bash ($'…') do.

    No two texts give the same: what is not UTF-8, or holds controls, looks like others when it is
    made safe. All of it is safe to show.
    """
    shown = safe(text)
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if shown.encode() != raw or "\ufffd" in shown or shown.startswith("'"):
        return "'" + repr(b'"' + raw)[3:]  # the double quote makes repr choose single ones
    return shown


def safe_lines(text: str) -> str:
    """As `safe`, but line breaks and tabs stay: for long errors and JSON shown in a dialog."""
    return "\n".join(safe(line.expandtabs(4)) for line in text.split("\n"))
