"""From lines of a log file to entries: plain, json-file (Docker, nerdctl) and CRI; pure.

Sources: moby `daemon/logger/jsonfilelog`, nerdctl `pkg/logging`, the kubelet's
`pkg/kubelet/kuberuntime/logs` and containerd's `pkg/cri/io/logger.go`. Long lines come in parts:
in json-file all but the last have no line end in `log`, in CRI they are tagged `P`, the last `F`.
"""

import json
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from aiocontainerd.logs.entries import STDERR, STDOUT, TEXT_MAX, Entry, entry

_JOINED = TEXT_MAX * 4  # bytes of a line in parts that are kept


class Line(NamedTuple):
    """A line of the file, without its end; `lost` bytes were left out at its end."""

    raw: bytes
    lost: int = 0


class Format(Protocol):
    """Reads lines in their order; keeps what belongs to the next ones."""

    def read(self, lines: Iterable[Line]) -> list[Entry]:
        """What these make complete."""

    def rest(self) -> list[Entry]:
        """What is not complete so far; it stays for `read`."""


class Plain:
    """The bytes as the program wrote them."""

    def __init__(self, stream: str = "") -> None:
        self._stream = stream

    def read(self, lines: Iterable[Line]) -> list[Entry]:
        """Each line is an entry."""
        return [entry(raw, self._stream, lost=lost) for raw, lost in lines]

    def rest(self) -> list[Entry]:
        """Never anything."""
        return []


class _Parts(NamedTuple):
    """What is known of a line of which the end has not come; `time` is that of its first part."""

    raw: bytes
    time: str
    lost: int

    def joined(self, raw: bytes, lost: int = 0) -> "_Parts":
        if len(self.raw) >= _JOINED:  # not copied for each of what may be ten thousands of parts
            return self._replace(lost=self.lost + lost + len(raw))
        kept = (self.raw + raw)[:_JOINED]
        return _Parts(kept, self.time, self.lost + lost + len(self.raw) + len(raw) - len(kept))


class InParts:
    """A format whose lines may come in parts, those of each stream in their order.

    `part_of` gives stream, time, text and whether a part is the last one; None for a line that is
    not of this format, which is shown as it is.
    """

    def __init__(self, part_of: Callable[[bytes], tuple[str, str, bytes, bool] | None]) -> None:
        self._part_of = part_of
        self._open: dict[str, _Parts] = {}

    def read(self, lines: Iterable[Line]) -> list[Entry]:
        """The entries whose last part is among these."""
        made: list[Entry] = []
        for raw, lost in lines:
            part = self._part_of(raw)
            if part is None:
                made.append(entry(raw, lost=lost))
                continue
            stream, time, text, is_last = part
            if is_last and not self._open:  # nearly always
                made.append(entry(text, stream, time, lost=lost))
                continue
            parts = self._open.pop(stream, _Parts(b"", time, 0)).joined(text, lost)
            if is_last:
                made.append(entry(parts.raw, stream, parts.time, lost=parts.lost))
            else:
                self._open[stream] = parts
        return made

    def rest(self) -> list[Entry]:
        """Lines of which the end has not come."""
        return [entry(p.raw, stream, p.time, lost=p.lost) for stream, p in self._open.items()]


def json_part(raw: bytes) -> tuple[str, str, bytes, bool] | None:
    """``{"log":"text\\n","stream":"stdout","time":"…"}``"""
    try:
        found = json.loads(raw)
        text = found["log"].encode("utf-8", "replace")
        stream, time = found.get("stream") or "", found.get("time") or ""
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    if not isinstance(stream, str) or not isinstance(time, str):
        return None
    if stream not in (STDOUT, STDERR):  # "note" is ours, and each name that is new would be kept
        stream = ""
    return stream, time[:64], text.removesuffix(b"\n"), text.endswith(b"\n")


def cri_part(raw: bytes) -> tuple[str, str, bytes, bool] | None:
    """``2026-11-23T12:00:00.123456789Z stdout F text``; the tag may be followed by others (`:`)."""
    parts = raw.split(b" ", 3)
    if len(parts) < 3 or parts[1] not in (b"stdout", b"stderr") or len(parts[0]) > 64:
        return None
    tag = parts[2].split(b":", 1)[0]
    if tag not in (b"P", b"F") or not parts[0].isascii():
        return None
    text = parts[3] if len(parts) == 4 else b""
    return parts[1].decode(), parts[0].decode(), text, tag == b"F"


def ends_a_line(kind: str, raw: bytes) -> bool:
    """Whether what comes behind this line of the file begins a new entry."""
    part = cri_part(raw) if kind == "cri" else json_part(raw) if kind == "json" else None
    return part is None or part[3]


def format_of(kind: str, stream: str = "") -> Format:
    """A reader for "plain" (all of one stream), "json" or "cri"."""
    if kind == "plain":
        return Plain(stream)
    return InParts({"json": json_part, "cri": cri_part}[kind])
