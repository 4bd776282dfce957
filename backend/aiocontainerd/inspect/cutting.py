"""JSON from outside, parsed within bounds: of what is too large only the beginning.

The daemon takes specs of up to 16 MiB. To parse that holds the interpreter for a quarter of a
second, and nobody reads it; its beginning, with its brackets closed, is still JSON.
"""

import json
import re
from dataclasses import dataclass

PARSED = 1 << 20  # bytes that are parsed whole: 10 ms
SHOWN = 256 << 10  # bytes of what is larger
_TOKEN = re.compile(rb'\s*+("(?:[^"\\]|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]++)', re.DOTALL)
_CLOSING = {b"{": b"}", b"[": b"]"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A JSON value; `problem` says in words why it is not all, or not there; else it is ""."""

    value: object = None
    problem: str = ""


def parse(data: bytes, *, whole: int = PARSED, shown: int = SHOWN) -> Parsed:
    """The value in these bytes; never raises. Takes some 10 ms at most."""
    problem = ""
    if len(data) > whole:
        problem = f"too large ({len(data):,} bytes): this is the beginning, {shown >> 10} KiB"
        data = beginning(data[:shown])
    try:
        return Parsed(json.loads(data), problem)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else "it is not JSON"
        return Parsed(None, f"{why}: {_start(data)}")


def _start(data: bytes) -> str:
    if not data:
        return "it is empty"
    return f"{len(data):,} bytes that begin with {data[:40]!r}"


def beginning(data: bytes) -> bytes:
    """The longest beginning that is JSON once its brackets are closed; b"null" if there is none."""
    open_at: list[bytes] = []
    end, closing = 0, b"null"  # where all was well last, and what closes it there
    wants_value = False  # behind a colon, or in a list behind a comma
    at = 0
    while found := _TOKEN.match(data, at):
        token, at = found[1], found.end()
        if at == len(data) and token[:1] not in b"{}[]":
            break  # a number or word that may go on
        if token in _CLOSING:
            open_at.append(token)
        elif token in b"}]" and open_at:
            open_at.pop()
        elif token in b",:":
            wants_value = token == b":" or open_at[-1:] == [b"["]
            continue
        elif open_at[-1:] == [b"{"] and not wants_value:
            continue  # a name
        wants_value = False
        end, closing = at, b"".join(_CLOSING[each] for each in reversed(open_at))
    return data[:end] + closing if end else closing
