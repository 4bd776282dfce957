"""The files of one log, read together; blocks."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import NamedTuple

from aiocontainerd.logs.entries import Entry
from aiocontainerd.logs.logfile import News, OpenLog
from aiocontainerd.logs.source import LogSource, NoLog, refusal


class Batch(NamedTuple):
    """What is to be shown behind what is shown already.

    `open` are lines that are not complete: they are shown, and the next batch stands in their
    place. `skipped` lines came too fast, or before, to be read.
    """

    entries: list[Entry]
    open: list[Entry]
    skipped: int = 0


class LogReader:
    """Reads a log: `tail` first, then `before` and `news` as often as wanted, one at a time.

    Two files without times cannot be put in order: the one that was written to last comes last.
    Of several files those that are not there are left out. `root` leads to the daemon's files.
    `close` may be called from any thread: what is being read is read to its end.
    """

    def __init__(self, source: LogSource, root: str = "") -> None:
        self.source = source
        self._root = root
        self._files: list[OpenLog] = []
        self._is_closed = False
        self._lock = Lock()

    def close(self) -> None:
        """Let the files go."""
        self._is_closed = True
        if self._lock.acquire(blocking=False):
            try:
                self._let_go()
            finally:
                self._lock.release()

    def unread(self, stream: str = "") -> int:
        """Bytes before what was read; only of the files that may hold this stream."""
        return sum(file.unread for file in self._of(stream))

    def tail(self, piece: int = 0) -> Batch:
        """Open the files; the last lines, `piece` bytes of each (0: many), and what has no end
        yet. Raises NoLog."""
        with self._working():
            self._open()
            entries = [entry for file in self._files for entry in file.tail(piece)]
            return self._with(entries)

    def before(self, stream: str = "") -> Sequence[Entry]:
        """Some of what comes before all that was read, for `stream` or for both; first of the file
        that comes first. Raises NoLog.
        """
        with self._working():
            file = next((file for file in self._of(stream) if file.unread), None)
            return file.before() if file else []

    def news(self) -> Batch:
        """What came in since. Raises NoLog."""
        with self._working():
            return self._with([])

    def _of(self, stream: str) -> list[OpenLog]:
        return [file for file in self._files if not stream or file.file.stream in ("", stream)]

    def _open(self) -> None:
        reasons: list[NoLog] = []
        for file in self.source.files:
            try:
                self._files.append(OpenLog(file, self._root))
            except NoLog as reason:
                reasons.append(reason)
        if not self._files:
            raise reasons[0]
        self._files.sort(key=lambda file: file.changed)

    def _with(self, entries: list[Entry]) -> Batch:
        news: list[News] = [file.news() for file in self._files]
        entries += [entry for each in news for entry in each.entries]
        left = [entry for each in news for entry in each.open]
        return Batch(entries, left, sum(each.skipped for each in news))

    @contextmanager
    def _working(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except OSError as error:  # the disk, or the server behind it
                raise refusal(error, self.source.files[0].path) from error
            finally:
                if self._is_closed:
                    self._let_go()

    def _let_go(self) -> None:
        while self._files:
            self._files.pop().close()
