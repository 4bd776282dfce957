"""Keeps the log of one container: a program of its own, which `logger.py` has the shim's shell run.

It reads fd 3 (stdout) and fd 4 (stderr) to their ends and appends to one file what comes, in the
order and with the times in which it came, as the CRI does it (containerd `pkg/cri/io/logger.go`):
`2026-11-23T12:00:00.123456789Z stdout F text`. All parts of a long line but its last one have a P;
so has what waits for its line end, since it may be a question.

A container that is not read stands still, so nothing that happens to the file ends this: what
cannot be written is dropped, tried again after 5 s, and a line tells how much was lost. A file that
was renamed or removed (logrotate, a hand) is made anew; one that has grown large gets a `.1`.

Each container has one, so it imports little: 3 MB of memory, 23 ms to start.
"""

import os
import select
import sys
import time

STREAMS = {3: b"stdout", 4: b"stderr"}
PIECE = 16 << 10  # bytes that are read at once; of more the memory grows and not the speed
PART = 16 << 10  # bytes of a line from which on it is written in parts, as the CRI does
HOLD = 0.1  # s that the beginning of a line waits for its end
LOG_MAX = 64 << 20  # bytes of a file from which on a new one is begun; one old one is kept
PAUSE = 5.0  # s in which nothing is written after it could not be
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def head(stream: bytes, tag: bytes = b"F") -> bytes:
    """What stands before a line that is read now; always of the same length."""
    seconds, nanoseconds = divmod(time.time_ns(), 10**9)
    day = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)).encode()
    return b"%s.%09dZ %s %s " % (day, nanoseconds, stream, tag)


_HEAD = len(head(b"stdout"))


class Stream:
    """What the container writes into one pipe; keeps the beginning of a line, PART at most."""

    def __init__(self, name: bytes) -> None:
        self._name = name
        self._rest = b""
        self._since = 0.0
        self._is_open = False  # a part of the line has been written

    @property
    def due(self) -> float | None:
        """When the rest is not to wait any longer (of the monotonic clock)."""
        return self._since + HOLD if self._rest else None

    def lines(self, data: bytes) -> bytes:
        """What is complete with this, to be written."""
        whole, end, rest = (self._rest + data).rpartition(b"\n")
        made = self._ended(whole) if end else b""
        if end or not self._rest:
            self._since = time.monotonic()
        self._rest = rest
        while len(self._rest) > PART:
            made += self._part(PART)
        return made

    def rest(self) -> bytes:
        """The part of a line that has waited."""
        return self._part(len(self._rest))

    def end(self) -> bytes:
        """The last line, if it had no end."""
        last = self._ended(self._rest) if self._rest or self._is_open else b""
        self._rest = b""
        return last

    def _ended(self, text: bytes) -> bytes:
        """Of lines whose ends have come; the first may be the last part of one."""
        self._is_open = False
        full = head(self._name)
        if not _has_long(text):
            return full + text.replace(b"\n", b"\n" + full) + b"\n"
        part = head(self._name, b"P")
        made = []
        for line in text.split(b"\n"):
            ends = range(PART, len(line), PART)
            made += [b"%s%s\n" % (part, line[end - PART : end]) for end in ends]
            made.append(b"%s%s\n" % (full, line[len(ends) * PART :]))
        return b"".join(made)

    def _part(self, length: int) -> bytes:
        text, self._rest = self._rest[:length], self._rest[length:]
        self._is_open = True
        return b"%s%s\n" % (head(self._name, b"P"), text)


def _has_long(text: bytes) -> bool:
    """Whether one of the lines is longer than a part."""
    at = 0
    while len(text) - at > PART:
        at = text.rfind(b"\n", at, at + PART + 1) + 1
        if not at:
            return True
    return False


class Log:
    """The file; `due` is when it is tried again to write to it, None while it goes well."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = -1
        self._is = (0, 0)  # device and inode
        self._lost = 0
        self._why = ""
        self.due: float | None = None

    def add(self, lines: bytes) -> None:
        """Write them, or drop them."""
        left = self._write(lines) if self.due is None else lines
        self._lost += len(left) - _HEAD * left.count(b"\n")

    def tell(self) -> None:
        """Say what was dropped: if that can be written, so can what comes."""
        words = f"ctdeck: about {self._lost} bytes of output are missing here: {self._why}\n"
        self.due = None
        if not self._write(head(b"stderr") + words.encode()):
            self._lost = 0

    def _write(self, lines: bytes) -> bytes:
        """Those that could not be written."""
        done = 0
        try:
            if self._file >= 0 and not self._has_name():
                self._close()
            if self._file < 0:
                self._open()
            while done < len(lines):
                done += os.write(self._file, lines[done:] if done else lines)
        except OSError as error:
            self._fail(error)
        return lines[lines.rfind(b"\n", 0, done) + 1 :]

    def _open(self) -> None:
        """Anew after each fault: the file may end in half a line then, or since a former life."""
        self._file = os.open(self._path, _FLAGS, 0o600)
        info = os.fstat(self._file)
        self._is, size = (info.st_dev, info.st_ino), info.st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")

    def _has_name(self) -> bool:
        """Whether the file is still that of the path; where it cannot be told it is."""
        try:
            there = os.stat(self._path, follow_symlinks=False)  # noqa: PTH116
            if (there.st_dev, there.st_ino) != self._is:
                return False
            if there.st_size <= LOG_MAX:
                return True
            os.rename(self._path, f"{self._path}.1")  # noqa: PTH104 - no pathlib: memory
        except OSError as error:
            return not isinstance(error, FileNotFoundError)
        return False

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    def _fail(self, error: OSError) -> None:
        self._close()
        self._why = error.strerror or "it cannot be written"
        self.due = time.monotonic() + PAUSE


def keep(log: Log, streams: dict[int, Stream]) -> None:
    """Read these descriptors until each has ended."""
    poll = select.poll()
    for fd in streams:
        poll.register(fd, select.POLLIN)
    while streams:
        for fd, _ in poll.poll(_patience(log, streams)):
            if data := os.read(fd, PIECE):
                log.add(streams[fd].lines(data))
            else:
                poll.unregister(fd)
                log.add(streams.pop(fd).end())
        now = time.monotonic()
        for stream in streams.values():
            if stream.due is not None and stream.due <= now:
                log.add(stream.rest())
        if log.due is not None and log.due <= now:
            log.tell()
    if log.due is not None:
        log.tell()


def _patience(log: Log, streams: dict[int, Stream]) -> int | None:
    """Milliseconds until something is due; None for as long as it takes."""
    dues = [due for due in (log.due, *(each.due for each in streams.values())) if due is not None]
    return max(0, int((min(dues) - time.monotonic()) * 1000) + 1) if dues else None


if __name__ == "__main__":
    keep(Log(sys.argv[1]), {fd: Stream(name) for fd, name in STREAMS.items()})
