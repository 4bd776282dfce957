"""The keeper of a log: what it writes of what it reads, and what it does where it cannot write."""

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.logs import Entry, time_of
from aiocontainerd.logs.formats import Line, cri_part, format_of
from aiocontainerd.operations import keeper
from aiocontainerd.operations.keeper import PART, Log, Stream, head, keep


def parts_of(written: bytes) -> list[tuple[bytes, bool]]:
    """Text of each line of the file, and whether it ends one of the program."""
    assert written.endswith(b"\n") or not written
    found = [cri_part(line) for line in written.split(b"\n")[:-1]]
    return [(part[2], part[3]) for part in found if part is not None]


@given(
    st.lists(st.binary(max_size=40) | st.text("x\n", max_size=40).map(str.encode)), st.integers()
)
def test_all_bytes_are_kept_in_parts_that_are_not_too_long(texts: list[bytes], waits: int) -> None:
    with patch.object(keeper, "PART", 7):
        stream, written = Stream(b"stderr"), b""
        for number, text in enumerate(texts):
            written += stream.lines(text)
            if stream.due is not None and waits >> number & 1:
                written += stream.rest()
                assert stream.due is None
        written += stream.end()
    parts = parts_of(written)
    assert written.count(b"\n") == len(parts), "each is of the format"
    said = b"".join(text + b"\n" * is_last for text, is_last in parts)
    whole = b"".join(texts)
    assert said == whole + b"\n" * (not whole.endswith(b"\n") and bool(whole))
    assert all(len(text) <= 7 for text, _ in parts)


def test_a_line_of_just_a_part_is_whole() -> None:
    for length, count in ((PART, 1), (PART + 1, 2), (2 * PART, 2), (2 * PART + 1, 3)):
        assert len(parts_of(Stream(b"stdout").lines(b"x" * length + b"\n"))) == count


def test_what_stands_before_a_line_is_always_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    for nanoseconds in (0, 1, 10**9 - 1, time.time_ns()):
        monkeypatch.setattr(time, "time_ns", lambda now=nanoseconds: now)
        assert len(head(b"stdout")) == len(head(b"stderr", b"P")) == 40
        assert cri_part(head(b"stderr") + b"x") is not None


class Pipes:
    """A keeper in a thread, with the container's ends of its pipes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        out, self.out = os.pipe()
        err, self.err = os.pipe()
        self._ours = (out, err)
        streams = {out: Stream(b"stdout"), err: Stream(b"stderr")}
        self._thread = threading.Thread(target=keep, args=(Log(str(path)), streams))
        self._thread.start()

    def write(self, fd: int, data: bytes) -> None:
        while data:
            data = data[os.write(fd, data) :]

    def until(self, condition: Callable[[bytes], bool]) -> bytes:
        """What is in the file as soon as that is so."""
        end = time.monotonic() + 20
        while True:
            found = self.path.read_bytes() if self.path.exists() else b""
            if condition(found):
                return found
            assert time.monotonic() < end, found[-1000:]
            time.sleep(0.002)

    def end(self) -> list[Entry]:
        """All that it wrote."""
        self.close()
        return format_of("cri").read(map(Line, self.path.read_bytes().split(b"\n")[:-1]))

    def close(self) -> None:
        if self._thread.is_alive():
            os.close(self.out)
            os.close(self.err)
            self._thread.join(20)
            assert not self._thread.is_alive()
            for fd in self._ours:
                os.close(fd)


@pytest.fixture
def pipes(tmp_path: Path) -> Iterator[Pipes]:
    made = Pipes(tmp_path / "log")
    yield made
    made.close()


def test_lines_have_the_times_and_the_order_in_which_they_came(pipes: Pipes) -> None:
    before = datetime.now(UTC)
    for number in range(10):
        pipes.write((pipes.out, pipes.err)[number % 2], b"%d\n" % number)
        pipes.until(lambda found, number=number: b" %d\n" % number in found)  # type: ignore[misc]
    entries = pipes.end()
    assert [(e.text, e.stream) for e in entries] == [
        (str(number), ("stdout", "stderr")[number % 2]) for number in range(10)
    ]
    times = [time_of(entry) for entry in entries]
    assert all(one and other and one <= other for one, other in pairwise(times))
    assert times[0]
    assert times[-1]
    assert before <= times[0]
    assert times[-1] <= datetime.now(UTC)


def test_a_question_is_seen_before_its_line_ends(pipes: Pipes) -> None:
    pipes.write(pipes.out, b"pass")
    found = pipes.until(lambda found: b"pass" in found)
    assert parts_of(found) == [(b"pass", False)]
    for number in range(100):  # the other one never rests
        pipes.write(pipes.err, b"%d\n" % number)
    pipes.write(pipes.out, b"word")
    pipes.until(lambda found: b" P word\n" in found)
    pipes.write(pipes.out, b":\nlast")
    texts = {e.text for e in pipes.end() if e.stream == "stdout"}
    assert texts == {"password:", "last"}


def test_the_end_of_a_question_that_has_none(pipes: Pipes) -> None:
    """Or the next life's first line would be taken for its rest."""
    pipes.write(pipes.out, b"pass")
    pipes.until(lambda found: b"pass" in found)
    assert [entry.text for entry in pipes.end()] == ["pass"]


