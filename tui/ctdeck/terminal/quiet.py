"""Keeps what others write to file 2 off the screen: gRPC's C core, libraries, children of ours."""

from __future__ import annotations

import io
import logging
import os
import sys
from contextlib import suppress

ERRORS = 2  # the file

_kept: list[int] = []  # file 2 as it was, while it is something else


def on() -> None:
    """From now on file 2 is the log, or nothing. What is no terminal is left as it is."""
    if _kept or not os.isatty(ERRORS):
        return
    sink = _log_file()
    opened = os.open(os.devnull, os.O_WRONLY) if sink is None else sink
    _kept.append(os.dup(ERRORS))
    os.dup2(opened, ERRORS)
    if sink is None:
        os.close(opened)


def off() -> None:
    """File 2 is what it was."""
    while _kept:
        os.dup2(_kept[-1], ERRORS)
        os.close(_kept.pop())


def screen_apart() -> None:
    """Have Textual draw on a file of its own, not on file 2."""
    encoding = getattr(sys.__stderr__, "encoding", "utf-8")
    sys.__stderr__ = io.TextIOWrapper(  # type: ignore[misc]
        os.fdopen(os.dup(ERRORS), "wb", 0), encoding=encoding, errors="replace", write_through=True
    )


def fill_closed() -> None:
    """Files 0 to 2 that are closed become nothing: what is opened next would take their place."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free


def _log_file() -> int | None:
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            with suppress(OSError, ValueError, AttributeError):
                return int(handler.stream.fileno())
    return None
