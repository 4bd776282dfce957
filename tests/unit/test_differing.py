"""What differs between two mappings of a snapshot."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.models import Key
from ctdeck.differing import differing

NAMES = [Key("default", name) for name in "abcdefghi"]
keyed = st.dictionaries(
    # the same object most often, another that is equal to it where a list was read anew
    st.one_of(st.sampled_from(NAMES), st.builds(Key, st.just("default"), st.sampled_from("abc"))),
    st.sampled_from((1.5, "x", (), "y")),
)


@given(keyed, keyed, st.data())
def test_what_differs(old: dict[Key, object], new: dict[Key, object], data: st.DataObject) -> None:
    if data.draw(st.booleans()):  # one of the other
        left = data.draw(st.sets(st.sampled_from([*old, NAMES[0]])))
        new = {**{key: old[key] for key in old if key not in left}, **new}
    nothing = object()
    expected = {k for k in old | new if old.get(k, nothing) is not new.get(k, nothing)}
    assert differing(old, new) == expected
    assert differing(old, new) == expected  # the kept answer
    assert differing(old, old) == set()


def test_what_differs_where_more_came_and_went_than_is_worth_a_look_each() -> None:
    old = {Key("default", f"c{number:03}"): number // 300 for number in range(200)}
    left = {key: value for number, (key, value) in enumerate(old.items()) if number % 5}
    new = {Key("default", "new"): 1, **left}
    assert differing(old, new) == {*old} - {*left} | {Key("default", "new")}
