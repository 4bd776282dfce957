"""OSC 52 through tmux. Pure."""

from __future__ import annotations

import base64


def through_tmux(text: str) -> str:
    """The sequence that puts text into the clipboard of the terminal outside tmux.

    It is wrapped in tmux's pass-through (`allow-passthrough on`), with each ESC doubled; where
    that is off tmux drops it, and the plain sequence is what `set-clipboard on` takes.
    """
    coded = base64.b64encode(text.encode()).decode("ascii")
    return f"\x1bPtmux;\x1b\x1b]52;c;{coded}\a\x1b\\"
