"""Our terminal, lent to a program in a container: raw, and given back as it was.

Whatever happens: a `Watcher` restores it should we be killed. Nothing of Textual is here.
"""

from __future__ import annotations

import asyncio
import termios
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from aiocontainerd.settled import settled
from aiocontainerd.watcher import Watcher

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
_KEEP = "was=$(stty -g <&4)||exit 0;"
_RESTORE = 'stty "$was" <&4;printf "%b" "$1" >&4;'


@asynccontextmanager
async def lent(terminal: int) -> AsyncIterator[None]:
    """Raw for the time of the block; `terminal` is a descriptor of it."""
    words = "".join(f"\\0{byte:03o}" for byte in _LAST)
    with Watcher() as watcher:
        begin = partial(watcher.begin, "ctdeck-watch", _RESTORE, words, first=_KEEP)
        await settled(asyncio.to_thread(begin, terminal=terminal))
        modes = termios.tcgetattr(terminal)
        raw(terminal)
        try:
            yield
        finally:
            with suppress(termios.error):  # it is gone
                termios.tcsetattr(terminal, termios.TCSANOW, modes)
            watcher.release()


def raw(terminal: int) -> None:
    """Every key and every byte as it is."""
    with suppress(termios.error):
        tty.setraw(terminal, termios.TCSANOW)
