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


@pytest.mark.parametrize("text", ["~(a+)+b", "~((x|y)*z?)*$", "!~(([a-z.]+)+)+~"])
def test_a_pattern_that_may_take_for_ever_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="it repeats repeats"):
        compile_filter(text)


@pytest.mark.parametrize("text", ["~^web-[0-9]+$", "~(a|b)+c", "~(ab){2,3}c*", "~a*b*"])
def test_usual_patterns_are_taken(text: str) -> None:
    assert compile_filter(text) is not None


def test_a_fuzzy_filter_takes_its_time_from_no_name() -> None:
    hostile = "".join(letter * 3000 for letter in "postgre")
    fuzzy = compile_filter("-f Postgre x")
    assert fuzzy is not None
    assert not fuzzy(hostile)
    assert fuzzy(f"{hostile} X")


def test_any_number_of_negations() -> None:
    odd, even = compile_filter("!" * 5001 + "~web"), compile_filter("!" * 5000 + "~web")
    assert odd is not None
    assert even is not None
    assert (odd("web1"), even("web1")) == (False, True)
