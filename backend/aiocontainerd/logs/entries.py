"""One line of a log; pure."""

from datetime import UTC, datetime
from typing import NamedTuple

STDOUT, STDERR, NOTE = "stdout", "stderr", "note"
TEXT_MAX = 1 << 16  # characters of one entry that are kept


class Entry(NamedTuple):
    """What a program wrote up to the end of a line, raw: to be made safe where it is shown.

    `time` is as the log has it (RFC 3339), "" if it keeps none. `stream` is "stdout", "stderr",
    "" where the log does not know, or "note" for what is told of the log itself. `more` are the
    characters that were left out at its end.
    """

    text: str
    stream: str = ""
    time: str = ""
    more: int = 0


def time_of(entry: Entry) -> datetime | None:
    """When it was written, aware; None if the log does not tell."""
    if not entry.time:
        return None
    try:
        when = datetime.fromisoformat(entry.time)
    except ValueError:
        return None
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)


def entry(raw: bytes, stream: str = "", time: str = "", *, lost: int = 0) -> Entry:
    """Of the bytes of a line, without its end; `lost` are bytes that were not even read."""
    raw = raw.removesuffix(b"\r")
    cut = raw[: TEXT_MAX * 4]  # UTF-8: at most four bytes a character
    text = cut.decode("utf-8", "replace")
    more = len(raw) - len(cut) + lost
    if len(text) > TEXT_MAX:
        text, more = text[:TEXT_MAX], more + len(text) - TEXT_MAX
    return Entry(text, stream, time, more)
