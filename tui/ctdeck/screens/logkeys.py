"""The keys of the log: those of its own, and what the bottom line and the help say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from ctdeck.actions.action import KEY_NAMES
from ctdeck.logtext import SPANS
from ctdeck.widgets.textpage import KEYS as TEXT_KEYS

if TYPE_CHECKING:
    from ctdeck.screens.logs import LogScreen

_SINCE = ", ".join(words for _, words in SPANS)  # in the order of their keys
# The end of the id, keys, action, title, tooltip.
KEYS = (
    ("times", "t", "times", "times", "Times before the lines: of day, with the date, none"),
    ("stream", "o", "stream", "out/err", "Only stdout, only stderr, both"),
    ("save", "s", "save", "save", "Save the lines that are shown to a new file"),
    ("help", "question_mark", "help", "help", "These keys, and where the log is"),
    *(
        (f"since.{place}", str(place), f"since({place})", f"since {words}", f"Since {words}")
        for place, (_, words) in enumerate(SPANS)
    ),
)
# Title and key of those that the bottom line names, the most wanted first.
_FOOTER = (
    ("question_mark", "?", "help"),
    ("q", "q", "back"),
    ("slash", "/", "find"),
    ("ampersand", "&", "only with"),
    ("G", "G", "follow"),
    ("t", "t", "times"),
    ("w", "w", "wrap"),
    ("", "0-6", "since"),
    ("s", "s", "save"),
    ("o", "o", "out/err"),
    ("c", "c", "copy"),
    ("n", "n N", "next, previous"),
)
_TYPING = {
    "FilterLine": (("", "Enter", "keep"), ("", "Esc", "clear")),
    "AskLine": (("", "Enter", "save"), ("", "Esc", "leave it")),
}


def keys_that_fit(screen: LogScreen, width: int) -> list[tuple[str, str, str]]:
    """(key to press, its name, what it does) for the bottom line."""
    if screen.page.asking is not None:
        return list(_TYPING[type(screen.page.asking).__name__])
    kept, room = [], width - 1
    for entry in _FOOTER:
        room -= cell_len(entry[1]) + cell_len(entry[2]) + 3
        if room < 0:
            break
        kept.append(entry)
    return kept


def help_text() -> str:
    """All the keys, a line each."""
    lines = []
    for name, keys, _, _, tooltip in (*KEYS, *TEXT_KEYS):
        if name.startswith("since.") and name != "since.0":
            continue
        shown = " ".join(KEY_NAMES.get(key, key) for key in keys.split(","))
        shown, tooltip = ("0 … 6", f"Since: {_SINCE}") if name == "since.0" else (shown, tooltip)
        lines.append(f"{shown:<16} {tooltip}")
    return "\n".join(lines)
