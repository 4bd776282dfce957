"""One file of a log: its last lines, those before them, and those that come; blocks.

It is followed by its descriptor: renamed (kubelet, dockerd) it is read to its end before the file
that came after it is begun; emptied (copy and truncate) it is read from its beginning. What is
before it is in the files that were rotated before it was opened (`rotated.py`).
"""

import os
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from aiocontainerd.logs.entries import NOTE, Entry
from aiocontainerd.logs.formats import Line, ends_a_line, format_of
from aiocontainerd.logs.rotated import Rotated, following, rotated
from aiocontainerd.logs.source import LogFile, NoLog, open_log, refusal

PIECE = 512 << 10  # bytes that are read at once, from the end or before
LONGEST = 4 << 20  # bytes that are looked back for the beginning of a line
LINE_MAX = 256 << 10  # bytes of a line that are kept
AT_ONCE = 1 << 20  # bytes of news that are read at once
LINES_AT_ONCE = 1 << 14  # of news, of the end, of what is before: more would hold who shows them
BEHIND = 4 << 20  # bytes that may wait to be read; of more only the end is
COUNTED = 256 << 20  # bytes of what is left out in which lines are counted
MARK = 256  # bytes before what is read next, by which another content is noticed


class News(NamedTuple):
    """What came in: complete entries, those that are not complete yet, lines that were left out."""

    entries: list[Entry]
    open: list[Entry]
    skipped: int = 0


class Past(NamedTuple):
    """A rotated file, up to where it has not been read, and when it was written to last (ns).

    A younger one of its inode is another: inodes are used again.
    """

    inode: int
    end: int
    changed: int


