"""The clipboard: by OSC 52, and in tmux by tmux itself, which as a rule lets no OSC 52 out."""

from __future__ import annotations

import asyncio
import os
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress
from typing import Any

from textual.app import App

from aiocontainerd.safe import safe_lines

PATIENCE = 2.0  # seconds that tmux may take
MANY = 100_000  # characters: to make a million safe takes 0.1 s


async def copy(app: App[Any], text: str) -> str:
    """Put the text into the clipboard of the terminal; returns where it went, for a toast.

    It will be pasted into a shell: of what a terminal or a shell would obey, signs are copied.
    """
    text = safe_lines(text) if len(text) < MANY else await asyncio.to_thread(safe_lines, text)
    if "TMUX" in os.environ and await _by_tmux(text):
        app._clipboard = text  # for ctrl+v in our own fields
        return "to the tmux buffer and the terminal's clipboard"
    app.copy_to_clipboard(text)
    return ""


async def _by_tmux(text: str) -> bool:
    """`load-buffer -w` (tmux 3.2) also hands it to the terminal outside; False if it fails."""
    arguments = ("tmux", "load-buffer", "-w", "-")
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(PATIENCE):
            await process.communicate(text.encode())
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    return process.returncode == 0
