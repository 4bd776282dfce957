"""Saves lines to a file of the user's choice, and says what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

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


async def save_lines(app: App[Any], path: str, lines: Iterable[str], count: int) -> None:
    """To a new file, 0600; told in a toast, also what went wrong."""
    try:
        file = await off_loop(lambda: save_new(path, lines), "save")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        if isinstance(error, FileExistsError):
            why = "there is a file already, and it stays"
        app.notify(safe(f"{path}: {why}"), title="Not saved", severity="error", markup=False)
    else:
        app.notify(safe(f"Saved {counted(count, 'line')} to {file}"), markup=False)
