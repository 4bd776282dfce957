"""Reading log files: from the end, backwards and as they grow; what is no log is not read."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiocontainerd.logs import LogFile, LogReader, LogSource, NoLog
from aiocontainerd.logs import logfile as module
from aiocontainerd.logs.logfile import OpenLog
from aiocontainerd.logs.source import open_log
from tests.unit.logfiles import everything, lines, log, path, small, texts

__all__ = ["log", "path", "small"]

TIME = "2026-11-23T12:00:00Z"


@pytest.mark.usefixtures("small")
def test_the_tail_is_read_first_and_all_of_it_when_wanted(path: Path) -> None:
    path.write_text(lines(100))
    log = OpenLog(LogFile(str(path)))
    tail = texts(log.tail())
    assert tail == lines(100).splitlines()[-len(tail) :]
    assert 1 < len(tail) < 20
    assert everything(OpenLog(LogFile(str(path)))) == lines(100).splitlines()
    log.close()


@pytest.mark.parametrize("kind", ["json", "cri"])
@pytest.mark.usefixtures("small")
def test_parts_are_joined_also_where_a_piece_begins(path: Path, kind: str) -> None:
    def part(text: str, *, last: bool) -> str:
        if kind == "cri":
            return f"{TIME} stdout {'PF'[last]} {text}\n"
        return f'{{"log":"{text}{chr(92) + "n" if last else ""}"}}\n'

    path.write_text(
        "".join(part(f"{n}a", last=False) + part(f"{n}b", last=True) for n in range(40))
    )
    log = OpenLog(LogFile(str(path), kind))
    assert everything(log) == [f"{n}a{n}b" for n in range(40)]
    log.close()


@pytest.mark.usefixtures("small")
@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(["a", "bc", "", "x" * 70, "y" * 300, "\r"]), max_size=30),
    st.booleans(),
)
def test_any_file_is_read_in_bounds(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], ended: bool
) -> None:
    path = tmp_path_factory.mktemp("log") / "x.log"
    written = "\n".join(words) + "\n" * ended
    path.write_text(written, newline="")
    log = OpenLog(LogFile(str(path)))
    read = everything(log) + texts(log.news().open)
    if all(len(word) < 100 for word in words):
        *wanted, last = [line.removesuffix("\r") for line in written.split("\n")]
        assert read == [*wanted, *([last] if not written.endswith("\n") and written else [])]
    assert all(len(text) <= 104 for text in read)
    log.close()


def test_news_come_line_by_line_and_the_open_one_at_once(log: OpenLog, path: Path) -> None:
    assert log.news() == ([], [], 0)
    with path.open("a") as file:
        for piece, whole, waiting in (
            ("one\ntw", ["one"], ["tw"]),
            ("o", [], ["two"]),
            ("\n", ["two"], []),
            ("", [], []),
        ):
            file.write(piece)
            file.flush()
            news = log.news()
            assert (texts(news.entries), texts(news.open)) == (whole, waiting)


@pytest.mark.usefixtures("small")
def test_what_comes_too_fast_is_left_out_and_counted(log: OpenLog, path: Path) -> None:
    path.write_text(lines(1000))
    news = log.news()
    assert news.skipped + len(news.entries) == 1000
    assert texts(news.entries) == lines(1000).splitlines()[-len(news.entries) :]
    assert len(news.entries) < 20


def test_a_flood_of_empty_lines_is_read_some_at_a_time(
    log: OpenLog, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million of them in one batch held who showed them for seconds."""
    monkeypatch.setattr(module, "LINES_AT_ONCE", 5)
    path.write_text(lines(3) + "\n" * 20 + lines(3, 3) + "no end")
    made: list[str] = []
    while news := texts(log.news().entries):
        assert len(news) <= 5
        made += news
    assert made == [*lines(3).split("\n")[:-1], *[""] * 20, *lines(3, 3).split("\n")[:-1]]
    assert texts(log.news().open) == ["no end"]
    again = OpenLog(log.file)
    back = texts(again.tail())
    while older := texts(again.before()):
        assert len(older) <= 5
        back[:0] = older
    assert back == made
    again.close()


def test_a_line_of_100_mb_is_cut_and_the_next_one_is_there(log: OpenLog, path: Path) -> None:
    with path.open("wb") as file:
        for _ in range(100):
            file.write(b"x" * (1 << 20))
        file.write(b"\nnext\n")
    fresh = OpenLog(LogFile(str(path)))
    tail = fresh.tail()
    assert texts(tail)[-1] == "next"
    assert sum(len(each.text) for each in tail) < 200_000
    read: list[str] = []
    while news := log.news().entries:
        read += texts(news)
    assert read[-1] == "next"
    assert sum(map(len, read)) < 200_000
    fresh.close()


def test_binary_is_read(log: OpenLog, path: Path) -> None:
    path.write_bytes(bytes(range(256)) + b"\n")
    assert len(log.news().entries) == 2  # one line end is among them


