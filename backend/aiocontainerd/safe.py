"""Makes text from outside safe to show: done once, where a string enters.

Names, labels, log lines and the daemon's own errors can hold escape sequences
(kubernetes CVE-2021-25743), bidirectional overrides and broken UTF-8. Every such
character becomes one that is visible and does nothing.
"""

import re
from unicodedata import category

MARKS = 8  # in a row on one letter; no script needs more, and screens take minutes with thousands

# C0 and DEL have visible pictures at U+2400; C1, soft hyphens, bidi controls, zero-width signs,
# line and paragraph separators, lone surrogates, tags and other signs for layout have none.
_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
_INVISIBLE = re.compile(
    "[\x80-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
    "\ud800-\udfff\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
_FILLERS = frozenset(map(chr, (*range(0x1160, 0x1200), *range(0xD7B0, 0xD800), 0x3164, 0xFFA0)))


def safe(text: str | bytes) -> str:
    """The same text with each control or invisible character made visible; same length for str.

    So are marks that pile up on one letter. Bytes are decoded as UTF-8 and each byte that is not
    becomes U+FFFD.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if text.isprintable():  # then there is none of them in it
        return text if text.isascii() or len(text) <= MARKS else _without_piles(text)
    return _without_piles(_INVISIBLE.sub("\ufffd", text.translate(_PICTURES)))


def _without_piles(text: str) -> str:
    row, made = 0, []
    for character in text:
        row = row + 1 if character > "\u02ff" and _is_mark(character) else 0
        made.append("\ufffd" if row > MARKS else character)
    return "".join(made)


def _is_mark(character: str) -> bool:
    """It takes no cell of its own: marks, and the letters of Hangul that only fill."""
    return category(character) in ("Mn", "Me") or character in _FILLERS


def exact(text: str | bytes) -> str:
    """The same text where it shows as what it is, else its bytes as Python and bash ($'…') do.

    No two texts give the same: what is not UTF-8, or holds controls, looks like others when it is
    made safe. All of it is safe to show.
    """
    shown = safe(text)
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if shown.encode() != raw or "\ufffd" in shown or shown.startswith("'"):
        return "'" + repr(b'"' + raw)[3:]  # the double quote makes repr choose single ones
    return shown


def safe_lines(text: str) -> str:
    """As `safe`, but line breaks and tabs stay: for long errors and JSON shown in a dialog."""
    return "\n".join(safe(line.expandtabs(4)) for line in text.split("\n"))
