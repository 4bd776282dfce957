"""Hides the values of variables whose name says that they are secret. Pure."""

import re
from dataclasses import replace

from aiocontainerd.run_options import RunOptions

MASK = "***"
_SECRET = re.compile(r"pass|pwd|secret|token|key|credential|auth|private|cookie", re.IGNORECASE)


def masked(options: RunOptions) -> RunOptions:
    """The same options, for showing: secrets in `env` are stars."""
    return replace(options, env=tuple(masked_pair(pair) for pair in options.env))


def masked_pair(pair: str) -> str:
    """`DB_PASSWORD=***`; a variable with a harmless name stays as it is."""
    name, equals, value = pair.partition("=")
    return f"{name}={MASK}" if equals and value and _SECRET.search(name) else pair
