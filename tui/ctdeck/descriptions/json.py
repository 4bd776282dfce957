"""Reading JSON that can be anything: a part by its path, as the type that is wanted, made safe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiocontainerd.safe import safe

LONGEST = 1 << 14  # characters of one text in a page; `y` shows all


def part(document: object, path: str) -> Mapping[str, Any]:
    """The object at ``linux.resources``; an empty one for what is none."""
    here = document
    for name in path.split("."):
        here = here.get(name) if isinstance(here, Mapping) else None
    return here if isinstance(here, Mapping) else {}


def number(document: Mapping[str, Any], name: str) -> int | None:
    """A whole number; None for anything else."""
    value = document.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text(document: Mapping[str, Any], name: str) -> str:
    """A text, "" for anything else."""
    value = document.get(name)
    return safe(value[:LONGEST]) if isinstance(value, str) else ""


def words(document: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The texts of a list."""
    value = document.get(name)
    if not isinstance(value, list):
        return ()
    return tuple(safe(item[:LONGEST]) for item in value if isinstance(item, str))


def objects(document: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    """The objects of a list."""
    value = document.get(name)
    return (
        tuple(item for item in value if isinstance(item, Mapping))
        if isinstance(value, list)
        else ()
    )


def pairs(document: Mapping[str, Any], name: str) -> dict[str, str]:
    """The texts of an object, by name in order."""
    value = part(document, name)
    return {
        safe(key[:LONGEST]): safe(each[:LONGEST])
        for key, each in sorted(value.items())
        if isinstance(key, str) and isinstance(each, str)
    }
