"""JSON of any size and any kind: all of it, its beginning, or a word on what is wrong."""

from __future__ import annotations

import json
import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.inspect.cutting import beginning, parse

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


def is_beginning(part: Any, whole: Any) -> bool:
    """Whether `part` is `whole` with its end missing."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(is_beginning(part[key], whole[key]) for key in part)
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) <= len(whole) and all(map(is_beginning, part, whole))
    return bool(part == whole)


@given(VALUES, st.integers(0, 400), st.booleans())
def test_any_beginning_is_json_and_says_nothing_else(value: Any, cut: int, ascii: bool) -> None:
    data = json.dumps(value, ensure_ascii=ascii).encode()
    part = json.loads(beginning(data[:cut]))
    assert part is None or is_beginning(part, value)


@given(VALUES)
def test_a_whole_one_is_whole(value: Any) -> None:
    wrapped = {"a": value}
    assert json.loads(beginning(json.dumps(wrapped).encode())) == wrapped
    assert parse(json.dumps(value).encode()).value == value


@given(st.binary(max_size=200))
def test_nothing_is_too_odd(data: bytes) -> None:
    parse(data)
    parse(data, whole=10, shown=10)
    beginning(data)


def test_as_much_as_there_is_room_for() -> None:
    data = json.dumps({"env": ["a", "b"], "x": {"y": [1, {"z": "end"}]}}).encode()
    assert json.loads(beginning(data[:-6])) == {"env": ["a", "b"], "x": {"y": [1, {}]}}
    assert json.loads(beginning(data[:20])) == {"env": ["a", "b"]}


def test_too_large_is_said_and_quick() -> None:
    data = json.dumps({"env": [f"NAME{n}={'x' * 100}" for n in range(150_000)]}).encode()
    begun = time.process_time()
    found = parse(data)
    assert time.process_time() - begun < 0.5
    assert found.problem.startswith(f"too large ({len(data):,} bytes): this is the beginning")
    assert isinstance(found.value, dict)
    assert 2_000 < len(found.value["env"]) < 3_000


def test_what_is_wrong_is_said() -> None:
    assert parse(b"").problem == "it is not JSON: it is empty"
    assert parse(b"\x00\x01").problem == "it is not JSON: 2 bytes that begin with b'\\x00\\x01'"
    assert parse(b"[" * 200_000).problem.startswith("it is nested too deep")
