"""Hides the values of variables, flags and labels whose name says that they are secret. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiocontainerd.run_options import RunOptions

MASK = "***"
_SECRET = re.compile(
    r"pass|pwd|secret|token|key|credential|auth(?!or)|private|cookie", re.IGNORECASE
)
_IN_URL = re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)")
_FLAG = re.compile(r"--?\w")


def masked(options: RunOptions) -> RunOptions:
    """The same options, for showing: secrets in variables, command and labels are stars."""
    return replace(
        options,
        env=tuple(masked_pair(pair) for pair in options.env),
        command=masked_args(options.command),
        labels=tuple((name, masked_value(name, value)) for name, value in options.labels),
    )


def masked_pair(pair: str) -> str:
    """`DB_PASSWORD=***`; a variable with a harmless name stays as it is."""
    name, equals, value = pair.partition("=")
    return f"{name}={masked_value(name, value)}" if equals else _IN_URL.sub(rf"\1{MASK}", pair)


def masked_value(name: str, value: str) -> str:
    """The value of what is called so; also a password within a URL is hidden."""
    return MASK if value and _SECRET.search(name) else _IN_URL.sub(rf"\1{MASK}", value)


def masked_args(args: Iterable[str]) -> tuple[str, ...]:
    """A command's words: `--password=***`, `--token ***`, `PGPASSWORD=***`."""
    shown: list[str] = []
    secret = False
    for word in args:
        is_flag = bool(_FLAG.match(word))
        shown.append(MASK if secret and not is_flag else masked_pair(word))
        secret = is_flag and "=" not in word and bool(_SECRET.search(word))
    return tuple(shown)
