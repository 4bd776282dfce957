"""Text from outside: whatever comes in, nothing that a terminal obeys goes out."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.safe import exact, safe, safe_lines
from tests import hostile

HOSTILE = (
    "\x1b[2Jname",
    "\x1b]0;title\x07",
    "\x9b31m",
    "\u202egnp.exe",
    "zero\u200bwidth",
    "nul\x00",
    "line\u2028break",
    "\udce9",
    "\U000e0041tag",
)


def _obeyed(character: str) -> bool:
    return (
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in "\u202e\u200b"
    )


def test_hostile_text_is_shown_and_not_obeyed() -> None:
    for text in HOSTILE:
        assert not any(map(_obeyed, safe(text))), ascii(text)


def test_plain_text_stays_itself() -> None:
    assert safe("docker.io/library/nginx:1.27") == "docker.io/library/nginx:1.27"
    assert safe("größe 日本 ✓") == "größe 日本 ✓"


def test_bytes_that_are_not_utf8_become_visible() -> None:
    assert safe(b"bad\xff\x1b[2J") == "bad\ufffd\u241b[2J"


def test_marks_that_pile_up_on_a_letter_are_seen() -> None:
    assert safe("e\u0301" * 99) == "e\u0301" * 99
    for mark in "\u0301", "\u0489", "\u11ff", "\ud7b0", "\U0001e944":
        assert safe(f"a{mark * 90_000}b") == f"a{mark * 8}{chr(0xFFFD) * 89_992}b"
    mixed = "\u0301\U0001e944" * 9
    assert (
        safe(f"x{mixed}y{mixed}") == f"x{mixed[:8]}{chr(0xFFFD) * 10}y{mixed[:8]}" + "\ufffd" * 10
    )


def test_nothing_is_hidden_by_signs_of_layout() -> None:
    for text in hostile.HIDDEN.values():
        assert not hostile.invisible(safe(text)), ascii(text)


@given(st.text() | st.binary())
def test_nothing_obeyed_ever_gets_through(text: str | bytes) -> None:
    result = safe(text)
    assert not any(map(_obeyed, result))
    assert safe(result) == result
    if isinstance(text, str):
        assert len(result) == len(text)


@given(st.text())
def test_lines_keep_their_breaks_and_nothing_else(text: str) -> None:
    assert safe_lines(text).count("\n") == text.count("\n")
    assert not any(map(_obeyed, safe_lines(text).replace("\n", "")))


_EMPTY = re.compile(
    "VARIATION SELECTOR|VOWEL INHERENT A[AQ]|GRAPHEME JOINER|BRAILLE PATTERN BLANK|NULL NOTEHEAD"
    "|SCRIPT FILLER|(CHOSE|JUNGSE)ONG FILLER|HANGUL FILLER"
)
_KEPT_FOR_MORE = {
    0x2065,
    *range(0xFFF0, 0xFFF9),
    *range(0x13430, 0x13440),
    *range(0xE0000, 0xE1000),
}
# The first two planes and the 14th: all else is letters of Han, of nobody, or no character.
_EVERY = {*range(0x20000), *range(0xE0000, 0xE1100), *range(0x1FFFF, 0x110000, 0x10000)}


def _hides(character: str) -> bool:
    """By Unicode's own data, as far as Python has it: Default_Ignorable_Code_Point and the like."""
    code, kind = ord(character), unicodedata.category(character)
    name = unicodedata.name(character, "")
    return (
        kind in ("Cc", "Cs", "Zl", "Zp")
        or (kind == "Cf" and character not in hostile.SIGNS)
        or (kind == "Zs" and character != " ")
        or _EMPTY.search(name) is not None
        or code & 0xFFFE == 0xFFFE
        or code in range(0xFDD0, 0xFDF0)
        or code in _KEPT_FOR_MORE
    )


def test_each_that_hides_is_shown_and_no_other_is_touched() -> None:
    odd = [hex(code) for code in _EVERY if _hides(chr(code)) != (safe(chr(code)) != chr(code))]
    assert odd == []


@pytest.mark.parametrize("hidden", ["\u115f", "\u2800", "\ufe0f", "\U000e0100", "\ufdd0", "\xa0"])
def test_names_that_differ_look_different(hidden: str) -> None:
    for name in ("web" + hidden, f"w{hidden}eb"):
        assert safe(name) != safe("web")
        assert safe(name) != safe(name.replace(hidden, " "))
        assert exact(name) == "'" + repr(b'"' + name.encode())[3:]


def test_a_long_text_is_made_safe_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of ours is called for each character of it."""
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    texts = [(c + "x") * 20_000 for c in ("\x1b", "\u200b", "\u0301", "\U0001e944", "\ufe0f")]
    safe("\u0301" * 99 + "\x1b")  # its tables are made once
    sys.setprofile(count)
    try:
        for text in (*texts, "".join(texts), "\u0301" * 90_000):
            safe(text)
    finally:
        sys.setprofile(None)
    assert calls < 300
