"""Marks hold identities: through sorting, filtering and news, and no longer than what they mark."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from ctdeck.widgets.maderows import of_these
from ctdeck.widgets.rowview import RowView


class Row(NamedTuple):
    key: str
    birth: int = 0
    text: str = ""


def view(*rows: Row) -> RowView[Row]:
    made: RowView[Row] = RowView()
    made.text = lambda row: row.key
    made.set_rows(rows)
    return made


ABC = tuple(Row(name) for name in "abc")


def test_marks_survive_sorting_and_filtering_and_the_hidden_ones_are_known() -> None:
    shown = view(*ABC)
    shown.marks.add((ABC[0], ABC[2]))
    shown.sort_key, shown.reverse = (lambda row: row.key), True
    shown.arrange()
    assert shown.marked == ["c", "a"]  # in the order of the list
    shown.set_filter(lambda text: text != "a")
    assert (shown.marked, shown.hidden) == (["c", "a"], {"a"})
    shown.set_filter(None)
    assert shown.hidden == set()


def test_a_filter_that_was_kept_leaves_the_cursor_on_the_row_that_it_found() -> None:
    for keeps, back, refined in ((False, "a", "a"), (True, "c", "c")):
        shown = view(*ABC)
        shown.set_filter(lambda text: text == "c")
        if keeps:
            shown.keep_filter()
        shown.set_filter(lambda text: text == "b")  # `/` once more, and typed over
        assert shown.chosen == ABC[1]
        shown.set_filter(lambda text: text in "abc")
        assert shown.chosen.key == refined
        shown.set_filter(None)
        assert shown.chosen.key == back


def test_a_filter_that_finds_nothing_leaves_the_cursor_where_it_was() -> None:
    shown = view(*ABC)
    shown.move_to(1)
    shown.set_filter(lambda text: False)
    shown.keep_filter()
    shown.set_filter(None)
    assert shown.chosen == ABC[1]


def test_what_vanishes_drops_out_and_does_not_come_back_marked() -> None:
    shown = view(*ABC)
    shown.marks.add(ABC)
    shown.set_rows(ABC[1:])
    shown.set_rows(ABC)
    assert shown.marked == ["b", "c"]


def test_what_was_made_anew_under_the_same_name_is_not_marked() -> None:
    shown = view(*ABC)
    shown.marks.add(ABC)
    rows = of_these((Row("a", birth=1), *ABC[1:]))
    shown.update(rows, {"a"}, lambda key: key, lambda key: key)
    assert shown.marked == ["b", "c"]
    shown.set_rows((ABC[0], Row("b", birth=1), Row("c", text="news")))
    assert shown.marked == ["c"]


@given(st.lists(st.tuples(st.sampled_from("tnhu"), st.sampled_from("abcdefg")), max_size=20))
def test_only_what_is_listed_is_marked(steps: list[tuple[str, str]]) -> None:
    """Turned, gone or there again, made anew, filtered: in any order, beside a plain model."""
    births = dict.fromkeys("abcdefg", 0)
    there = set(births)
    model: set[str] = set()
    shown = view(*(Row(name) for name in births))
    for step, name in steps:
        if step == "t" and name in there:
            shown.marks.turn(Row(name, births[name]))
            model ^= {name}
        elif step in "nu":
            if step == "u":
                births[name] += 1
            else:
                there ^= {name}
            model.discard(name)
            shown.set_rows([Row(each, births[each]) for each in sorted(there)])
        elif step == "h":
            shown.set_filter(lambda text, name=name: text >= name)  # type: ignore[misc]
        assert set(shown.marked) == model <= there
        assert shown.hidden == model - set(shown.keys)
