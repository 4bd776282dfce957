"""The audit: a line of JSON in our own file for each changing call, before it leaves and after.

containerd keeps none. The line before has the result `begun`: if we die before the answer it is
the only one. Lines are written whole, under a lock that several ctdecks share. A full file is put
aside, and the oldest of those goes. What cannot be written is told once, and tried again with the
next line; no action waits longer than `PATIENCE` for it.

A thread writes the first line, and all after one that was slow or failed: the event loop must not
hang with a disk. Otherwise the loop itself writes: that takes 10 µs (0.1 ms at worst while the
disk is quiet, 3 ms in 999 cases of 1,000 under a storm of fsync), and a thread needs ten times as
long to wake up.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from functools import lru_cache
from itertools import count
from queue import SimpleQueue
from typing import TYPE_CHECKING

from aiocontainerd.auditwords import BEGUN, NOT_SENT, OK, REFUSED, result_of, short
from aiocontainerd.quickdata import dataclass
from aiocontainerd.safe import safe

if TYPE_CHECKING:
    from aiocontainerd.state import StateDirectory

    Line = dict[str, str | int]
    Item = tuple[list[Line], Callable[[str, bool], None]]  # what, and whom to tell how it went

PATIENCE = 1.0  # seconds that a call waits for its line
_QUICK = 0.01  # seconds; after a line that took longer the thread writes the next one
LIMIT = 8 << 20  # bytes of one file
KEPT = 5  # files beside the newest
_WAITING = 10_000  # lines kept in memory while none can be written

_verb: ContextVar[str] = ContextVar("verb", default="")


@contextmanager
def acting(verb: str) -> Iterator[None]:
    """Inside it, calls are recorded as part of this verb, in the user's words."""
    token = _verb.set(verb)
    try:
        yield
    finally:
        _verb.reset(token)


def at_hand() -> str:
    """The verb that calls are part of here; "" for none."""
    return _verb.get()


@dataclass(frozen=True, slots=True)
class Entry:
    """One call: what both its lines say."""

    call: str
    verb: str
    namespace: str
    action: str
    object: str


