"""The keys of the log: those of its own, and what the bottom line and the help say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ctdeck.keynames import all_keys
from ctdeck.logtext import SPANS
from ctdeck.screens.boundkeys import Named, bottom_keys
from ctdeck.widgets.textpage import KEYS as TEXT_KEYS
from ctdeck.widgets.textpage import TextPage

if TYPE_CHECKING:
    from ctdeck.screens.logs import LogScreen

_SINCE = ", ".join(words for _, words in SPANS)  # in the order of their keys
# The end of the id, keys, action, title, tooltip.
KEYS = (
    ("times", "t", "times", "times", "Times before the lines: of day, with the date, none"),
    ("stream", "o", "stream", "out/err", "Only stdout, only stderr, both"),
    ("save", "s", "save", "save", "Save all of the log, as it is shown, to a new file"),
    ("help", "question_mark", "help", "help", "These keys, and where the log is"),
    *(
        (f"since.{place}", str(place), f"since({place})", f"since {words}", f"Since {words}")
        for place, (_, words) in enumerate(SPANS)
    ),
)
# Those that the bottom line names, the most wanted first.
_FOOTER = (
    Named("help", ("logs.help",)),
    Named("back", ("text.leave",)),
    Named("find", ("text.find",)),
    Named("only with", ("text.sift",)),
    Named("follow", ("text.last",)),
    Named("times", ("logs.times",)),
    Named("wrap", ("text.wrap",)),
    Named("since", ("logs.since.0", f"logs.since.{len(SPANS) - 1}"), "-"),
    Named("save", ("logs.save",)),
    Named("out/err", ("logs.stream",)),
    Named("copy", ("text.copy",)),
    Named("next, previous", ("text.next", "text.previous")),
)
_TYPING = {
    "FilterLine": (("", "Enter", "keep"), ("", "Esc", "clear")),
    "AskLine": (("", "Enter", "save"), ("", "Esc", "leave it")),
}


def keys_that_fit(screen: LogScreen, width: int) -> list[tuple[str, str, str]]:
    """(key to press, its name, what it does) for the bottom line."""
    if screen.page.asking is not None:
        return list(_TYPING[type(screen.page.asking).__name__])
    return bottom_keys(screen, _FOOTER, width, also=(TextPage,))


def help_text(keymap: Mapping[str, str]) -> str:
    """All the keys as they are bound, a line each."""
    bound: list[tuple[str, str]] = []
    since: list[str] = []
    for prefix, entries in (("logs", KEYS), ("text", TEXT_KEYS)):
        for name, keys, _, _, tooltip in entries:
            shown = all_keys(keymap, f"{prefix}.{name}", keys)
            if name.startswith("since."):
                since.append(shown)
            else:
                bound.append((shown, tooltip))
    place = next(at for at, (_, tooltip) in enumerate(bound) if tooltip == KEYS[3][-1]) + 1
    bound.insert(place, (f"{since[0]} … {since[-1]}", f"Since: {_SINCE}"))
    width = max(len(shown) for shown, _ in bound) + 1
    return "\n".join(f"{shown:<{width}} {tooltip}" for shown, tooltip in bound if shown)
