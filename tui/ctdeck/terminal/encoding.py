"""The bytes that a terminal of this locale can show; pure."""

from __future__ import annotations

import codecs
from collections.abc import Mapping

from rich.cells import cell_len

from ctdeck.formatting import says_utf8

REPLACED = "ctdeck.cells"  # the way of `str.encode` with what cannot be encoded
# What Textual's widgets draw with, and texts of ours; each is one cell.
STANDS_FOR = {
    **dict.fromkeys("─━═╌┄", "-"),
    **dict.fromkeys("│┃║▌▐▎▏▕▍▊", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛", "+"),
    **dict.fromkeys("▂▃▄▅▆▇▀▔", " "),
    **dict.fromkeys("█▓▒░■", "#"),
    "▁": "_",
    "…": "~",
    "·": "|",
    "•": "*",
    "↑": "^",
    "↓": "v",
    "←": "<",
    "→": ">",
    "▲": "^",
    "▼": "v",
    "▶": ">",
    "◀": "<",
    "–": "-",  # noqa: RUF001
    "—": "-",
    "×": "x",  # noqa: RUF001
    "⚠": "!",
    "✓": "+",
    "✔": "+",
    "✗": "x",
    "⇣": "v",
    "○": "o",
    "●": "*",
    "‖": "=",
}


def encoding_for(environment: Mapping[str, str], preferred: str) -> str:
    """UTF-8, that of the locale, or ASCII: Python itself takes UTF-8 where the locale is C."""
    if says_utf8(environment):
        return "utf-8"
    is_utf8 = codecs.lookup(preferred).name == "utf-8"
    return "ascii" if is_utf8 else preferred


def _cells(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(STANDS_FOR.get(each) or "?" * cell_len(each) for each in characters), error.end


codecs.register_error(REPLACED, _cells)
