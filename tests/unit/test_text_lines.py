"""Many lines within their bytes, as rows of a screen, and what is found in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from aiocontainerd.safe import safe
from ctdeck.ansi import painted
from ctdeck.finding import compile_search
from ctdeck.widgets.textlines import EACH, Lines
from ctdeck.widgets.textrows import Ruler, row_starts, segments

BASE, MARK = Style(), Style(reverse=True)
TEXT = st.text(max_size=80).map(safe)
COME = st.lists(st.tuples(st.booleans(), st.lists(st.integers(0, 400), max_size=8)), max_size=12)


@given(COME)
def test_lines_keep_their_numbers_and_their_bytes(come: list[tuple[bool, list[int]]]) -> None:
    lines: Lines[tuple[int, int]] = Lines(lambda line: line[1], most=2_000)
    by_number: dict[int, tuple[int, int]] = {}
    serial = 0
    for before, sizes in come:
        new = [(serial + place, size) for place, size in enumerate(sizes)]
        serial += len(new)
        start = lines.first - len(new) if before else lines.numbers.stop
        by_number |= {start + place: line for place, line in enumerate(new)}
        (lines.put_before if before else lines.add)(new)
        assert all(lines[number] == by_number[number] for number in lines.numbers)
        assert lines.bytes == sum(lines[n][1] + EACH for n in lines.numbers)
        assert lines.bytes <= 2_000 or len(lines) == 1


def test_what_goes_is_counted() -> None:
    lines: Lines[str] = Lines(len, most=4 * (EACH + 1))
    lines.add(list("abcdef"))
    assert [lines[n] for n in lines.numbers] == list("cdef")
    assert (lines.dropped, lines.first) == (2, 2)
    lines.put_before(["b"])
    assert [lines[n] for n in lines.numbers] == list("bcde")
    assert (lines.dropped, lines.cut, lines.first) == (1, 1, 1)


@given(TEXT, st.integers(1, 30))
def test_rows_are_whole_and_fit(text: str, width: int) -> None:
    starts = [*row_starts(text, width)]
    ends = [*starts[1:], len(text)]
    rows = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    assert "".join(rows) == text
    assert all(cell_len(row) <= width or len(row) == 1 for row in rows)


@given(TEXT, st.integers(0, 100))
def test_the_character_at_a_cell(text: str, cell: int) -> None:
    ruler = Ruler(text)
    assert ruler.cells == cell_len(text)
    place = ruler.at(cell)
    assert 0 <= place <= len(text)
    assert cell_len(text[:place]) >= min(cell, cell_len(text))


@given(
    st.lists(st.sampled_from(["ab", "\x1b[31m", "\x1b[0m", "\x1b[1m", "c"]), max_size=10),
    st.integers(0, 12),
    st.integers(0, 12),
    st.lists(st.integers(0, 13), max_size=6, unique=True).map(sorted),
)
def test_the_drawn_pieces_say_the_text(
    parts: list[str], start: int, length: int, edges: list[int]
) -> None:
    line = painted("".join(parts))
    start = min(start, len(line.text))
    end = min(start + length, len(line.text))
    spans = list(zip(edges[::2], edges[1::2], strict=False))
    drawn = segments(line, start, end, BASE, spans, MARK)
    assert "".join(segment.text for segment in drawn) == line.text[start:end]
    place = start
    for text, style, _ in drawn:
        for at in range(place, place + len(text)):
            assert bool(style and style.reverse) == any(a <= at < b for a, b in spans)
            wanted = next((s for a, b, s in line.runs if a <= at < b), BASE)
            assert style is not None
            assert style.color == wanted.color
        place += len(text)


@pytest.mark.parametrize(
    ("words", "text", "spans"),
    [
        ("err", "Error: terror", [(0, 3), (8, 11)]),
        ("a.c", "abc a.c", [(4, 7)]),
        ("~a.c", "abc a.c", [(0, 3), (4, 7)]),
        ("~ü+", "aüüb", [(1, 3)]),
        ("~x*", "axx", [(1, 3)]),
        ("~x*", "abc", []),
    ],
)
def test_a_search_finds(words: str, text: str, spans: list[tuple[int, int]]) -> None:
    search = compile_search(words)
    assert search is not None
    assert search.spans(text) == spans
    assert search.is_in(text) is bool(spans)


@pytest.mark.parametrize("nothing", ["", "  ", "~", "~ "])
def test_nothing_is_searched_for(nothing: str) -> None:
    assert compile_search(nothing) is None


def test_a_broken_pattern_is_told() -> None:
    with pytest.raises(ValueError, match="not a regular expression"):
        compile_search("~(")


@given(st.text(min_size=1, max_size=10), st.text(max_size=60))
def test_searching_never_fails(words: str, text: str) -> None:
    try:
        search = compile_search(words)
    except ValueError:
        return
    if search is not None:
        assert search.is_in(text) is bool(search.spans(text))
        assert all(0 <= a < b <= len(text) for a, b in search.spans(text))
