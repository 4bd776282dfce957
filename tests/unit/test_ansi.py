"""A program's own colours, and nothing else of what it may send to a terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color
from rich.style import Style

from aiocontainerd.safe import safe
from ctdeck.ansi import painted

RED = Color.from_ansi(1)
CODES = st.lists(st.integers(-1, 300), max_size=6).map(
    lambda codes: f"\x1b[{';'.join(str(c) if c >= 0 else '' for c in codes)}m"
)
OUTPUT = st.lists(
    st.one_of(st.text(max_size=12), CODES, st.sampled_from("\t\r\x1b\0")), max_size=12
)


@pytest.mark.parametrize(
    ("text", "plain", "runs"),
    [
        ("plain", "plain", ()),
        ("\x1b[31mred\x1b[0m on", "red on", ((0, 3, Style(color=RED)),)),
        ("a\x1b[1;4mb", "ab", ((1, 2, Style(bold=True, underline=True)),)),
        ("\x1b[mx", "x", ()),
        ("\x1b[38;5;208mo\x1b[39mx", "ox", ((0, 1, Style(color=Color.from_ansi(208))),)),
        ("\x1b[48;2;1;2;3mo", "o", ((0, 1, Style(bgcolor=Color.from_rgb(1, 2, 3))),)),
        ("\x1b[38:2:1:2:3mo", "o", ((0, 1, Style(color=Color.from_rgb(1, 2, 3))),)),
        (
            "\x1b[97;101mo",
            "o",
            ((0, 1, Style(color=Color.from_ansi(15), bgcolor=Color.from_ansi(9))),),
        ),
        ("\x1b[31;41munseen", "unseen", ((0, 6, Style(color=RED)),)),
        ("\x1b[8;5mhidden", "hidden", ()),
        ("\x1b[1mb\x1b[22mx", "bx", ((0, 1, Style(bold=True)),)),
        ("ab\tc\x1b[31m\td", "ab      c       d", ((9, 17, Style(color=RED)),)),
        ("\x1b[2Jgone", "␛[2Jgone", ()),
        ("\x1b]0;title\x07", "␛]0;title␇", ()),
        ("10%\r20%", "10%␍20%", ()),
        ("nul\0", "nul␀", ()),
    ],
)
def test_colours_stay_and_all_else_is_shown(text: str, plain: str, runs: object) -> None:
    line = painted(text)
    assert line.text == plain
    assert line.runs == runs


@given(OUTPUT.map("".join))
def test_any_output_is_safe_and_its_parts_are_in_order(text: str) -> None:
    plain, runs = painted(text)
    assert safe(plain) == plain
    ends = [0, *(edge for start, end, _ in runs for edge in (start, end)), len(plain)]
    assert ends == sorted(ends)
    assert all(start < end for start, end, _ in runs)


@given(st.text().filter(lambda text: "\t" not in text and not re.search("\x1b\\[[0-9;:]*m", text)))
def test_text_without_colours_is_only_made_safe(text: str) -> None:
    assert painted(text) == (safe(text), ())
