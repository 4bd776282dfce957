"""Where the .tcss files are: beside the package in a wheel, at the top of a working copy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App


def style_path(name: str) -> Path:
    """The path of `styles/<name>.tcss`; raises FileNotFoundError if it was not shipped."""
    here = Path(__file__).resolve().parent
    for folder in (here / "styles", here.parent.parent / "styles"):
        path = folder / f"{name}.tcss"
        if path.is_file():
            return path
    raise FileNotFoundError(f"ctdeck was installed without its style sheet {name}.tcss")


def add_sheet(app: App[Any], name: str) -> None:
    """Read one more style sheet, for what is mounted next; once for each.

    Those that are there are not parsed again, and what is on the screen is not styled again.
    """
    path = str(style_path(name))
    if not app.stylesheet.has_source(path):
        app.stylesheet.read(path)
        app.stylesheet.parse()
