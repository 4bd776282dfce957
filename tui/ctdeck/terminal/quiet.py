"""Keeps what others write to file 2 off the screen: gRPC's C core, libraries, children of ours."""

from __future__ import annotations

import io
import logging
import os
import sys
from contextlib import suppress
from typing import ClassVar

_ERRORS = 2  # the file


class Quiet:
    """While it is `on`, file 2 is the log, or nothing. What is no terminal is left as it is.

    A process has one file 2: whoever holds a Quiet switches the same one.
    """

    _kept: ClassVar[int | None] = None

    def on(self) -> None:
        """From now on."""
        if Quiet._kept is not None or not os.isatty(_ERRORS):
            return
        sink = _log_file()
        opened = os.open(os.devnull, os.O_WRONLY) if sink is None else sink
        Quiet._kept = os.dup(_ERRORS)
        os.dup2(opened, _ERRORS)
        if sink is None:
            os.close(opened)

    def off(self) -> None:
        """File 2 is what it was."""
        if Quiet._kept is not None:
            os.dup2(Quiet._kept, _ERRORS)
            os.close(Quiet._kept)
            Quiet._kept = None


def screen_apart() -> None:
    """Have Textual draw on a file of its own, not on file 2."""
    encoding = getattr(sys.__stderr__, "encoding", "utf-8")
    sys.__stderr__ = io.TextIOWrapper(  # type: ignore[misc]
        os.fdopen(os.dup(_ERRORS), "wb", 0), encoding=encoding, errors="replace", write_through=True
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
