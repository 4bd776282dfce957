"""Brings a log into its view: its tail at once, what comes in while it is seen, what was before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from aiocontainerd.logs import Batch, Entry, LogReader, LogSource
from aiocontainerd.logs.entries import NOTE
from ctdeck.formatting import counted
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

    async def reopen(self) -> None:
        """Show the end of the log as it is now. Raises NoLog."""
        assert self.source is not None
        async with self._turn:
            self._close()
            self._reader = LogReader(self.source, self.root)
            batch = await off_loop(self._reader.tail, "log")
            self._open = batch.open
            self._view.show([*batch.entries, *batch.open])
        self._told()

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    async def _look(self) -> bool:
        """Take what came in; whether anything did."""
        view = self._view
        if view.lines.cut or (view.lines.is_full and not view.following):
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

    def _before(self) -> Sequence[Entry]:
        return self._reader.before(self.stream) if self._reader else ()

    async def before(self) -> bool:
        """Read what stands before the first line; whether there was anything."""
        async with self._turn:
            if not self.unread:
                return False
            self._view.put_before(await off_loop(self._before, "log"))
        self._told()
        return True
