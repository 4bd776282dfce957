"""Log files that are renamed, emptied, swapped and removed while they are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aiocontainerd.logs import LogFile
from aiocontainerd.logs import logfile as module
from aiocontainerd.logs.logfile import OpenLog
from tests.unit.logfiles import all_news, lines, log, path, small, texts

__all__ = ["log", "path", "small"]


def test_renamed_it_is_read_to_its_end_before_the_new_one(log: OpenLog, path: Path) -> None:
    path.write_text(lines(2))
    assert texts(log.news().entries) == ["line 0", "line 1"]
    old = path.rename(path.with_name("x.log.1"))
    with old.open("a") as file:
        file.write("last words\nunfinished")
    assert texts(log.news().entries) == ["last words"]
    path.write_text("new\n")
    assert texts(log.news().entries) == ["unfinished", "new"]
    path.write_text("new\nmore\n")
    assert texts(log.news().entries) == ["more"]


def rotate(path: Path, suffixes: tuple[str, ...] = (".1", ".2", ".3")) -> None:
    """As dockerd and nerdctl do it: 1 becomes 2, the file becomes 1."""
    names = [path, *(Path(f"{path}{suffix}") for suffix in suffixes)]
    for older, newer in zip(names[:0:-1], names[-2::-1], strict=True):
        if newer.exists():
            newer.rename(older)


@pytest.mark.parametrize("by", ["number", "time", "one tick"])
def test_rotated_twice_between_two_looks_no_line_is_lost(log: OpenLog, path: Path, by: str) -> None:
    path.write_text(lines(2))
    assert log.news().entries
    for number in range(1, 4):
        with path.open("a") as file:
            file.write(lines(2, 10 * number))
        when = number if by == "number" else 1
        os.utime(path, (when, when))
        if by == "time":
            path.rename(f"{path}.20261123-12000{number}")
        else:
            rotate(path)
    path.write_text("now\n")
    assert all_news(log) == [*f"{lines(2, 10)}{lines(2, 20)}{lines(2, 30)}".splitlines(), "now"]
    assert not log.unread


@pytest.mark.usefixtures("small")
def test_what_was_rotated_between_two_looks_and_is_too_much_is_counted(path: Path) -> None:
    path.write_text(lines(30))
    log = OpenLog(LogFile(str(path)))
    made = texts(log.tail())
    rotate(path)
    path.write_text(lines(1000, 30))
    rotate(path)
    path.write_text(lines(2, 1030))
    news, skipped = [], 0
    while batch := log.news():
        if not batch.entries:
            break
        news += texts(batch.entries)
        skipped += batch.skipped
    assert skipped + len(news) == 1002
    assert news == lines(len(news), 1032 - len(news)).splitlines()
    while older := log.before():
        made[:0] = texts(older)
    assert made == lines(30).splitlines()
    log.close()


@pytest.mark.usefixtures("small")
def test_a_new_file_of_any_size_is_read_from_its_beginning(
    log: OpenLog, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over 1 MiB only its end was shown, and what stood before it came above older lines."""
    monkeypatch.setattr(module, "AT_ONCE", 64)
    path.write_text(lines(3))
    assert log.news().entries
    rotate(path)
    path.write_text(lines(60, 3))
    assert all_news(log) == lines(60, 3).splitlines()
    assert log.before() == []


@pytest.mark.parametrize("gone", ["packed", "removed"])
def test_files_in_between_that_cannot_be_read_are_told(log: OpenLog, path: Path, gone: str) -> None:
    """One that was packed is the one that is read."""
    for number in range(3):
        path.write_text(lines(1, number))
        if not number:
            assert log.news().entries
        os.utime(path, (number, number))
        rotate(path, (".1", ".2") if gone == "removed" else (".1", ".2", ".3"))
    for number in (2, 3) if gone == "packed" else ():
        path.with_name(f"x.log.{number}.gz").write_text("packed")
        path.with_name(f"x.log.{number}").unlink()
    path.write_text("now\n")
    told = "lines may be missing here: files were packed or removed"
    known = ["line 1", "line 2"] if gone == "removed" else ["line 2"]
    assert all_news(log) == [told, *known, "now"]


def test_an_inode_that_is_used_again_is_another_file(path: Path) -> None:
    """The file system gives that of the oldest file to the newest."""
    path.with_name("x.log.1").write_text("oldest\n")
    os.utime(path.with_name("x.log.1"), (1, 1))
    path.write_text("old\n")
    log = OpenLog(LogFile(str(path)))
    log.tail()
    path.with_name("x.log.1").write_text("newest\n")
    assert log.before() == []
    log.close()


def test_emptied_and_grown_beyond_what_was_read(log: OpenLog, path: Path) -> None:
    path.write_text(lines(20))
    log.news()
    path.write_text(lines(40, 100))
    told, *rest = all_news(log)
    assert told == "the log was emptied here"
    assert rest == lines(40, 100).splitlines()


def test_emptied_it_is_read_from_its_beginning(log: OpenLog, path: Path) -> None:
    path.write_text(lines(20))
    log.news()
    os.truncate(path, 0)
    assert texts(log.news().entries) == ["the log was emptied here"]
    with path.open("a") as file:
        file.write("again\n")
    assert texts(log.news().entries) == ["again"]


def test_removed_it_is_read_on(log: OpenLog, path: Path) -> None:
    with path.open("a") as file:
        path.unlink()
        file.write("still there\n")
        file.flush()
        assert texts(log.news().entries) == ["still there"]


@pytest.mark.usefixtures("small")
def test_rotated_files_are_read_when_one_goes_there(path: Path) -> None:
    for number, name in enumerate(("x.log.2", "x.log.1", "x.log")):
        file = path.with_name(name)
        file.write_text(lines(20, 20 * number))
        os.utime(file, (number, number))
    path.with_name("x.log.3.gz").write_text("packed")
    path.with_name("x.logs").write_text("another")
    path.with_name("x.log.link").symlink_to(path.with_name("x.logs"))
    log = OpenLog(LogFile(str(path)))
    made = texts(log.tail())
    assert log.unread > path.with_name("x.log.1").stat().st_size
    for number in (2, 1):  # meanwhile they get other names
        path.with_name(f"x.log.{number}").rename(path.with_name(f"x.log.{number + 1}"))
    path.rename(path.with_name("x.log.1"))
    path.write_text("new\n")
    assert texts(log.news().entries) == ["new"]
    while older := log.before():
        made[:0] = texts(older)
    assert made == lines(60).splitlines()
    assert log.unread == 0
    log.close()


@pytest.mark.usefixtures("small")
def test_a_rotated_file_that_has_gone_is_passed_over(path: Path) -> None:
    path.with_name("x.log.1").write_text(lines(3))
    path.write_text("last\n")
    log = OpenLog(LogFile(str(path)))
    assert texts(log.tail()) == ["last"]
    path.with_name("x.log.1").unlink()
    assert log.before() == []
    assert log.unread == 0
    log.close()
