"""Rows up and down, against a list of all of them."""

from hypothesis import given
from hypothesis import strategies as st

from ctdeck.widgets.textwalk import below, down, up

COUNTS = st.lists(st.integers(1, 4), min_size=1, max_size=8)


@given(COUNTS, st.integers(0, 40), st.integers(0, 40))
def test_as_in_a_list_of_all_rows(counts: list[int], start: int, rows: int) -> None:
    everything = [(index, row) for index, count in enumerate(counts) for row in range(count)]
    last = len(everything) - 1
    at = min(start, last)
    place = everything[at]
    assert up(place, rows, counts.__getitem__) == everything[max(0, at - rows)]
    assert down(place, rows, counts.__getitem__, len(counts)) == everything[min(last, at + rows)]
    assert below(place, rows, counts.__getitem__, len(counts)) == everything[at : at + rows]
