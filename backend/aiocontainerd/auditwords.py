"""How calls ended, in the words of the audit: made safe, and without what could be secret. Pure."""

from __future__ import annotations

import asyncio
import re

from aiocontainerd.safe import safe

BEGUN, OK, UNANSWERED = "begun", "OK", "unanswered"
NOT_SENT, REFUSED = "not sent", "refused: read-only"
UNFINISHED = "left unfinished"  # a stream, by us: what was written stays, for a resume
_LONGEST = 300  # characters of one field
_SECRETS = re.compile(
    r"(?P<url>://)[^/\s@]*@|(?P<query>\?)[^\s\"']+|(?P<name>\b[A-Za-z_]\w*=)[^\s\"',;]+"
    r"|(?P<scheme>\b(?i:bearer|basic) )[^\s\"',;]+"
)


def result_of(error: BaseException) -> str:
    """How a call ended that raised this, without what could be secret in its text."""
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        return UNANSWERED
    code = getattr(error, "code", None)
    if not callable(code):
        return f"failed: {type(error).__name__}"
    return result_of_status(code().name, error.details() or "")  # type: ignore[attr-defined]


def result_of_status(code: str, text: str) -> str:
    """The same of gRPC's own code and text."""
    if code in ("CANCELLED", "DEADLINE_EXCEEDED"):
        return UNANSWERED
    return OK if code == "OK" else f"{code}: {short(_SECRETS.sub(_masked, text))}"


def _masked(found: re.Match[str]) -> str:
    return f"{found[found.lastgroup or 0]}…{'@' if found['url'] else ''}"


def short(text: str) -> str:
    """A field of a line."""
    return safe(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
