"""A small shell of ours that waits beside us, and acts should we be killed.

What can be sure of our death is who holds the other end of a pipe of ours: a line from it means
that all went well, its end without one that we are gone.
"""

import os
import subprocess
from contextlib import suppress
from typing import Self

SHELL = "/bin/sh"
_PATIENCE = 3.0  # s that the shell may take to begin; nobody waits beside us then
# What it does then goes on in the background, so that nobody has to wait for its end. Its file 3 is
# the pipe, 4 the terminal.
_FRAME = (
    "trap '' HUP INT QUIT TERM TSTP TTIN TTOU;exec 3<&0 4<&1;%s{ read -r _ <&3&&exit;exec 3<&-;%s}&"
)


class Watcher:
    """Has the shell act with the end of its block, as with our end, unless it was released."""

    def __init__(self) -> None:
        self._pipe = -1  # the shell has the other end of it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1

    def begin(
        self,
        name: str,
        act: str,
        *words: str,
        first: str = "",
        terminal: int = subprocess.DEVNULL,
    ) -> None:
        """Return when it waits: blocks, for some milliseconds where the host is not busy.

        `act` is its script, with the `words` as $1 and so on, and `first` what it does before it
        waits; each part of both ends in ";". Where there is no shell nobody waits beside us.
        """
        its, ours = os.pipe2(os.O_CLOEXEC)
        try:
            subprocess.run(
                [SHELL, "-c", _FRAME % (first, act), name, *words],
                stdin=its,
                stdout=terminal,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
                check=False,
                timeout=_PATIENCE,
            )
        except (OSError, subprocess.TimeoutExpired):
            os.close(ours)
        else:
            self._pipe = ours
        finally:
            os.close(its)

    def release(self) -> None:
        """All went well: there is nothing to do."""
        if self._pipe >= 0:
            with suppress(OSError):
                os.write(self._pipe, b"\n")
