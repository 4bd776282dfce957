"""JSON as it is, in lines to be read: secrets as stars, nothing that a terminal obeys. Pure.

What JSON itself does not write as ``\\u001b`` and would not be seen on a screen is written so too:
the text stays the JSON that it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from rich.style import Style

from aiocontainerd.safe import safe
from ctdeck.ansi import Painted
from ctdeck.masking import MASK, is_secret, masked_args, masked_value

MOST = 200_000  # lines
_NAME = re.compile(r'\s*("(?:[^"\\]|\\.)*+")(?=: )')
_BOLD = Style(bold=True)
# Names of containerd's own whose looks are those of secrets.
_PLAIN = frozenset({"snapshot_key", "@type", "@problem", "digest", "noNewPrivileges"})
_DEEPEST = 100  # brackets in brackets


def text_of(document: object, *, plain: bool = False) -> str:
    """Pretty-printed JSON; with its secrets if `plain`. A megabyte takes a second: in a thread."""
    shown = document if plain else masked(document)
    return escaped(json.dumps(shown, indent=2, ensure_ascii=False))


def painted_line(line: str) -> Painted:
    """A line of such a text, its name in bold; safe to show."""
    found = _NAME.match(line)
    return Painted(safe(line), ((found.start(1), found.end(1), _BOLD),) if found else ())


def escaped(text: str) -> str:
    """With ``\\uXXXX`` for each character that would not be seen as what it is."""
    return "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    shown = safe(line)
    if shown == line:
        return line
    pairs = zip(line, shown, strict=True)
    return "".join(own if own == seen else _code(own) for own, seen in pairs)


def _code(letter: str) -> str:
    data = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{data[at : at + 4]}" for at in range(0, len(data), 4))


def masked(value: Any, name: str = "", depth: int = 0) -> Any:
    """The same with stars: by the names before values, by their looks, and within commands."""
    if depth > _DEEPEST:
        return MASK
    if isinstance(value, Mapping):
        return _masked_object(value, name, depth)
    if isinstance(value, list):
        return _masked_list(value, name, depth)
    if isinstance(value, str):
        return value if name in _PLAIN else masked_value(name, value)
    return value


def _masked_object(value: Mapping[str, Any], name: str, depth: int) -> dict[str, Any]:
    """`{"name": "DB_PASSWORD", "value": …}` is hidden as `{"DB_PASSWORD": …}` is."""
    told = value.get("name", value.get("key"))
    below = name if is_secret(name) and name not in _PLAIN else ""
    made: dict[str, Any] = {}
    for key, each in value.items():
        called = told if key == "value" and isinstance(told, str) else key
        called = called if is_secret(called) and called not in _PLAIN else below or called
        made[masked_value("", key)] = masked(each, called, depth + 1)
    return made


def _masked_list(value: list[Any], name: str, depth: int) -> list[Any]:
    hides = is_secret(name) and name not in _PLAIN
    if not hides and value and all(isinstance(each, str) for each in value):
        return list(masked_args(value))
    return [masked(each, name if hides else "", depth + 1) for each in value]
