"""What the keys and the `:` words do: one coroutine for each verb.

Every verb takes the Desk and the rows as they were at the key press, asks unless it is
told not to, awaits an operation of aiocontainerd for each, and tells how each went.

`verbs.delete` and the others are imported when they are first used: the first screen waits for
none of them.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctdeck.verbs import (
        delete,
        inside,
        inspecting,
        logs,
        misnamed,
        permitted,
        prune,
        refused,
        removal,
        tasks,
        toolbox,
        viewing,
    )

__all__ = [
    "delete",
    "inside",
    "inspecting",
    "logs",
    "misnamed",
    "permitted",
    "prune",
    "refused",
    "removal",
    "tasks",
    "toolbox",
    "viewing",
]


def __getattr__(name: str) -> ModuleType:
    """Import the module that is asked for (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