class OpenLog:
    """A file that is being read. Raises NoLog when it cannot be opened."""

    def __init__(self, file: LogFile, root: str = "") -> None:
        self.file = file
        self._begin = 0  # of it: from here on it has been read
        self._past: list[Past] = []  # the newest first
        self._root = "" if file.here else root
        self._format = format_of(file.kind, file.stream)
        self._descriptor = self._opened()
        self._at = 0  # up to here it has been read
        self._mark = b""  # what stood before that
        self._rest = b""  # of a line whose end has not come
        self._lost = 0  # bytes of that line that are not kept

    def _opened(self, one: Rotated | None = None) -> int:
        path = one.path if one else self.file.path
        try:
            descriptor = open_log(replace(self.file, path=path), self._root)
        except OSError as error:
            raise refusal(error, path) from error
        if one and os.fstat(descriptor).st_ino != one.inode:  # renamed since one looked
            os.close(descriptor)
            raise NoLog("this log was rotated meanwhile")
        return descriptor

    def close(self) -> None:
        """Let it go."""
        with suppress(OSError):
            os.close(self._descriptor)

    @property
    def size(self) -> int:
        """Bytes that are in it now."""
        return os.fstat(self._descriptor).st_size

    @property
    def amount(self) -> int:
        """Bytes that are in all of its files now: in those that were rotated, too."""
        here = 0
        with suppress(OSError):  # its name is free for a moment
            here = os.stat(self._root + self.file.path, follow_symlinks=False).st_size  # noqa: PTH116
        return here + sum(each.size for each in rotated(self.file.path, self._root))

    @property
    def changed(self) -> float:
        """When it was written to last."""
        return os.fstat(self._descriptor).st_mtime

    @property
    def unread(self) -> int:
        """Bytes before what was read, with those of the rotated files."""
        return self._begin + sum(past.end for past in self._past)

    def tail(self, piece: int = 0) -> list[Entry]:
        """The last lines, at once: of `piece` bytes (0: many), of more if that is less than a line.

        What has not its end yet comes with `news`.
        """
        files = rotated(self.file.path, self._root)
        self._past = [Past(each.inode, each.size, each.changed) for each in files]
        self._at = self.size
        self._mark = self._before_at()
        found = self._back(self._at, piece or PIECE, self._descriptor)
        lines, self._begin, self._rest, self._lost = found
        return self._format.read(lines)

    def before(self) -> list[Entry]:
        """Lines before those that were read so far; none if there are none."""
        if self._begin:
            lines, self._begin, rest, lost = self._back(self._begin, PIECE, self._descriptor)
        elif self._past:
            lines, rest, lost = self._back_in_past()
        else:
            return []
        if rest:
            lines.append(Line(rest, lost))
        older = format_of(self.file.kind, self.file.stream)
        return older.read(lines) + older.rest()

    def _back_in_past(self) -> tuple[list[Line], bytes, int]:
        """As `_back`, in the newest of the rotated files that is still there."""
        while self._past:
            past = self._past.pop(0)
            descriptor = self._found_again(past)
            if descriptor is None:
                continue
            try:
                lines, begin, rest, lost = self._back(past.end, PIECE, descriptor)
            finally:
                os.close(descriptor)
            if begin:
                self._past.insert(0, past._replace(end=begin))
            return lines, rest, lost
        return [], b"", 0

    def _found_again(self, past: Past) -> int | None:
        """A descriptor of the file; None if it is not there any more."""
        for each in rotated(self.file.path, self._root):
            if each.inode == past.inode and each.changed <= past.changed:
                with suppress(NoLog):
                    return self._opened(each)
        return None

    def _back(self, end: int, length: int, descriptor: int) -> tuple[list[Line], int, bytes, int]:
        """Lines up to `end`, where the first one begins, and what stands behind the last one."""
        while True:
            start = max(0, end - length)
            data = _read(descriptor, start, end - start)
            data = b"\n".join(data.rsplit(b"\n", LINES_AT_ONCE)[-LINES_AT_ONCE:])
            start = end - len(data)
            first = self._first_line(data) if start else 0
            if first is not None or length >= LONGEST or not start:
                break
            length *= 2
        cut = b"" if first is not None else b"\xe2\x80\xa6"  # a line longer than one looks back
        data, begin = data[first or 0 :], start + (first or 0)
        *raws, rest = (cut + data).split(b"\n")
        return [_cut(raw) for raw in raws], begin, *_cut(rest)

    def _first_line(self, data: bytes) -> int | None:
        """Where the first whole entry begins, if one does; what is before may be half of a line."""
        at = data.find(b"\n") + 1
        while at:
            following = data.find(b"\n", at) + 1
            if not following:
                return at if self.file.kind == "plain" and at < len(data) else None
            if self.file.kind == "plain":
                return at
            if following < len(data) and ends_a_line(self.file.kind, data[at : following - 1]):
                return following
            at = following
        return None

    def news(self, *, skips: bool = True) -> News:
        """What came in since; rotation and emptying are noticed here. Of very much only the end is
        read if it `skips`. Raises NoLog."""
        entries: list[Entry] = []
        skipped = 0
        if self._is_another_content():
            entries += [*self._finish(), Entry("the log was emptied here", NOTE)]
            self._at, self._begin, self._mark = 0, 0, b""
        elif self._is_replaced() and self.size == self._at:
            entries += self._renew()
        size = self.size
        if skips and size - self._at > BEHIND:
            skipped = self._skip(size)
        if size > self._at:
            entries += self._take(_read(self._descriptor, self._at, min(size - self._at, AT_ONCE)))
        return News(entries, self._incomplete(), skipped)

    def _is_another_content(self) -> bool:
        """It was emptied, and may have grown again since: beyond what was read, too."""
        return self.size < self._at or self._before_at() != self._mark

    def _before_at(self) -> bytes:
        start = max(0, self._at - MARK)
        return _read(self._descriptor, start, self._at - start)

    def _take(self, data: bytes) -> list[Entry]:
        pieces = data.split(b"\n", LINES_AT_ONCE)
        if len(pieces) > LINES_AT_ONCE:  # the last one is read the next time
            data = data[: len(data) - len(pieces[-1])]
            pieces[-1] = b""
        self._at += len(data)
        self._mark = (self._mark + data[-MARK:])[-MARK:]
        head, *others = pieces
        if not others:
            self._keep(head)
            return []
        self._keep(head)
        first = Line(self._rest, self._lost)
        *whole, rest = others
        self._rest, self._lost = _cut(rest)
        return self._format.read([first, *map(_cut, whole)])

    def _keep(self, more: bytes) -> None:
        kept = (self._rest + more)[:LINE_MAX] if len(self._rest) < LINE_MAX else self._rest
        self._lost += len(self._rest) + len(more) - len(kept)
        self._rest = kept

    def _incomplete(self) -> list[Entry]:
        """What is there of lines that have no end yet: a question that waits, the last words."""
        if self._rest and self.file.kind == "plain":
            return [*self._format.rest(), *self._format.read([Line(self._rest, self._lost)])]
        return self._format.rest()

    def _finish(self) -> list[Entry]:
        """The end of the lines that have none will not come."""
        left = self._incomplete()
        self._rest, self._lost = b"", 0
        self._format = format_of(self.file.kind, self.file.stream)
        return left

    def _skip(self, size: int) -> int:
        """Go on at the end; the lines that are left out are counted."""
        start = size - PIECE
        lines = self._finish()
        count, at, until = len(lines), self._at, min(start, self._at + COUNTED)
        while at < until:
            data = _read(self._descriptor, at, min(PIECE, until - at))
            if not data:
                break
            count, at = count + data.count(b"\n"), at + len(data)
        data = _read(self._descriptor, start, PIECE)
        self._at = start + data.find(b"\n") + 1
        self._mark = self._before_at()
        return count + (self._at > start)

    def _is_replaced(self) -> bool:
        """Another file has its name now. While there is none of that name one waits."""
        ours = os.fstat(self._descriptor)
        try:
            there = os.stat(self._root + self.file.path, follow_symlinks=False)  # noqa: PTH116
        except OSError:
            return False
        return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)

    def _renew(self) -> list[Entry]:
        """Begin with the file that came after this one, which was read to its end."""
        ours = os.fstat(self._descriptor)
        one, may_miss = following(self.file.path, self._root, ours)
        try:
            descriptor = self._opened(one)
        except NoLog:
            return []
        left = self._finish()
        if may_miss:
            left.append(Entry("lines may be missing here: files were packed or removed", NOTE))
        if self._begin:  # not all of it was read
            self._past.insert(0, Past(ours.st_ino, self._begin, ours.st_mtime_ns))
        self.close()
        self._descriptor, self._at, self._begin, self._mark = descriptor, 0, 0, b""
        return left


def _read(descriptor: int, start: int, length: int) -> bytes:
    parts = []
    while length > 0 and (data := os.pread(descriptor, length, start)):
        parts.append(data)
        start, length = start + len(data), length - len(data)
    return b"".join(parts)


def _cut(raw: bytes) -> Line:
    return Line(raw[:LINE_MAX], max(0, len(raw) - LINE_MAX))
