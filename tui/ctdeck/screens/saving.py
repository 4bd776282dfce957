"""Saves lines to a file of the user's choice, and says what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiocontainerd.errors import ContainerdError
from aiocontainerd.safe import safe
from ctdeck.formatting import counted
from ctdeck.forms.host_paths import surroundings
from ctdeck.offloop import off_loop
from ctdeck.savefile import save_new

if TYPE_CHECKING:
    from textual.app import App


def proposed(name: str, kind: str) -> str:
    """A path in the working folder (at home if that is gone), of a file that is not there yet."""
    plain = "".join(each if each.isalnum() or each in "-._" else "-" for each in name)[:40]
    now = datetime.now()
    home, here = surroundings()
    return str(Path(here or home) / f"{plain}-{now:%Y%m%d-%H%M%S}.{kind}")


async def save_lines(app: App[Any], path: str, lines: Iterable[str]) -> None:
    """To a new file, 0600; told in a toast, also what went wrong. The lines are asked for in a
    thread, which ends when this is cancelled."""
    count, is_over = 0, False

    def counting() -> Iterator[str]:
        nonlocal count
        for line in lines:
            if is_over:
                raise InterruptedError  # nothing of it stays
            count += 1
            yield line

    try:
        file = await off_loop(lambda: save_new(path, counting()), "save")
    except asyncio.CancelledError:
        is_over = True
        raise
    except (OSError, ValueError, ContainerdError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        if isinstance(error, FileExistsError):
            why = "there is a file already, and it stays"
        app.notify(safe(f"{path}: {why}"), title="Not saved", severity="error", markup=False)
    else:
        app.notify(safe(f"Saved {counted(count, 'line')} to {file}"), markup=False)
