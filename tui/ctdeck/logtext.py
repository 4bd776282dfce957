"""How entries of a log are shown: their times, their streams, and which of them at all; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.style import Style

from aiocontainerd.logs.entries import NOTE, STDERR, STDOUT, Entry, time_of
from ctdeck.ansi import Painted, painted
from ctdeck.formatting import GLYPHS, counted

# By the keys 0 to 6.
SPANS: tuple[tuple[timedelta | None, str], ...] = (
    (None, "all"),
    (timedelta(minutes=1), "1 min"),
    (timedelta(minutes=5), "5 min"),
    (timedelta(minutes=15), "15 min"),
    (timedelta(hours=1), "1 h"),
    (timedelta(hours=6), "6 h"),
    (timedelta(days=1), "1 day"),
)
STREAMS = ("", STDOUT, STDERR)  # both, or one of them
TIMES = ("", "%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f")  # none, time of day, and with the date
_ITALIC = Style(italic=True)


@dataclass(frozen=True, slots=True)
class Look:
    """What is shown of a log: times by one of TIMES, one of STREAMS, and since when."""

    times: str = ""
    stream: str = ""
    since: int = 0  # place in SPANS
    after: datetime | None = None
    marks: bool = False  # which stream a line is of

    @property
    def width(self) -> int:
        """Cells before each line."""
        return (_length(self.times) + 1 if self.times else 0) + (4 if self.marks else 0)

    @property
    def sieve(self) -> Callable[[Entry], bool] | None:
        """Which entries are shown; None for all."""
        if not self.stream and self.after is None:
            return None
        return self._wants

    def _wants(self, entry: Entry) -> bool:
        if entry.stream == NOTE:
            return True
        if self.stream and entry.stream != self.stream:
            return False
        if self.after is None:
            return True
        when = time_of(entry)
        return when is None or when >= self.after

    def head(self, entry: Entry) -> tuple[tuple[str, str], ...]:
        """What stands before its text, `width` cells of it."""
        parts: list[tuple[str, str]] = []
        if self.times:
            parts.append((_stamp(entry, self.times), "muted"))
        if self.marks:
            mark = {STDERR: "err ", STDOUT: "out "}.get(entry.stream, "    ")
            parts.append((mark, "bad" if entry.stream == STDERR else "muted"))
        return tuple(parts)


def _length(form: str) -> int:
    """Of a time in this form: to the millisecond."""
    return 12 if form == TIMES[1] else 23


def _stamp(entry: Entry, form: str) -> str:
    """To the millisecond, if the time has that: those at which ctdeck saw a line have not."""
    length, when = _length(form), time_of(entry)
    try:
        text = when.astimezone().strftime(form)[:length] if when else ""
    except OverflowError:  # Go's zero time, west of Greenwich
        text = ""
    if not text:
        return " " * (length + 1)
    return (text if "." in entry.time else text[:-4]).ljust(length + 1)


def paint(entry: Entry) -> Painted:
    """Its text in its own colours; what is told of the log itself apart from it."""
    if entry.stream == NOTE:
        rule = GLYPHS.rule * 2
        text = f"{rule} {entry.text} {rule}"
        return Painted(text, ((0, len(text), _ITALIC),))
    line = painted(entry.text)
    if not entry.more:
        return line
    note = f" {GLYPHS.ellipsis} {counted(entry.more, 'character')} more"
    end = len(line.text)
    return Painted(line.text + note, (*line.runs, (end, end + len(note), _ITALIC)))


def length(entry: Entry) -> int:
    """About how many bytes it takes, for the bound of what is kept."""
    text = entry.text
    return len(text) * (1 if text.isascii() else 4) + len(entry.time) + 100


def as_text(entry: Entry, look: Look) -> str:
    """A line of a file that is saved."""
    return "".join(text for text, _ in look.head(entry)) + paint(entry).text
