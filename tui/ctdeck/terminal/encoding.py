"""The bytes that a terminal of this locale can show. Pure."""

from __future__ import annotations

import codecs
from collections.abc import Mapping

from rich.cells import cell_len

from ctdeck.formatting import ASCII, GLYPHS, says_utf8

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
# The font of a console has the letters of names, but not the signs that we draw with.
_SIGNS = str.maketrans(STANDS_FOR) if GLYPHS is ASCII else {}


def encoding_for(environment: Mapping[str, str], preferred: str) -> str:
    """UTF-8, that of the locale, or ASCII: Python itself takes UTF-8 where the locale is C."""
    if says_utf8(environment):
        return "utf-8"
    is_utf8 = codecs.lookup(preferred).name == "utf-8"
    return "ascii" if is_utf8 else preferred


def encoded(text: str, encoding: str) -> bytes:
    """The bytes; a character that cannot be is as many question marks as it has cells."""
    return text.translate(_SIGNS).encode(encoding, REPLACED)


def _cells(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(STANDS_FOR.get(each) or "?" * cell_len(each) for each in characters), error.end


codecs.register_error(REPLACED, _cells)
