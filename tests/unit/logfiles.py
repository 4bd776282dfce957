"""A log file of a test's, read in pieces that are small enough to have many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aiocontainerd.logs import LogFile
from aiocontainerd.logs import logfile as module
from aiocontainerd.logs.logfile import OpenLog


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.log"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pieces, so that small files have many."""
    for name, value in (("PIECE", 64), ("LONGEST", 256), ("LINE_MAX", 100), ("BEHIND", 512)):
        monkeypatch.setattr(module, name, value)


def texts(entries: object) -> list[str]:
    return [each.text for each in entries]  # type: ignore[attr-defined]


def everything(log: OpenLog) -> list[str]:
    """All of the file, from its end to its beginning."""
    made = texts(log.tail())
    while older := log.before():
        made[:0] = texts(older)
    return made


def lines(count: int, first: int = 0) -> str:
    return "".join(f"line {number}\n" for number in range(first, first + count))


@pytest.fixture
def log(path: Path) -> Iterator[OpenLog]:
    path.touch()
    opened = OpenLog(LogFile(str(path)))
    yield opened
    opened.close()


def all_news(log: OpenLog) -> list[str]:
    """What comes in as long as something does."""
    made: list[str] = []
    while news := log.news().entries:
        made += texts(news)
    return made
