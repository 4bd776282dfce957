"""What is being done to objects at this moment, and how the line for it reads. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import NamedTuple

from ctdeck.formatting import counted

_ONGOING = {
    "stopped": "stopping",
    "started": "starting",
    "restarted": "restarting",
    "signalled": "signalling",
    "paused": "pausing",
    "resumed": "resuming",
    "deleted": "deleting",
    "copied to": "copying to",
}
_NAME_MAX = 34  # characters: what is awaited must be seen on 80 columns, too


class UnderWay(NamedTuple):
    """What is done to one object, whose `name` is as the questions have it: ``stopped``.

    `signal` (``TERM``) was sent, or `is_asked`: the daemon has not answered. SIGKILL follows at
    `kill_at`, in seconds of `time.monotonic`, if it is needed. `trouble` is what the daemon said to
    the signal, `unheeded` the one that it got before and lived on.
    """

    name: str
    what: str
    signal: str = ""
    kill_at: float | None = None
    trouble: str = ""
    is_asked: bool = False
    unheeded: str = ""

    @property
    def ongoing(self) -> str:
        """``stopping``."""
        return _ONGOING.get(self.what, self.what)

    def line(self, now: float) -> str:
        """``stopping web1: TERM sent, KILL in 7 s``."""
        name = self.name if len(self.name) <= _NAME_MAX else f"{self.name[: _NAME_MAX - 1]}…"
        if not self.signal:
            return f"{self.ongoing} {name} …"
        if self.is_asked:
            return f"{self.ongoing} {name}: {self.signal} asked for, no answer yet"
        line = f"{self.ongoing} {name}: {self.signal} sent"
        if self.kill_at is not None:
            line += f", KILL in {max(0, ceil(self.kill_at - now))} s"
        return f"{line} ({self.trouble})" if self.trouble else line


def line_of(works: Iterable[UnderWay], now: float) -> str:
    """That of which something is known to be awaited soonest, and how many others there are."""
    ordered = sorted(works, key=_urgency)
    if not ordered:
        return ""
    first, *others = ordered
    more = f"; and {counted(len(others), 'other')}" if others else ""
    return first.line(now) + more


def _urgency(work: UnderWay) -> tuple[bool, float]:
    return (work.kill_at is None, work.kill_at or 0.0)


def next_change(works: Iterable[UnderWay], now: float) -> float | None:
    """Seconds until a shown number of seconds is another one; None if there is none."""
    left = [work.kill_at - now for work in works if work.kill_at is not None]
    waits = [seconds - ceil(seconds) + 1 for seconds in left if seconds > 0]
    return min(waits, default=None)
