"""Makes text from outside safe to show: done once, where a string enters.

Names, labels, log lines and the daemon's own errors can hold escape sequences
(kubernetes CVE-2021-25743), bidirectional overrides and broken UTF-8. Every such
character becomes one that is visible and does nothing.
"""

import re

# C0 and DEL have visible pictures at U+2400; C1, bidi controls, zero-width characters,
# line and paragraph separators, lone surrogates and tag characters have none.
_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
_INVISIBLE = re.compile(
    "[\x80-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def safe(text: str | bytes) -> str:
    """The same text with each control or invisible character made visible; same length for str.

    Bytes are decoded as UTF-8 and each byte that is not becomes U+FFFD.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if text.isprintable():  # then there is none of them in it
        return text
    return _INVISIBLE.sub("\ufffd", text.translate(_PICTURES))


def safe_lines(text: str) -> str:
    """As `safe`, but line breaks and tabs stay: for long errors and JSON shown in a dialog."""
    return "\n".join(safe(line.expandtabs(4)) for line in text.split("\n"))
