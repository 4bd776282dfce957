"""Rows of a long line: what is out of sight costs little."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import split_graphemes

from aiocontainerd.safe import safe
from ctdeck.ansi import MOST_RUNS, painted
from ctdeck.widgets import textrows
from ctdeck.widgets.textrows import EVERY, Ruler, row_starts

LONG = st.lists(st.sampled_from(["a", "漢", "e\u0301", "\u0301" * 3, "b" * 250]), max_size=9)


@given(st.text(max_size=200) | LONG.map("".join), st.integers(0, 700))
def test_a_cell_is_found_as_in_the_whole_text(text: str, cell: int) -> None:
    text, used, found = safe(text), 0, len(safe(text))
    for start, _, cells in split_graphemes(text)[0]:
        if used >= cell:
            found = start
            break
        used += cells
    assert Ruler(text).at(cell) == (0 if not cell else found)


@given(st.text(max_size=200).map(safe), st.integers(1, 30))
def test_rows_begin_where_no_more_has_room(text: str, width: int) -> None:
    starts, used = [0], 0
    for start, _, cells in split_graphemes(text)[0]:
        if used and used + cells > width:
            starts.append(start)
            used = 0
        used += cells
    assert [*row_starts(text, width)] == starts


def test_a_line_is_measured_once_and_looked_up_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen of lines of 64 KiB that are cut at its edge held the loop for seconds."""
    ruler, measured = Ruler("漢" * 65_536), 0
    known = textrows._cells

    def cells(character: str) -> int:
        nonlocal measured
        measured += 1
        return known(character)

    monkeypatch.setattr(textrows, "_cells", cells)
    for cell in (0, 80, 70_000, 131_070):
        assert ruler.at(cell) == cell // 2
    assert measured < 4 * 4 * EVERY


def test_a_line_of_nothing_but_colours_has_some_of_them() -> None:
    line = painted("\x1b[31mx\x1b[32my" * 5_000)
    assert line.text == "xy" * 5_000
    assert len(line.runs) == MOST_RUNS
    assert "\x1b" not in painted("\x1b[31mx" * 5_000 + "\x1b[2J").text
