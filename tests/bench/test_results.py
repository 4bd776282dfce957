"""The stored table: put between its marks, the words around it left as they are."""

import pytest

from .results import BEGIN, END, RESULTS, inserted


def test_a_table_replaces_the_one_before() -> None:
    page = inserted(f"above\n{BEGIN}\nold\n{END}\nbelow\n", "new table", "2026-01-02")
    assert page == f"above\n{BEGIN}\n\n```\n2026-01-02 · new table\n```\n\n{END}\nbelow\n"
    assert inserted(page, "new table", "2026-01-02") == page


def test_a_page_without_marks_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="no place"):
        inserted("words", "table", "2026-01-02")


def test_the_page_in_the_repository_has_a_place_for_it() -> None:
    page = RESULTS.read_text()
    assert page.count(BEGIN) == page.count(END) == 1
