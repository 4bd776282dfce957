"""The files of one log, read together; blocks."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import NamedTuple

from aiocontainerd.logs.entries import Entry
from aiocontainerd.logs.logfile import News
from aiocontainerd.logs.source import LogSource, NoLog, refusal
from aiocontainerd.logs.stepping import SteppingLog


class Batch(NamedTuple):
    """What is to be shown behind what is shown already.

    `open` are lines that are not complete: they are shown, and the next batch stands in their
    place. `skipped` lines came too fast, or before, to be read.
    """

    entries: list[Entry]
    open: list[Entry]
    skipped: int = 0


class LogReader:
    """Reads a log: `tail` or `head` first, then the others as often as wanted, one at a time.

    `before` and `after` add to what was read, at its two ends; `back` and `forward` leave it behind
    (for them it is what is before, or comes after, then), to look through a log of any length.
    Two files without times cannot be put in order: the one that was written to last comes last.
    Of several files those that are not there are left out. `root` leads to the daemon's files.
    `close` may be called from any thread: what is being read is read to its end.
    """

    def __init__(self, source: LogSource, root: str = "") -> None:
        self.source = source
        self._root = root
        self._files: list[SteppingLog] = []
        self.passed = 0  # bytes, by `head`, `after` and `forward`
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

    @property
    def amount(self) -> int:
        """Bytes of all of its files that can be read."""
        return sum(file.amount for file in self._files)

    def tail(self, piece: int = 0) -> Batch:
        """Open the files; the last lines, `piece` bytes of each (0: many), and what has no end
        yet. Raises NoLog."""
        with self._working():
            self._open()
            entries = [entry for file in self._files for entry in file.tail(piece)]
            batch = self._with([file.news() for file in self._files])
            return batch._replace(entries=entries + batch.entries)

    def before(self, stream: str = "") -> Sequence[Entry]:
        """Some of what comes before all that was read, for `stream` or for both; first of the file
        that comes first. Raises NoLog.
        """
        with self._working():
            file = next((file for file in self._of(stream) if file.unread), None)
            return file.before() if file else []

    def back(self, stream: str = "") -> Sequence[Entry]:
        """As `before`, and go there. Raises NoLog."""
        with self._working():
            file = next((file for file in self._of(stream) if file.unread), None)
            return file.back() if file else []

    def news(self) -> Batch:
        """What came in since. Raises NoLog."""
        with self._working():
            return self._with([file.news() for file in self._files])

    def head(self) -> Batch:
        """Open the files; the first lines of all that can be read. Raises NoLog."""
        with self._working():
            self._open()
            for file in self._files:
                file.to_first()
            return self._on(lambda file: file.news(skips=False))

    def after(self) -> Batch:
        """What comes next, nothing is skipped; without entries this is the end. Raises NoLog."""
        with self._working():
            return self._on(lambda file: file.news(skips=False))

    def forward(self) -> Batch:
        """As `after`, and go there. Raises NoLog."""
        with self._working():
            return self._on(SteppingLog.forward)

    def turn(self, step: int) -> None:
        """Before all that was read is gone through again: upwards from its end (-1), downwards
        from its beginning (1). Raises NoLog.
        """
        with self._working():
            for file in self._files:
                file.to_end() if step < 0 else file.to_begin()

    def twin(self) -> "LogReader":
        """Another one that stands where this one does, and moves by itself."""
        other = LogReader(self.source, self._root)
        with self._working():
            other._files = [file.twin() for file in self._files]
        return other

    def _of(self, stream: str) -> list[SteppingLog]:
        return [file for file in self._files if not stream or file.file.stream in ("", stream)]

    def _open(self) -> None:
        reasons: list[NoLog] = []
        for file in self.source.files:
            try:
                self._files.append(SteppingLog(file, self._root))
            except NoLog as reason:
                reasons.append(reason)
        if not self._files:
            raise reasons[0]
        self._files.sort(key=lambda file: file.changed)

    def _on(self, step: Callable[[SteppingLog], News]) -> Batch:
        """Step by step until there is an entry, or nothing comes any more."""
        while True:
            places = [file.place for file in self._files]
            batch = self._with([step(file) for file in self._files])
            now = [file.place for file in self._files]
            for (old, start), (new, end) in zip(places, now, strict=True):
                self.passed += end - (start if new == old else 0)
            if batch.entries or self._is_closed or places == now:
                return batch

    @staticmethod
    def _with(news: Sequence[News]) -> Batch:
        entries = [entry for each in news for entry in each.entries]
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
