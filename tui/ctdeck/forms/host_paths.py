"""Completes the host path in `SRC:DST`, as a shell does. Pure but for `read_directory`."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aiocontainerd.safe import safe

SCAN_MAX = 20_000  # entries looked at: more would hold a slow disk for too long
MATCH_MAX = 400  # matches kept: each costs a stat
_ENDED = re.compile(r"(?:\\[\\:]|[^:\\]|\\(?![\\:]))*:")
_ESCAPED = re.compile(r"\\([\\:])")
_ESCAPE = re.compile(r"[\\:]")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class PathQuery:
    """Names that begin with `partial` in `directory` (absolute, ends in '/').

    `root` leads to the files of the daemon's host where they are not ours.
    """

    directory: str
    partial: str
    root: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The names found, directories with a '/' at the end; `problem` says why there are none."""

    names: tuple[str, ...] = ()
    more: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PathCompletion:
    """The new text, and the names that all still fit if more than one does."""

    text: str
    choices: tuple[str, ...] = ()


def common_start(names: Sequence[str]) -> str:
    """What all the names begin with, letter by letter."""
    first, last = min(names, default=""), max(names, default="")
    same = (at for at, letter in enumerate(first) if letter != last[at : at + 1])
    return first[: next(same, len(first))]


def source_query(text: str, *, home: str = "", here: str = "") -> PathQuery | None:
    """What to look for, when the text is (the beginning of) a source; None past its colon.

    `~/` is `home` and a relative path is taken from `here`: a mount needs it in full.
    """
    if not text or _ENDED.match(text):
        return None
    path = _ESCAPED.sub(r"\1", text)
    if path == "~" or path.startswith("~/"):
        path = home.rstrip("/") + (path[1:] or "/")
    elif not path.startswith("/"):
        path = f"{here.rstrip('/')}/{path}"
    head, _, partial = path.rpartition("/")
    return PathQuery(f"{head}/", partial)


def complete_path(query: PathQuery, listing: Listing) -> PathCompletion:
    """The text with the one name, or with what all names begin with."""
    names = listing.names
    found = common_start(names)
    if listing.more or not names:
        found = query.partial
    text = _ESCAPE.sub(r"\\\g<0>", query.directory + found)
    return PathCompletion(text, names if len(names) > 1 else ())


def read_directory(query: PathQuery) -> Listing:
    """Look the names up; does I/O that may hang (NFS), so never on the event loop.

    Hidden names are left out unless the query asks for them; so are names that no mount
    could carry (control characters, broken text). Never raises.
    """
    names: list[str] = []
    more = False
    try:
        with os.scandir(query.root + query.directory) as entries:
            for count, entry in enumerate(entries):
                more = count >= SCAN_MAX or len(names) >= MATCH_MAX
                if more:
                    break
                if _matches(entry.name, query.partial):
                    names.append(entry.name + ("/" if _is_directory(entry) else ""))
    except OSError as error:
        why = (error.strerror or "cannot be read").lower()
        return Listing(problem=f"{safe(query.directory)}: {why}")
    return Listing(tuple(sorted(names)), more)


def surroundings() -> tuple[str, str]:
    """The home directory and the current one; empty where the system does not know."""
    try:
        here = str(Path.cwd())
    except OSError:
        here = ""
    return os.path.expanduser("~"), here  # noqa: PTH111 - Path.home() raises without one


def _matches(name: str, partial: str) -> bool:
    hidden = name.startswith(".") and not partial.startswith(".")
    return name.startswith(partial) and not hidden and not _UNPRINTABLE.search(name)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
