"""The start: the daemon is asked first, and answers while Textual is imported in pieces.

All of it is on one thread on purpose: two that import at once hand the interpreter to and fro at
every file they open, which took longer than one after the other (1.9 instead of 1.7 times that
of a bare app).
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING

from ctdeck.connect import look
from ctdeck.settings import Session, Settings
from ctdeck.terminal.kind import colours_for

if TYPE_CHECKING:
    from ctdeck.app import CtdeckApp
    from ctdeck.connect import Found
    from ctdeck.firstpicture.stage import Stage

# Between two of them the daemon's answers have their turn; each takes 1 to 5 ms, Textual's core 30.
# First what the first picture is drawn with, then what does not need that core.
PICTURE = (
    "ctdeck.listing",
    "ctdeck.widgets.column",
    "ctdeck.masking",
    "ctdeck.panes",
    "ctdeck.widgets.sheet",
    "ctdeck.firstpicture.drawing",
    "ctdeck.firstpicture.inks",
)
BESIDE = (
    "typing_extensions",
    "rich.style",
    "rich.text",
    "rich.console",
    "rich.panel",
    "rich.table",
    "fractions",
    "platformdirs.unix",
    "ctdeck.actions",
)
TEXTUAL = (
    "textual.color",
    "textual.strip",
    "textual.dom",
    "textual.content",
    "textual.widget",
    "textual.containers",
    "textual.screen",
    "textual.types",
    "textual.command",
    "textual.theme",
    "textual.app",
    "ctdeck.widgets.table",
    "ctdeck.screens.main",
    "ctdeck.app",
)
TURNS = 6  # of the event loop, before each piece
AHEAD = 0.1  # s that Textual's core waits for the first picture
BREATH = 0.002  # s without anything to do, after which the next piece comes before the picture
BUSY = 0.5  # s after the start in which that is waited for
PATIENCE = 0.03  # s that the app waits for the first rows: one painting instead of two
SOON = 0.005  # s that the picture's first rows wait for the other lists


async def start(settings: Settings, stage: Stage | None = None) -> CtdeckApp:
    """Make the app, with the first rows in its hands if the daemon was quick.

    They are on the screen by then, if there is a `stage` and where that can be.
    """
    first, until = asyncio.create_task(look(settings), name="first look"), time.monotonic() + BUSY
    picture: asyncio.Task[None] | None = None
    if stage is not None and stage.size is not None:
        picture = asyncio.create_task(_picture(settings, first, stage), name="first picture")
        await _import(PICTURE, picture, until)
    await _import(BESIDE, picture, until)
    if stage is not None and picture is not None:
        await asyncio.wait({picture}, timeout=AHEAD)
        await _idle(picture, until)
        if not picture.done():  # slow: the frame meanwhile, and its rows when they come
            _draw(settings, _session(first), stage)
    if not first.done():  # nor will there be rows before the app
        until = 0.0
    await _import(TEXTUAL, picture, until)
    if first.done():
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await _rows(first, settings.namespace)
    from ctdeck.app import CtdeckApp

    if picture is not None:
        picture.cancel()
    return CtdeckApp(settings, first=first, stage=stage)


async def _import(
    modules: Sequence[str], before: asyncio.Task[None] | None = None, until: float = 0.0
) -> None:
    """Import them; what shall come `before` has a real chance to, `until` then (see `_idle`)."""
    for module in modules:
        if before is not None:
            await _idle(before, until)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        import_module(module)


async def _idle(before: asyncio.Task[None], until: float) -> None:
    """Return when that is done, when the loop only waits for others, or then.

    What is asked before an import is answered meanwhile: a daemon with many containers takes as
    long to begin its list as all of Textual to be imported.
    """
    idle = False
    while not (idle or before.done() or time.monotonic() > until):
        used = time.thread_time()
        await asyncio.wait({before}, timeout=BREATH)
        idle = time.thread_time() - used < BREATH / 2


async def _picture(settings: Settings, first: asyncio.Task[Found], stage: Stage) -> None:
    """Draw the first rows as soon as they are there; without it the app itself is the first."""
    try:
        if (found := await _rows(first, settings.namespace)) is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(SOON):
                await _others(found)
    except Exception:  # whatever it is: the app will tell
        logging.getLogger("ctdeck").exception("no first picture")
    else:
        _draw(settings, found, stage)


def _session(first: asyncio.Task[Found]) -> Session | None:
    """That with the daemon, if one has answered by now."""
    if not first.done() or first.cancelled() or first.exception():
        return None
    found = first.result()
    return found if isinstance(found, Session) else None


def _draw(settings: Settings, session: Session | None, stage: Stage) -> None:
    """Put what there is on the screen."""
    try:
        if stage.size is None:
            return
        from ctdeck.firstpicture.drawing import draw
        from ctdeck.firstpicture.inks import inks_for
        from ctdeck.remembered import Remembered, root_for

        remembered = Remembered(root_for(settings))
        inks = inks_for(settings.theme or remembered.theme, colours_for(os.environ))
        now = datetime.now(UTC)
        if inks and (picture := draw(settings, session, remembered, stage.size, now, inks)):
            stage.show(picture)
    except Exception:  # whatever it is: Textual draws the same soon
        logging.getLogger("ctdeck").exception("no first picture")
        stage.give_back()


async def _rows(first: asyncio.Task[Found], scope: str | None) -> Session | None:
    """Wait for containers in this namespace, or for word that there are none to be had."""
    found = await asyncio.shield(first)
    if isinstance(found, Session):
        async for snapshot in found.store.watch():
            there = (scope is None or key.namespace == scope for key in snapshot.containers)
            if snapshot.loaded or any(there):
                return found
    return None


async def _others(session: Session) -> None:
    """Wait for the lists beside that of the containers, of which the first rows will do."""
    async for snapshot in session.store.watch():
        if snapshot.loaded or snapshot.reading <= {"containers"}:
            return
