"""`:cp ID:/path here` and back: which side is the container's. Pure."""

import os
import re

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.safe import safe
from ctdeck.command.flags import Given
from ctdeck.command.requests import CopyCommand

_INSIDE = re.compile(r"(?P<id>[A-Za-z0-9][\w.-]*):(?P<path>.*)", re.DOTALL)
_REMEDY = "Write :cp ID:/path here, or :cp here ID:/path."


def copy_command(given: Given) -> CopyCommand:
    """Raises InvalidArgument."""
    if len(given.arguments) != 2:
        raise InvalidArgument("from where to where?", remedy=_REMEDY)
    if "-" in given.arguments:
        what = "- (a tar stream) has no place in a screen"
        raise InvalidArgument(what, remedy="Name a file or folder instead.")
    source, target = given.arguments
    sides = _side(source), _side(target)
    force = given.has("--force")
    match sides:
        case (str() as id, path), None:
            return CopyCommand(id, path, here(target), force=force)
        case None, (str() as id, path):
            return CopyCommand(id, path, here(source), inward=True, force=force)
        case None, None:
            what = "neither side is a container's"
        case _:
            what = "both sides are a container's"
    raise InvalidArgument(what, subject=safe(f"{source} {target}"[:80]), remedy=_REMEDY)


def _side(text: str) -> tuple[str, str] | None:
    """Id and path; None for a path of this host, which may have a colon behind a / or a dot."""
    found = _INSIDE.fullmatch(text)
    return (found["id"], found["path"] or "/") if found else None


def here(path: str) -> str:
    """The path in full; a slash or dot at its end has a meaning, and stays.

    Raises InvalidArgument for one that begins in a current folder that was removed.
    """
    try:
        full = os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111  no link is followed
    except FileNotFoundError as error:
        what = "the current folder is gone"
        raise InvalidArgument(what, subject=safe(path), remedy="Write it in full.") from error
    if path.endswith("/."):
        return f"{full}/."
    return f"{full.rstrip('/')}/" if path.endswith("/") else full
