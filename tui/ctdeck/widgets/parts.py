"""The top line and the line of tabs as runs of text, each in a style of Textual's. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

from ctdeck.formatting import GLYPHS
from ctdeck.widgets.column import fit

Part = tuple[str, str]  # text and style


class Top(NamedTuple):
    """What the top line tells; `alarm` and `notes` are what is not normal, in words.

    `alarm` is told in several forms, the longest first; the last is the least that has to be said.
    `daemon` is ``containerd 2.1.9``, or what is being done to reach one; `address` its socket.
    `kind` is ``embedded`` for the daemon that is ctdeck's own, which ends with it.
    """

    host: str = ""
    daemon: str = ""
    namespace: str = "all"
    alarm: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    kind: str = ""
    address: str = ""


def top_parts(top: Top, width: int) -> list[Part]:
    """The parts of the top line; what is not normal has the first claim to the width.

    Of an alarm the least, then the host, then as much of the reason as fits in whole words of ours.
    """
    scope: list[Part] = [("ns ", "$quiet"), (top.namespace, "bold")]
    alarms = [f" {GLYPHS.warning} {text} " for text in top.alarm] or [""]
    least = sum(cell_len(text) for text, _ in scope) + 2
    notes = _notes(top.notes, width - least - cell_len(alarms[-1]))
    daemon = f"{top.kind} {top.daemon}".strip()
    known = ((top.host, daemon, top.address), (top.host, daemon), (top.host, top.kind))
    less = ((daemon,), (top.kind,), ())
    tries = [(alarm, names) for alarm in alarms for names in known]
    if len(alarms) > 1:  # all of the reason only beside all that is known
        del tries[1 : len(known)]
    for alarm, names in (*tries, *((alarms[-1], names) for names in less)):
        parts = _left(names, scope)
        room = width - cell_len(alarm) - cell_len(notes)
        if sum(cell_len(text) for text, _ in parts) < room:
            break
    else:
        parts = [(" ", ""), *scope]
        alarm = fit(alarm, max(0, min(cell_len(alarm), width - least - cell_len(notes))))
        room = width - cell_len(alarm) - cell_len(notes)
    gap = " " * max(0, room - sum(cell_len(text) for text, _ in parts))
    return [*parts, (gap, ""), (notes, "$warning"), (alarm, "bold reverse $warning")]


def headed(left: Sequence[Part], notes: Sequence[str], width: int) -> list[Part]:
    """What something is, and notes at the right; what is last of it gives way first, but for the
    first part, then the first of the notes."""
    ways = [(len(left) - less, 0) for less in range(len(left))]
    ways += [(1, first) for first in range(1, len(notes))]
    for count, first in ways:
        right = f" {GLYPHS.dot} ".join(notes[first:]) + " "
        room = width - cell_len(right)
        if sum(cell_len(text) for text, _ in left[:count]) < room:
            break
    parts: list[Part] = []
    for text, style in left[:count]:
        text = fit(text, min(cell_len(text), max(0, room - 1)))
        room -= cell_len(text)
        parts.append((text, style))
    return [*parts, (" " * max(0, room), ""), (right, "$accent")]


def _notes(notes: Sequence[str], width: int) -> str:
    """All of them, or the first ones that fit and how many more there are."""
    for count in range(len(notes), -1, -1):
        rest = len(notes) - count
        shown = (*notes[:count], *((f"{rest} more" if count else f"{rest} notes",) if rest else ()))
        text = "".join(f" {GLYPHS.warning} {note} " for note in shown)
        if cell_len(text) < width:
            return text
    return ""


def _left(names: Sequence[str], scope: list[Part]) -> list[Part]:
    """The product's name, then the names and the namespace with dots between."""
    dot: Part = (f" {GLYPHS.dot} ", "$faint")
    parts: list[Part] = [(" ", ""), ("ctdeck", "bold $primary"), ("   ", "")]
    for name in names:
        parts += [(name, ""), dot] if name else []
    return [*parts, *scope]


class Tab(NamedTuple):
    """One pane in the line of tabs; `full` counts where one is, `brief` elsewhere.

    `least` is what has to be told where one is: how many there are, that some are not kept, marks.
    """

    key: str
    title: str
    short: str
    full: str
    brief: str
    least: str


# How the tab that one is on is told, and how the others are: the fullest first.
_TAB_FORMS = (
    ("{0.key} {0.title} {0.full}", "{0.key} {0.title} {0.brief}"),
    ("{0.key} {0.title} {0.full}", "{0.key} {0.short} {0.brief}"),
    ("{0.key} {0.title} {0.least}", "{0.key} {0.short} {0.brief}"),
    ("{0.key} {0.short} {0.least}", "{0.key} {0.short} {0.brief}"),
    ("{0.key} {0.title} {0.full}", "{0.key} {0.title}"),
    ("{0.key} {0.title} {0.least}", "{0.key} {0.title}"),
    ("{0.key} {0.title} {0.least}", "{0.key} {0.short}"),
    ("{0.key} {0.short} {0.least}", "{0.key} {0.short}"),
    ("{0.key} {0.short} {0.least}", "{0.key}{0.short}"),
    ("{0.key} {0.short} {0.least}", "{0.key}"),
    ("{0.key} {0.least}", "{0.key}"),
    ("{0.key} {0.least}", ""),
)


def tab_parts(tabs: Sequence[Tab], current: int, width: int) -> list[Part]:
    """All tabs with their full titles and counts, or as much of it as there is room for.

    A tab that there is no room for is an empty part: each stays in its place.
    """
    for here, elsewhere in _TAB_FORMS:
        texts = [
            f"[{here.format(tab).rstrip()}]" if number == current else _beside(elsewhere, tab)
            for number, tab in enumerate(tabs)
        ]
        if sum(map(cell_len, texts)) <= width:
            break
    return [
        (text, "bold $primary" if number == current else "$quiet")
        for number, text in enumerate(texts)
    ]


def _beside(form: str, tab: Tab) -> str:
    return f" {form.format(tab).rstrip()} " if form else ""
