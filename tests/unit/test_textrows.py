"""Rows of a long line: what is out of sight costs nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import split_graphemes

from aiocontainerd.safe import safe
from ctdeck.ansi import MOST_RUNS, painted
from ctdeck.widgets import textrows
from ctdeck.widgets.textrows import at_cell


@given(st.text(max_size=200), st.integers(0, 60))
def test_a_cell_is_found_as_in_the_whole_text(text: str, cell: int) -> None:
    text, used, found = safe(text), 0, len(safe(text))
    for start, _, cells in split_graphemes(text)[0]:
        if used >= cell:
            found = start
            break
        used += cells
    assert at_cell(text, cell) == (0 if not cell else found)


def test_only_what_is_near_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen of lines of 64 KiB that are cut at its edge held the loop for seconds."""
    looked: list[int] = []

    def split(text: str) -> object:
        looked.append(len(text))
        return split_graphemes(text)

    monkeypatch.setattr(textrows, "split_graphemes", split)
    assert at_cell("漢" * 65_536, 0) == 0
    assert at_cell("漢" * 65_536, 80) == 40
    assert sum(looked) < 5_000


def test_a_line_of_nothing_but_colours_has_some_of_them() -> None:
    line = painted("\x1b[31mx\x1b[32my" * 5_000)
    assert line.text == "xy" * 5_000
    assert len(line.runs) == MOST_RUNS
    assert "\x1b" not in painted("\x1b[31mx" * 5_000 + "\x1b[2J").text
