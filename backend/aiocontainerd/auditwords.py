"""How calls ended, in the words of the audit: nothing of what the daemon said. Pure."""

from __future__ import annotations

import asyncio

from aiocontainerd.safe import safe

BEGUN, OK, UNANSWERED = "begun", "OK", "unanswered"
NOT_SENT, REFUSED = "not sent", "refused: read-only"
UNFINISHED = "left unfinished"  # a stream, by us: what was written stays, for a resume
_LONGEST = 300  # characters of one field
# What an error says, in words of ours; the first that is in it. None of its own words is kept: any
# of them may be of somebody's command line.
_CASES = (
    ("no space left on device", "no space left on the device"),
    ("executable file not found", "the image has no such program"),
    ("error mounting", "a mount cannot be made"),
    ("memory limit", "too little memory"),
    ("OOM-killed", "too little memory"),
    ("chdir to cwd", "the working directory cannot be used"),
    ("binary not installed", "the runtime is not installed"),
    ("no runtime for", "the runtime is not installed"),
    ("exec: ", "the program cannot be executed"),
    ("cgroup", "the control group cannot be made"),
    ("OCI runtime", "the runtime refused it"),
    ("runc", "the runtime refused it"),
    ("shim", "the runtime refused it"),
)


def result_of(error: BaseException) -> str:
    """How a call ended that raised this."""
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
    if code == "OK":
        return OK
    case = next((what for sign, what in _CASES if sign in text), "")
    return f"{code}: {case}" if case else code


def short(text: str) -> str:
    """A field of a line."""
    return safe(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
