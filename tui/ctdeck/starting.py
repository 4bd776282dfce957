"""The start: the daemon is asked first, and answers while Textual is imported in pieces.

All of it is on one thread on purpose: two that import at once hand the interpreter to and fro at
every file they open, which took longer than one after the other (1.9 instead of 1.7 times that
of a bare app).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from ctdeck.connect import look
from ctdeck.settings import Session, Settings

if TYPE_CHECKING:
    from ctdeck.app import CtdeckApp
    from ctdeck.connect import Found

# Between two of them the daemon's answers have their turn. First small ones, 1 to 3 ms each, until
# the lists have been asked for; `textual.color` brings a fifth of Textual.
PIECES = (
    "typing_extensions",
    "rich.cells",
    "rich.style",
    "fractions",
    "rich.segment",
    "rich.text",
    "uuid",
    "tempfile",
    "rich.table",
    "platformdirs.unix",
    "rich.console",
    "textual.color",
    "textual.widget",
    "textual.app",
    "ctdeck.app",
)
TURNS = 6  # of the event loop, after each piece
PATIENCE = 0.03  # s that the first frame waits for the first rows: one painting instead of two


async def start(settings: Settings) -> CtdeckApp:
    """Make the app, with the first rows in its hands if the daemon was quick."""
    first = asyncio.create_task(look(settings), name="first look")
    for piece in PIECES:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        import_module(piece)
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await _rows(first)
    from ctdeck.app import CtdeckApp

    return CtdeckApp(settings, first=first)


async def _rows(first: asyncio.Task[Found]) -> None:
    """Wait for rows, or for word that there are none to be had."""
    found = await asyncio.shield(first)
    if isinstance(found, Session):
        async for snapshot in found.store.watch():
            if snapshot.loaded or snapshot.containers:
                return
