"""Text from outside: whatever comes in, nothing that a terminal obeys goes out."""

import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.safe import _INVISIBLE, _PICTURES, safe, safe_lines
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
    for mark in "\u0301", "\u0489", "\U000e0100", "\u1160", "\u3164":
        assert safe(f"a{mark * 90_000}b") == f"a{mark * 8}{chr(0xFFFD) * 89_992}b"


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


def test_what_python_calls_printable_needs_no_change() -> None:
    printable = "".join(filter(str.isprintable, map(chr, range(sys.maxunicode + 1))))
    assert not _INVISIBLE.search(printable)
    assert not _PICTURES.keys() & set(map(ord, printable))
