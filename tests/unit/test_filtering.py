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
    with pytest.raises(ValueError, match=r"^not a regular expression: missing \): web\($"):
        compile_filter("~web(")


@pytest.mark.parametrize(
    "text", ["~(?=a)", r"~(a)\1", "~a{2000}", "~(((a{99}){99}){99}){99}", "~\udc80"]
)
def test_what_could_take_long_or_is_no_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a regular expression: "):
        compile_filter(text)


@pytest.mark.parametrize("text", ["(a*)*b", "(a|aa)+b", "a*a*a*a*a*b", "(a|b)*a(a|b){60}c"])
def test_no_name_holds_a_pattern(text: str) -> None:
    accepts = compile_filter(f"~{text}")
    assert accepts is not None
    assert not accepts("a" * 5000)  # Python's own matching would not end before we do


@given(st.text(max_size=30))
def test_any_text_is_a_filter_or_a_plain_error(text: str) -> None:
    try:
        accepts = compile_filter(text)
    except ValueError:
        return
    assert accepts is None or accepts("some row") in (True, False)


@pytest.mark.parametrize("text", ["~^web-[0-9]+$", "~(a|b)+c", "~(ab){2,3}c*", "~a*b*"])
def test_usual_patterns_are_taken(text: str) -> None:
    assert compile_filter(text) is not None


COLUMNS = "\n".join(["default", "web1", "running", "nginx:1.27"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("~^web1$", True),
        ("~^w", True),
        ("~7$", True),
        ("~^eb", False),
        ("~web1.*running", False),
        ("!~^w", False),
        ("!~^x", True),
        ("web1 running", True),
        ("-f dwr", True),
        ("!web2 nginx", True),
    ],
)
def test_a_pattern_is_about_one_column_and_words_about_the_row(text: str, found: bool) -> None:
    accepts = compile_filter(text)
    assert accepts is not None
    assert accepts(COLUMNS) is found


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