def test_one_ends_before_the_other(pipes: Pipes) -> None:
    pipes.write(pipes.out, b"out")
    os.close(pipes.out)
    pipes.until(lambda found: b" F out\n" in found)
    pipes.out = os.dup(pipes.err)
    pipes.write(pipes.err, b"err\n")
    assert [entry.text for entry in pipes.end()] == ["out", "err"]


def test_as_soon_as_there_is_room_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "PAUSE", 0.02)
    pipes = Pipes(tmp_path / "missing" / "log")
    pipes.write(pipes.out, b"lost\n" * 50_000)  # more than the pipe holds
    (tmp_path / "missing").mkdir()
    pipes.until(lambda found: b"are missing here: No such file or directory\n" in found)
    pipes.write(pipes.err, b"here\n")
    *_, last = pipes.end()
    assert (last.text, last.stream) == ("here", "stderr")


def test_what_is_lost_is_told_at_the_end_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipes = Pipes(tmp_path / "missing" / "log")
    pipes.write(pipes.out, b"lost\n" * 50_000)
    (tmp_path / "missing").mkdir()
    (told,) = pipes.end()
    assert told.text.startswith("ctdeck: about 250000 bytes of output are missing here: No such")
    assert told.stream == "stderr"


class FullDisk:
    """`os`, of a disk on which there is only so much room."""

    def __init__(self, room: int) -> None:
        self.room = room

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def write(self, fd: int, data: bytes) -> int:
        written = os.write(fd, data[: self.room]) if self.room else 0
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.room -= written
        return written


def test_half_a_line_spoils_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, path = FullDisk(100), tmp_path / "log"
    monkeypatch.setattr(keeper, "os", disk)
    log, stream = Log(str(path)), Stream(b"stdout")
    log.add(stream.lines(b"first line\nsecond line, longer than the room\nthird\n"))
    assert log.due is not None
    log.add(stream.lines(b"fourth\n"))
    for room in (0, 60):  # none, and none for all that is to be told
        disk.room = room
        log.tell()
        assert log.due is not None
    disk.room = 1 << 20
    log.tell()
    assert log.due is None
    log.add(stream.lines(b"fifth\n"))
    raw = path.read_bytes().split(b"\n")
    texts = [entry.text for entry in format_of("cri").read(map(Line, raw[:-1]))]
    assert texts[:2] == ["first line", "second li"]
    assert "about 47 bytes" in texts[-2]
    assert texts[-1] == "fifth"


@pytest.mark.parametrize("how", ["renamed", "removed", "another"])
def test_a_file_that_has_its_name_no_more_is_made_anew(tmp_path: Path, how: str) -> None:
    path, old = tmp_path / "log", tmp_path / "old"
    log, stream = Log(str(path)), Stream(b"stdout")
    log.add(stream.lines(b"one\n"))
    if how == "removed":
        path.unlink()
    else:
        path.rename(old)
    if how == "another":
        path.touch()
    log.add(stream.lines(b"two\n"))
    assert log.due is None
    assert parts_of(path.read_bytes()) == [(b"two", True)]
    assert how == "removed" or parts_of(old.read_bytes()) == [(b"one", True)]


def test_one_that_has_grown_large_is_put_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "LOG_MAX", 60)  # a line has 42 here
    path = tmp_path / "log"
    log, stream = Log(str(path)), Stream(b"stdout")
    for number in range(7):
        log.add(stream.lines(b"%d\n" % number))
    assert [text for text, _ in parts_of(path.read_bytes())] == [b"6"]
    assert [text for text, _ in parts_of((tmp_path / "log.1").read_bytes())] == [b"4", b"5"]
    assert len(list(tmp_path.iterdir())) == 2


def test_one_that_cannot_be_put_aside_is_written_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "LOG_MAX", 1)
    (tmp_path / "log.1").mkdir()
    log, stream = Log(str(tmp_path / "log")), Stream(b"stdout")
    for number in range(3):
        log.add(stream.lines(b"%d\n" % number))
    assert len(parts_of((tmp_path / "log").read_bytes())) == 3


def test_no_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")
    log = Log(str(tmp_path / "log"))
    log.add(Stream(b"stdout").lines(b"x\n"))
    assert log.due is not None
    assert not (tmp_path / "elsewhere").exists()
