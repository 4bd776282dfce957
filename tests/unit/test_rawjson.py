"""JSON to be read: still JSON, without secrets, and nothing that a terminal obeys."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings

from aiocontainerd.safe import safe
from ctdeck.rawjson import masked, painted_line, text_of
from tests.hostile import SEQUENCES
from tests.unit.test_inspect_cutting import VALUES


@settings(max_examples=40)
@given(VALUES)
def test_without_stars_it_is_the_json_that_it_was(value: Any) -> None:
    assert json.loads(text_of(value, plain=True)) == value


@settings(max_examples=40)
@given(VALUES)
def test_nothing_in_it_is_obeyed(value: Any) -> None:
    for line in text_of(value).split("\n"):
        assert safe(line) == line
        assert painted_line(line).text == line


def test_hostile_texts_are_still_told_apart() -> None:
    for text in SEQUENCES.values():
        shown = text_of({"label": text}, plain=True)
        assert json.loads(shown) == {"label": text}
        assert all(safe(line) == line for line in shown.split("\n"))


def test_secrets_are_stars_by_name_by_looks_and_in_commands() -> None:
    document = {
        "process": {
            "env": ["PATH=/bin", "DB_PASSWORD=hunter2", "URL=postgres://u:hunter2@db/x"],
            "args": ["serve", "--token", "hunter2", "--port", "80"],
        },
        "labels": {"com.example/api-token": "hunter2", "tier": "front"},
        "vars": [{"name": "API_KEY", "value": "hunter2"}, {"name": "PORT", "value": "80"}],
        "credentials": {"user": "u", "nested": [{"x": "hunter2"}]},
        "snapshot_key": "web1",
        "digest": "sha256:" + "ab" * 32,
        "count": 5,
    }
    shown = masked(document)
    assert "hunter2" not in json.dumps(shown)
    assert shown["process"]["env"][0] == "PATH=/bin"
    assert shown["process"]["args"] == ["serve", "--token", "***", "--port", "80"]
    assert shown["labels"]["tier"] == "front"
    assert shown["vars"][1] == {"name": "PORT", "value": "80"}
    assert (shown["snapshot_key"], shown["count"]) == ("web1", 5)
    assert shown["digest"] == document["digest"]
    assert "hunter2" in text_of(document, plain=True)


def test_names_are_bold() -> None:
    ((start, end, _),) = painted_line('  "a\\"b": "c: d",').runs
    assert (start, end) == (2, 8)
    assert painted_line('  "only a value",').runs == ()


def test_depth_has_an_end() -> None:
    value: Any = "x"
    for number in range(300):
        value = [value] if number % 2 else {"a": value}
    assert "***" in text_of(value)
