"""A crash log: nobody else can read it, nobody can choose where it goes, it holds no secret."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from aiocontainerd.state import StateDirectory
from ctdeck.failures import crash_log, plain_words

CANARY = "canary-of-a-login"


def _fault() -> ValueError:
    def work() -> None:
        held = CANARY  # a local: a traceback with locals would print it
        raise ValueError(f"\x1b]0;title\x07 \udcff DB_PASSWORD={held} https://user:{held}@host/")

    try:
        work()
    except ValueError as error:
        return error
    raise AssertionError


def test_a_crash_log_is_ours_alone_and_holds_no_secret_and_no_control(tmp_path: Path) -> None:
    path = crash_log(_fault(), StateDirectory(tmp_path / "ctdeck"))
    text = path.read_text(encoding="utf-8")
    assert path.parent == tmp_path / "ctdeck"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "ValueError" in text
    assert "in work" in text
    assert CANARY not in text
    assert text.replace("\n", "").isprintable()


def test_a_fault_in_a_dialog_holds_no_secret_and_no_control() -> None:
    title, text = plain_words(_fault())
    assert title == "A fault in ctdeck itself"
    assert CANARY not in text
    assert text.replace("\n", "").isprintable()


def test_only_the_newest_crash_logs_are_kept_and_nothing_else_goes(tmp_path: Path) -> None:
    for number in range(7):
        (tmp_path / f"crash-20200101T00000{number}-1.log").touch()
    (tmp_path / "audit.log").touch()
    tmp_path.chmod(0o700)
    new = crash_log(_fault(), StateDirectory(tmp_path))
    logs = sorted(path.name for path in tmp_path.glob("crash-*.log"))
    assert logs == [*(f"crash-20200101T00000{n}-1.log" for n in (3, 4, 5, 6)), new.name]
    assert (tmp_path / "audit.log").exists()


def test_a_link_in_the_way_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, temporary, victim = tmp_path / "ctdeck", tmp_path / "tmp", tmp_path / "victim"
    for folder in (state, temporary):
        folder.mkdir(mode=0o700)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setattr("ctdeck.failures.time.strftime", lambda *_: "20260101T000000")
    monkeypatch.setattr("ctdeck.failures.os.getpid", lambda: 7)
    (state / "crash-20260101T000000-7.log").symlink_to(victim)
    path = crash_log(_fault(), StateDirectory(state))
    assert path.parent == temporary
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not victim.exists()
