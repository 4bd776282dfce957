"""`:cp`: which side is the container's, and what a slash or a dot at the end means."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.errors import InvalidArgument
from ctdeck.command.parsing import parse
from ctdeck.command.requests import CopyCommand
from ctdeck.command.shellwords import join


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("cp web1:/etc/hosts /tmp", CopyCommand("web1", "/etc/hosts", "/tmp")),
        ("cp web1:/d/. /tmp/x/", CopyCommand("web1", "/d/.", "/tmp/x/")),
        ("cp /tmp/x/. web1:/d", CopyCommand("web1", "/d", "/tmp/x/.", inward=True)),
        ("cp -f /tmp/x web1:", CopyCommand("web1", "/", "/tmp/x", inward=True, force=True)),
        ("cp /a:b web1:c", CopyCommand("web1", "c", "/a:b", inward=True)),
        (r"cp web1:/a\ b:c /tmp", CopyCommand("web1", "/a b:c", "/tmp")),
    ],
)
def test_sides(line: str, command: CopyCommand) -> None:
    assert parse(line) == command


def test_a_path_of_here_is_taken_from_the_current_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/root")
    monkeypatch.chdir("/usr")
    paths = {
        text: parse(f"cp c:/x {text}").host  # type: ignore[union-attr]
        for text in (".", "./", "lib/..", "~", "~/x", "./a:b")
    }
    assert paths == {
        ".": "/usr", "./": "/usr/", "lib/..": "/usr", "~": "/root", "~/x": "/root/x",
        "./a:b": "/usr/a:b",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("cp", "from where to where"),
        ("cp web1:/x", "from where to where"),
        ("cp /a /b", "neither side"),
        ("cp a:/x b:/y", "both sides"),
        ("cp web1:/x -", "has no place in a screen"),
    ],
)
def test_mistakes(line: str, what: str) -> None:
    with pytest.raises(InvalidArgument, match=what):
        parse(line)


@given(st.lists(st.text(max_size=12), max_size=3))
def test_any_words_are_a_copy_or_a_mistake(words: list[str]) -> None:
    with suppress(InvalidArgument):
        assert isinstance(parse(join(["cp", *words])), CopyCommand)
