"""One file of a log, and those rotated before it, gone through in either direction; blocks."""

import os
from contextlib import suppress
from copy import copy, deepcopy

from aiocontainerd.logs.entries import Entry
from aiocontainerd.logs.formats import format_of
from aiocontainerd.logs.logfile import News, OpenLog, Past
from aiocontainerd.logs.rotated import rotated
from aiocontainerd.logs.source import NoLog


class SteppingLog(OpenLog):
    """What was read is a stretch: `before` and `news` add to it, `back` and `forward` leave it."""

    def twin(self) -> "SteppingLog":
        """Another one that stands where this one does, and moves by itself."""
        other = copy(self)
        other._descriptor = os.dup(self._descriptor)
        other._past, other._format = list(self._past), deepcopy(self._format)
        return other

    @property
    def place(self) -> tuple[int, int]:
        """Another one after each step forwards."""
        return self._descriptor, self._at

    def to_first(self) -> None:
        """To the beginning of the oldest of its files that can be read: `news` goes on there."""
        for each in reversed(rotated(self.file.path, self._root)):
            with suppress(NoLog):
                self._stand(self._opened(each), 0)
                return

    def to_begin(self) -> None:
        """To where the stretch begins: all of it is to come again."""
        descriptor, end = self._descriptor, self._begin
        while not end and self._past:
            past = self._past.pop(0)
            there = self._found_again(past)
            if there is not None:
                descriptor, end = there, past.end
        self._stand(descriptor, end)

    def to_end(self) -> None:
        """To where the stretch ends: all of it is before that."""
        self._begin = max(0, self._at - len(self._rest) - self._lost)
        ours, files = os.fstat(self._descriptor), rotated(self.file.path, self._root)
        here = next((at for at, each in enumerate(files) if each.inode == ours.st_ino), -1)
        self._past = [Past(each.inode, each.size, each.changed) for each in files[here + 1 :]]

    def back(self) -> list[Entry]:
        """As `before`: the stretch is what this gives."""
        self.to_begin()
        return self.before()

    def forward(self) -> News:
        """As `news` without skipping: the stretch is what this gives."""
        self._begin = max(0, self._at - len(self._rest) - self._lost)
        return self.news(skips=False)

    def _stand(self, descriptor: int, at: int) -> None:
        if descriptor != self._descriptor:
            self.close()
        self._descriptor, self._at, self._begin = descriptor, at, at
        self._rest, self._lost = b"", 0
        self._format = format_of(self.file.kind, self.file.stream)
        self._mark = self._before_at()
