"""Where logs lie: for us alone, by daemon, never through somebody's link."""

import os
from pathlib import Path

import pytest

from aiocontainerd.errors import (
    FailedPrecondition,
    InvalidArgument,
)
from aiocontainerd.state import StateDirectory


def test_where_the_state_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert StateDirectory.default({"XDG_STATE_HOME": "/x"}).root == Path("/x/ctdeck")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert StateDirectory.default({"XDG_STATE_HOME": "x"}).root == Path("/var/lib/ctdeck")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", "/home/me")
    assert StateDirectory.default({}).root == Path("/home/me/.local/state/ctdeck")


def test_logs_are_ours_alone_and_kept_until_removed(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "new" / "state")
    log = state.make_log("default", "c", terminal=False)
    for path in (log, log.parent, log.parent.parent, state.root):
        assert path.stat().st_mode & 0o077 == 0
    log.write_text("kept")
    assert state.make_log("default", "c", terminal=False).read_text() == "kept"
    state.remove_logs("default", "c")
    assert not log.parent.exists()
    state.remove_logs("default", "c")
    screen = state.make_log("default", "t", terminal=True)
    assert {path.name for path in screen.parent.iterdir()} == {screen.name, "stdin"}


@pytest.mark.parametrize(
    "link", ["logs", "logs/default", "logs/default/c", "logs/default/c/output.log"]
)
def test_no_link_leads_the_log_elsewhere(tmp_path: Path, link: str) -> None:
    state = StateDirectory(tmp_path / "state")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    others = elsewhere / "default" / "c" / "not-ours"  # what a link at any level would lead to
    others.parent.mkdir(parents=True)
    others.touch()
    planted = state.root / link
    planted.parent.mkdir(parents=True)
    planted.symlink_to(elsewhere / "file" if link.endswith(".log") else elsewhere)
    with pytest.raises(FailedPrecondition):
        state.make_log("default", "c", terminal=False)
    assert {path.name for path in elsewhere.rglob("*")} == {"default", "c", "not-ours"}
    state.remove_logs("default", "c")
    assert others.exists()


def test_logs_of_two_daemons_stay_apart(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    one, two = state.of_daemon("6f1e"), state.of_daemon("../..")
    logs = [each.make_log("default", "c", terminal=False) for each in (state, one, two)]
    assert len(set(logs)) == 3
    assert all(log.is_relative_to(tmp_path / "logs") and ".." not in log.parts for log in logs)
    two.remove_logs("default", "c")
    assert [log.exists() for log in logs] == [True, True, False]
    assert state.of_daemon("") == state


def test_ids_do_not_climb(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    for namespace, id in (("..", "c"), ("default", ".."), ("default", "a/b"), ("a/b", "c")):
        with pytest.raises(InvalidArgument):
            state.logs(namespace, id)
