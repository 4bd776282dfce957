"""Brings a log into its view: its tail at once, what comes in while it is seen, what was before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from aiocontainerd.logs import Batch, Entry, LogReader, LogSource
from aiocontainerd.logs.entries import NOTE
from ctdeck.formatting import counted, size
from ctdeck.offloop import off_loop
from ctdeck.widgets.textview import TextView

# s between two looks at the file: while lines come, and at most, when none has come for long.
QUICK, SLOW, SLOWER = 0.1, 1.0, 1.4


class LogFeed:
    """Reads one log into `view`; `told` is called when something else is to be said of it.

    It rests while nobody looks, and while one reads further up and no more lines have room.
    """

    def __init__(self, view: TextView[Entry], told: Callable[[], None]) -> None:
        self.source: LogSource | None = None
        self.root = ""
        self.stream = ""  # the only one that is looked at
        self.skipped = 0  # lines that came too fast
        self.looking = ""  # how far, while one looks for something that is not in the view
        self._view = view
        self._told = told
        self._reader: LogReader | None = None
        self._turn = asyncio.Lock()  # a reader does one thing at a time
        self._seen = asyncio.Event()
        self._seen.set()
        self._open: list[Entry] = []  # what is shown of lines that are not complete

    def seen(self, is_seen: bool) -> None:
        """Whether the view is on the screen."""
        if is_seen:
            self._seen.set()
        else:
            self._seen.clear()

    @property
    def unread(self) -> int:
        """Bytes before the first line."""
        return self._reader.unread(self.stream) if self._reader else 0

    async def run(self, source: LogSource, root: str) -> None:
        """Show its end, and follow it for ever. Raises NoLog."""
        self.source, self.root = source, root
        try:
            await self.reopen()
            wait = QUICK
            while True:
                await asyncio.sleep(wait)
                await self._seen.wait()
                wait = QUICK if await self._look() else min(SLOW, wait * SLOWER)
        finally:
            self._close()

    async def reopen(self, *, at_head: bool = False) -> None:
        """Show the end of the log as it is now, or its beginning. Raises NoLog."""
        assert self.source is not None
        async with self._turn:
            self._close()
            self._reader = reader = LogReader(self.source, self.root)
            batch = await off_loop(reader.head if at_head else reader.tail, "log")
            self._open = [] if at_head else batch.open
            self._view.goes_on = at_head
            self._view.show([*batch.entries, *self._open], from_first=at_head)
        self._told()

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    async def _look(self) -> bool:
        """Take what came in; whether anything did."""
        view = self._view
        if view.goes_on or view.lines.cut or (view.lines.is_full and not view.following):
            return False
        async with self._turn:
            if self._reader is None:
                return False
            batch = await off_loop(partial(self._news, self._reader), "log")
            if not batch.entries and not batch.skipped and batch.open == self._open:
                return False
            self._take(batch)
        self._told()
        return True

    def _news(self, reader: LogReader) -> Batch:
        """What came in, with the time at which it came where the log keeps none. Blocks."""
        batch = reader.news()
        if reader.source.has_times:
            return batch
        now = datetime.now(UTC).isoformat(timespec="seconds")
        timed = [Entry(*entry[:2], entry.time or now, entry.more) for entry in batch.entries]
        return batch._replace(entries=timed)

    def _take(self, batch: Batch) -> None:
        entries = batch.entries
        if batch.skipped:
            self.skipped += batch.skipped
            words = f"{counted(batch.skipped, 'line')} came too fast to be shown"
            entries = [Entry(words, NOTE), *entries]
        self._view.add([*entries, *batch.open], instead=len(self._open))
        self._open = batch.open

    async def before(self) -> bool:
        """Read what stands before the first line; whether there was anything."""
        async with self._turn:
            reader, lines = self._reader, self._view.lines
            if reader is None or not (lines.dropped or self.unread):
                return False
            if lines.dropped:
                entries = await self._beyond(reader, -1)
                lines.dropped = 0
            else:
                entries = await off_loop(partial(reader.before, self.stream), "log")
            self._view.put_before(entries)
        self._told()
        return True

    async def after(self) -> bool:
        """Read what comes behind the last line; whether there was anything, or this is the end."""
        async with self._turn:
            reader, lines = self._reader, self._view.lines
            if reader is None:
                return False
            if lines.cut:
                entries = await self._beyond(reader, 1)
                lines.cut, self._view.goes_on = 0, True
            else:
                batch = await off_loop(reader.after, "log")
                entries = batch.entries
                if not entries:
                    self._view.goes_on, self._open = False, batch.open
                    self._view.add(batch.open)
            self._view.add(entries)
        self._told()
        return bool(entries)

    async def _beyond(self, reader: LogReader, step: int) -> Sequence[Entry]:
        """What stood next to the lines of the view, and had no room: they are read again for it."""
        count = len(self._view.lines) - len(self._open)

        def look() -> tuple[LogReader, Sequence[Entry]]:
            other, known = reader.twin(), count
            other.turn(step)
            while True:
                entries = other.before() if step < 0 else other.after().entries
                if not entries or len(entries) > known:
                    new = max(0, len(entries) - known)
                    return other, entries[:new] if step < 0 else entries[known:]
                known -= len(entries)

        self._reader, entries = await off_loop(look, "log")
        reader.close()
        return entries

    def all(self) -> Iterator[Entry]:
        """What is in its files now, from the first line on, and little of what comes meanwhile.

        Blocks. Raises NoLog.
        """
        assert self.source is not None
        reader = LogReader(self.source, self.root)
        try:
            batch = reader.head()
            amount = reader.amount
            while batch.entries and reader.passed < amount:
                yield from batch.entries
                batch = reader.after()
            yield from (*batch.entries, *batch.open)
        finally:
            reader.close()

    async def find(self, step: int, is_it: Callable[[Entry], bool]) -> int | None:
        """Look through what is not in the view, above (-1) or below (1), piece by piece.

        What stands round the nearest one takes the place of what is in the view then; returns its
        number. Raises NoLog.
        """
        async with self._turn:
            if self._reader is None:
                return None
            scout, lines = await off_loop(self._reader.twin, "log"), self._view.lines
            had_no_room = lines.dropped if step < 0 else lines.cut
            known = len(lines) - len(self._open) if had_no_room else 0
        try:
            piece, place = await self._sought(scout, step, is_it, known)
            if place is None:
                return None
            async with self._turn:
                ours, self._reader = self._reader, scout
                scout, self._open = ours, []
                self._view.goes_on = True
                self._view.show(piece, from_first=True)
            return self._view.lines.first + place
        finally:
            self.looking = ""
            if scout is not None:
                scout.close()
            self._told()

    async def _sought(
        self, scout: LogReader, step: int, is_it: Callable[[Entry], bool], known: int
    ) -> tuple[Sequence[Entry], int | None]:
        """The first piece that has one, and its place in that; not among the `known` next lines,
        which are in the view."""
        if known:
            await off_loop(partial(scout.turn, step), "log")
        stream, total = self.stream, scout.unread(self.stream)

        def look() -> tuple[Sequence[Entry], int | None]:
            nonlocal known
            piece = scout.back(stream) if step < 0 else scout.forward().entries
            skip = min(known, len(piece))
            known -= skip
            places = range(len(piece))[::step][skip:]
            return piece, next((at for at in places if is_it(piece[at])), None)

        while True:
            done = abs(total - scout.unread(stream))
            self.looking = f"looking further back: {size(done)} of {size(total)}"
            if step > 0:
                self.looking = f"looking further on: {size(done)}"
            self._told()
            piece, place = await off_loop(look, "log")
            if place is not None or not piece:
                return piece, place