class Audit:
    """The audit of one daemon's changes; the file is made with the first one.

    `listen` says who is told, in one sentence, when lines cannot be written.
    """

    def __init__(
        self, state: StateDirectory, address: str = "", *, limit: int = LIMIT, kept: int = KEPT
    ) -> None:
        self.problem = ""
        self._state = state
        self._address = safe(address)
        self._limit, self._kept = limit, kept
        self._session = os.urandom(4).hex()
        self._numbers = count(1)
        self._queue: SimpleQueue[Item | None] = SimpleQueue()
        self._ended: list[Line] = []  # lines of this turn of the loop, to be written with the next
        self._owed = 0  # times that the thread has not written yet
        self._quick = False  # the last line was
        self._whole = 0  # bytes of the file, as we left it
        self._thread: threading.Thread | None = None
        self._late = False
        self._who: Line = {}
        self._tell: Callable[[str], None] | None = None

    def listen(self, tell: Callable[[str], None]) -> None:
        """Have what went wrong, or goes wrong later, told to this function, in the event loop."""
        self._tell = tell
        if self.problem:
            tell(self.problem)

    @asynccontextmanager
    async def recorded(self, entry: Entry) -> AsyncIterator[None]:
        """Around one call: a line before it is sent, and one with its result."""
        try:
            await self.begin(entry)
        except BaseException:
            self.end(entry, NOT_SENT)
            raise
        try:
            yield
        except BaseException as error:
            self.end(entry, result_of(error))
            raise
        self.end(entry, OK)

    def entry(self, action: str, namespace: str, object: str) -> Entry:
        """What a call is, in short; made safe to keep."""
        call = f"{self._session}-{next(self._numbers)}"
        return Entry(call, _verb.get(), short(namespace), action, short(object))

    async def begin(self, entry: Entry) -> None:
        """The line before it; returns when it is written, or cannot be for now."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._put(self._line(entry, BEGUN), written=written) or self._late:
            return  # late: it hangs since an earlier line, and no call waits for it again
        try:
            async with asyncio.timeout(PATIENCE):
                await written
        except TimeoutError:
            self._late = True
            self._failed("it takes too long to write (a slow or hung disk, or another ctdeck)")

    def begin_soon(self, entry: Entry) -> None:
        """The line before it, where nothing can be waited for."""
        self._put(self._line(entry, BEGUN))

    def end(self, entry: Entry, result: str) -> None:
        """The line after it; not waited for: it goes with what is written next, or when the loop
        gets round to it."""
        self._ended.append(self._line(entry, result))
        if len(self._ended) == 1:
            asyncio.get_running_loop().call_soon(self._put)

    def refuse(self, namespace: str, object: str) -> None:
        """The one line of what was refused before there was a call: it has the verb's name."""
        self.end(self.entry(at_hand(), namespace, object), REFUSED)

    async def close(self) -> None:
        """Wait until all is written, for `PATIENCE` at most."""
        self._put()
        thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await _end_of(thread)

    def _put(self, *more: Line, written: asyncio.Future[None] | None = None) -> bool:
        """Write what has ended, and these, now, and return true, or let the thread do it."""
        lines, self._ended = [*self._ended, *more], []
        if not lines:
            return True
        if self._quick:
            problem, self._quick = self._write(lines, wait=False)
            if not problem:
                return True
        self._hand_over(lines, written)
        return False

    def _line(self, entry: Entry, result: str) -> Line:
        return {
            "time": _now(),
            "namespace": entry.namespace,
            "verb": entry.verb,
            "action": entry.action,
            "object": entry.object,
            "result": result,
            "call": entry.call,
            "pid": os.getpid(),
            "address": self._address,
        }

    def _hand_over(self, lines: list[Line], written: asyncio.Future[None] | None) -> None:
        loop = asyncio.get_running_loop()

        def report(problem: str, quick: bool) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._reported, problem, quick, written)

        self._owed += 1
        self._quick = False  # lines keep their order
        self._queue.put((lines, report))
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._work, args=(self._queue,), name="audit", daemon=True
            )
            self._thread.start()

    def _reported(self, problem: str, quick: bool, written: asyncio.Future[None] | None) -> None:
        self._late = False
        self._owed -= 1
        self._quick = quick and not self._owed
        if problem:
            self._failed(problem)
        else:
            self.problem = ""
        if written is not None and not written.done():
            written.set_result(None)

    def _failed(self, problem: str) -> None:
        text = f"No audit is written: {problem}. What you do goes on, without a record for now."
        if text != self.problem:
            self.problem = text
            if self._tell is not None:
                self._tell(text)

    def _work(self, queue: SimpleQueue[Item | None]) -> None:
        """In the thread: what failed is tried again before what comes next."""
        waiting: deque[Line] = deque(maxlen=_WAITING)
        while (item := queue.get()) is not None:
            lines, report = item
            waiting.extend(lines)
            problem, quick = self._write(waiting)
            if not problem:
                waiting.clear()
            report(problem, quick)
        self._write(waiting)

    def _write(self, lines: Iterable[Line], *, wait: bool = True) -> tuple[str, bool]:
        """Why they could not be written ("": they were), and whether that was quick."""
        import json  # not before the first screen

        from aiocontainerd.auditfile import append, who
        from aiocontainerd.errors import ContainerdError

        begun = time.perf_counter()
        try:
            self._who = self._who or who()
            whole = [{"time": line["time"]} | self._who | line for line in lines]
            if text := "".join(f"{json.dumps(line)}\n" for line in whole):
                files = {"limit": self._limit, "kept": self._kept, "whole": self._whole}
                self._whole = append(self._state, text.encode(), wait=wait, **files)
        except Exception as error:  # a thread that ends would leave every call waiting
            what = str(error) if isinstance(error, ContainerdError) else type(error).__name__
            if isinstance(error, OSError):
                what = error.strerror or what
            return f"{self._state.audit}: {safe(what).rstrip('.')}", False
        return "", time.perf_counter() - begun < _QUICK


async def _end_of(thread: threading.Thread) -> None:
    while thread.is_alive():  # noqa: ASYNC110  a thread has no event
        await asyncio.sleep(0.002)


def _now() -> str:
    second, micros = divmod(time.time_ns() // 1000, 1_000_000)
    return f"{_second(second)}.{micros:06}Z"


@lru_cache(maxsize=1)  # a verb has many lines in one second
def _second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
