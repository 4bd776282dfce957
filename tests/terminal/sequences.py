"""What a terminal is sent, taken apart: text, and the sequences that ctdeck and Textual send."""

from __future__ import annotations

import re

# Each with what it is for. What is not in here may not be sent.
ALLOWED = (
    r"\x1b\[(\d+(;\d+)*)?m",  # colours
    r"\x1b\[\d*(;\d*)?H|\x1b\[\d*[ABCDG]|\r|\n|\x08",  # where the cursor is
    r"\x1b\[\d*[XKJ]|\x1b\[\d*[ST]|\x1b\[(\d+;\d+)?r|\x1b\[\d*[LM]|\x1bM|\x1bD",  # erase, scroll
    r"\x1b\[\?(7|25|1000|1002|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]",  # modes
    r"\x1b\[\?(2026|2048)\$p|\x1b\[6n",  # questions
    r"\x1b\[>\d+u|\x1b\[<u|\x1b\[=\d+;\d+u",  # kitty's keyboard
    r"\x1b\]52;c;[A-Za-z0-9+/=]*\x07",  # the clipboard
    r"\x1b\]22;[a-z-]+\x07",  # the pointer's shape
    r"\x1b\\",  # ends a string that was cut off
    r"\x07",  # the bell
)
_TOKEN = re.compile("|".join((*ALLOWED, r"[^\x00-\x1f\x7f-\x9f]+")))
_HARMFUL = re.compile("[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def not_allowed(raw: bytes) -> list[str]:
    """What of it nobody of us sends; raises UnicodeDecodeError where it is not UTF-8."""
    text, wrong, at = raw.decode(), [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            wrong.append(text[at : at + 30])
        at = found.end() if found else at + 1
    return wrong + [text[m.start() - 20 : m.end() + 9] for m in _HARMFUL.finditer(text)]
