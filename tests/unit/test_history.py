"""The history of the `:` line: bounded, private, and without secrets on the disk."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctdeck.command.history import KEPT, History, without_secrets


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("rm web1", "rm web1"),
        ("run -e PASSWORD=hunter2 --rm nginx", "run -e PASSWORD --rm nginx"),
        ("run --env=PASSWORD=hunter2 nginx", "run --env=PASSWORD nginx"),
        ("run -dePASSWORD=hunter2 nginx", "run -dePASSWORD nginx"),
        ("run nginx -e not=ours", "run nginx -e not=ours"),
        ("run -e 'A=hunter2", ""),
        ("nonsense hunter2", ""),
        ("", ""),
    ],
)
def test_values_of_variables_are_dropped(line: str, kept: str) -> None:
    assert without_secrets(line) == kept


@given(st.text())
def test_never_fails(line: str) -> None:
    without_secrets(line)


def test_kept_over_sessions_without_secrets_and_for_us_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "history"
    first = History(path)
    first.add("run -e A=hunter2 nginx")
    first.add("rm web1")
    first.add("rm web1")
    first.save()
    assert first.lines == ("run -e A=hunter2 nginx", "rm web1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"hunter2" not in path.read_bytes()
    second = History(path)
    second.load()
    assert second.lines == ("run -e A nginx", "rm web1")
    assert [each.name for each in path.parent.iterdir()] == ["history"]


def test_bounded(tmp_path: Path) -> None:
    history = History(tmp_path / "history")
    for number in range(KEPT + 20):
        history.add(f"rm web{number}")
    history.add("rm " + "x" * 5000)
    assert len(history.lines) == KEPT
    assert history.lines[-1] == f"rm web{KEPT + 19}"


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("rm precious\n")
    path = tmp_path / "history"
    path.symlink_to(victim)
    history = History(path)
    history.load()
    assert history.lines == ()
    history.add("rm web1")
    history.save()
    assert victim.read_text() == "rm precious\n"


def test_hostile_lines_of_the_file_are_made_safe(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_bytes(b"rm \x1b[2J\xff\n")
    history = History(path)
    history.load()
    assert history.lines == ("rm \u241b[2J\ufffd",)


def test_a_place_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    history = History(tmp_path / "file" / "history")
    history.load()
    history.add("rm web1")
    history.save()
    assert history.lines == ("rm web1",)


def test_what_stands_behind_a_misspelt_flag_may_be_a_secret() -> None:
    assert without_secrets("run --evn A=hunter2 nginx") == ""