@pytest.mark.parametrize("kind", ["link", "fifo", "folder", "socket", "device", "missing"])
def test_only_plain_files_are_read(path: Path, kind: str) -> None:
    target = path.with_name("secret")
    target.write_text("secret\n")
    if kind == "link":
        path.symlink_to(target)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(os.fspath(path))
    elif kind == "device":
        path = Path("/dev/zero")
    with pytest.raises(NoLog) as caught:
        OpenLog(LogFile(str(path)))
    assert {"link": "link", "missing": "not there"}.get(kind, "plain file") in caught.value.what


def test_a_link_among_its_own_folders_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real" / "in").mkdir(parents=True)
    (tmp_path / "real" / "in" / "x.log").write_text("x\n")
    (tmp_path / "pod").symlink_to("real")
    path = str(tmp_path / "pod" / "in" / "x.log")
    os.close(open_log(LogFile(path, own=2)))
    with pytest.raises(NoLog, match="link"):
        OpenLog(LogFile(path, own=3))


def test_a_link_on_another_root_leads_within_it(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.log").write_text("there\n")
    (tmp_path / "var").symlink_to("/data")
    log = OpenLog(LogFile("/var/x.log"), str(tmp_path))
    assert texts(log.tail()) == ["there"]
    log.close()


@pytest.mark.parametrize("path", ["", "x.log", "/a/../x", "/a\0b"])
def test_odd_paths_are_refused(path: str) -> None:
    with pytest.raises(NoLog):
        OpenLog(LogFile(path))


def test_two_files_the_newest_last_and_then_as_they_come(tmp_path: Path) -> None:
    out, err = tmp_path / "out", tmp_path / "err"
    err.write_text("err 1\n")
    out.write_text("out 1\nout")
    os.utime(err, (1, 1))
    reader = LogReader(
        LogSource((LogFile(str(out), stream="stdout"), LogFile(str(err), stream="stderr")), "us")
    )
    batch = reader.tail()
    assert reader.unread() == reader.unread("stderr") == 0
    assert [(each.stream, each.text) for each in batch.entries] == [
        ("stderr", "err 1"),
        ("stdout", "out 1"),
    ]
    assert texts(batch.open) == ["out"]
    with err.open("a") as file:
        file.write("err 2\n")
    assert texts(reader.news().entries) == ["err 2"]
    reader.close()


def test_one_of_two_files_is_enough_and_none_is_told(tmp_path: Path) -> None:
    out, err = tmp_path / "out", tmp_path / "err"
    source = LogSource((LogFile(str(out)), LogFile(str(err))), "us")
    with pytest.raises(NoLog, match="not there"):
        LogReader(source).tail()
    out.write_text("x\n")
    reader = LogReader(source)
    assert texts(reader.tail().entries) == ["x"]
    reader.close()


@pytest.mark.usefixtures("small")
def test_what_is_before_is_read_of_the_file_that_has_it(tmp_path: Path) -> None:
    out, err = tmp_path / "out", tmp_path / "err"
    err.touch()
    out.write_text(lines(100))
    os.utime(err, (1, 1))
    reader = LogReader(
        LogSource((LogFile(str(out), stream="stdout"), LogFile(str(err), stream="stderr")), "us")
    )
    tail = texts(reader.tail().entries)
    assert reader.unread() == reader.unread("stdout") > 0
    assert not reader.unread("stderr")
    assert not reader.before("stderr")
    while older := reader.before():
        tail[:0] = texts(older)
    assert tail == lines(100).splitlines()
    reader.close()


@pytest.mark.usefixtures("small")
def test_from_the_beginning_and_looked_through_either_way(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through rotated files; and from where one stopped it is read on in both directions."""
    monkeypatch.setattr(module, "AT_ONCE", 64)
    for number, name in enumerate(("x.log.1", "x.log")):
        path.with_name(name).write_text(lines(100, 100 * number))
        os.utime(path.with_name(name), (number, number))
    whole = lines(200).splitlines()
    reader = LogReader(LogSource((LogFile(str(path)),), "us"))
    made = texts(reader.head().entries)
    assert made[0] == "line 0"
    assert len(made) < 20
    while more := reader.after().entries:
        made += texts(more)
    assert made == whole
    reader.close()
    reader = LogReader(LogSource((LogFile(str(path)),), "us"))
    backwards = texts(reader.tail().entries)
    scout = reader.twin()
    reader.close()
    while "line 50" not in backwards:
        piece = texts(scout.back())
        backwards[:0] = piece
    assert backwards == whole[-len(backwards) :]
    forwards = list(piece)
    while more := scout.forward().entries:
        forwards += texts(more)
    assert forwards == backwards
    before: list[str] = []  # at the end all was left
    while older := scout.before():
        before[:0] = texts(older)
    assert before == whole
    scout.close()
