"""What the `/` line understands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctdeck.filtering import compile_filter

ROW = "default web1 ▶ running nginx:1.27"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("WEB", True),
        ("web2", False),
        ("!web", False),
        ("! web2", True),
        ("-f wb1", True),
        ("-f 1bw", False),
        ("~we.\\d", True),
        ("!~^default", False),
        ("1.27", True),
        ("1x27", False),
        ("[/]", False),
        ("running web", True),
        ("web running", True),
        ("running !nc", True),
        ("running !web1", False),
        ("!web1 running", False),
        ("running ! web1", False),
        ("!web2 !web3", True),
        ("~web1 .* running", True),
    ],
)
def test_filters(text: str, found: bool) -> None:
    accepts = compile_filter(text)
    assert accepts is not None
    assert accepts(ROW) is found


@pytest.mark.parametrize("text", ["", "  ", "!", "-f", "~", "!~"])
def test_nothing_is_asked(text: str) -> None:
    assert compile_filter(text) is None


def test_a_broken_pattern_is_a_plain_sentence() -> None:
    with pytest.raises(ValueError, match="not a regular expression"):
        compile_filter("~(")


@given(st.text(max_size=30))
def test_any_text_is_a_filter_or_a_plain_error(text: str) -> None:
    try:
        accepts = compile_filter(text)
    except ValueError:
        return
    assert accepts is None or accepts("some row") in (True, False)
