"""Our terminal, lent to a program in a container: raw, and given back as it was.

Whatever happens: a small shell of ours waits beside it, and restores the terminal should we be
killed. Nothing of Textual is here.
"""

from __future__ import annotations

import os
import subprocess
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from select import select

SHELL = "/bin/sh"
_READY = 1.0  # s that the shell may take; without it we go on
# All that a program may have left on: the mouse, bracketed paste, reports of focus, the other
# screen, application keys, insert mode, a scroll region, another set of letters, colours. The
# cursor stays where it is: what moves it stands between saving and restoring it, and the other
# screen is left by 1047, as 1049 has tmux go back to where it was when the app began.
RESET = (
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?2004l\x1b[?1004l"
    b"\x1b[?1047l\x1b[?1l\x1b>\x1b[4l\x1b[?7h\x1b7\x1b[r\x1b8\x1b(B\x0f\x1b[m\x1b[?25h"
)
# Where the app does not come back some terminals know 1049 alone.
_LAST = RESET.replace(b"\x1b[?1047l", b"\x1b7\x1b[?1049l")
# On its file 0 is the terminal, on file 2 our pipe: a line from it means that all went well, its
# end that we are gone.
_WATCH = (
    "trap '' HUP INT QUIT TERM TSTP TTIN TTOU;was=$(stty -g)||exit 0;echo;"
    'read -r _ <&2||{ stty "$was";printf "%b" "$1" >&0;}'
)


@contextmanager
def lent(terminal: int) -> Iterator[None]:
    """Raw for the time of the block; `terminal` is a descriptor of it."""
    with _watched(terminal):
        modes = termios.tcgetattr(terminal)
        raw(terminal)
        try:
            yield
        finally:
            with suppress(termios.error):  # it is gone
                termios.tcsetattr(terminal, termios.TCSANOW, modes)


def raw(terminal: int) -> None:
    """Every key and every byte as it is."""
    with suppress(termios.error):
        tty.setraw(terminal, termios.TCSANOW)


@contextmanager
def _watched(terminal: int) -> Iterator[None]:
    words = "".join(f"\\0{byte:03o}" for byte in _LAST)
    ours, its = os.pipe2(os.O_CLOEXEC)[::-1]
    try:
        watcher = subprocess.Popen(
            [SHELL, "-c", _WATCH, "ctdeck-watch", words],
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=its,
            start_new_session=True,
        )
    except OSError:  # no shell on this host: then a kill leaves the terminal raw
        os.close(ours)
        yield
        return
    finally:
        os.close(its)
    assert watcher.stdout is not None
    select([watcher.stdout], [], [], _READY)
    try:
        yield
    finally:
        with suppress(OSError):
            os.write(ours, b"\n")
        os.close(ours)
        watcher.stdout.close()
        with suppress(subprocess.TimeoutExpired):
            watcher.wait(_READY)
