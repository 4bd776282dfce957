"""One thing that a check has found."""

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How bad it is, in order."""

    OK = 0
    NOTE = 1  # worth to know; nothing needs to be done
    WARNING = 2  # something does not work, or soon will not
    PROBLEM = 3  # containers are in danger, or the daemon cannot be used


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, what it means, and a safe way out: words, or a command line after `$ `.

    The strings are safe to show; nobody carries the remedy out but the reader.
    """

    level: Level
    topic: str
    what: str
    means: str = ""
    remedy: str = ""


def ok(topic: str, what: str) -> Finding:
    """All is well there."""
    return Finding(Level.OK, topic, what)


def note(topic: str, what: str, means: str = "", remedy: str = "") -> Finding:
    """Worth to know."""
    return Finding(Level.NOTE, topic, what, means, remedy)


def warning(topic: str, what: str, means: str, remedy: str) -> Finding:
    """It should be seen to."""
    return Finding(Level.WARNING, topic, what, means, remedy)


def problem(topic: str, what: str, means: str, remedy: str) -> Finding:
    """It should be seen to now."""
    return Finding(Level.PROBLEM, topic, what, means, remedy)


MOST = 5  # findings of one kind; the others are counted


def told(topic: str, what: str, findings: list[Finding]) -> list[Finding]:
    """The first of many of one kind, and how many more: `what` is what is so with them."""
    rest = len(findings) - MOST
    more = [note(topic, f"and {rest} more {what}")] if rest > 0 else []
    return [*findings[:MOST], *more]


def some(names: list[str], most: int = 5) -> str:
    """The first of many, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
