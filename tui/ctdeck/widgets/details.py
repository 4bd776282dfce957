"""The details of one row: its name and the tabs in one line, over facts that scroll."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Size
from textual.message import Message

from aiocontainerd.safe import safe
from ctdeck.descriptions.facts import Fact
from ctdeck.formatting import GLYPHS
from ctdeck.widgets.column import fit
from ctdeck.widgets.factsview import FactsView
from ctdeck.widgets.lines import RULE, Line
from ctdeck.widgets.parts import Part
from ctdeck.widgets.selfdrawn import line_width

LEAST = 6  # cells of the name
EDGE = 2  # cells for the dots of tabs that have no room


def head_parts(title: str, tabs: Sequence[str], here: int, width: int, line: str) -> list[Part]:
    """``─ web1 ─ [Details] Mounts 2  Rootfs ───``: the name gives way to the tabs.

    Of tabs that have no room those around the one that is seen are shown.
    """
    texts = [f"[{name}]" if place == here else f" {name} " for place, name in enumerate(tabs)]
    texts = _within(texts, here, width - min(cell_len(title), LEAST) - 4)
    shown: list[Part] = [
        (text, "bold $primary" if place == here else "$quiet") for place, text in enumerate(texts)
    ]
    room = width - sum(cell_len(text) for text, _ in shown) - 6
    parts: list[Part] = [(RULE, line)]
    if title:
        name = fit(title, min(cell_len(title), max(LEAST, room)), cut="middle")
        parts += [(f" {name} ", "bold"), (RULE, line)]
    parts += shown
    used = sum(cell_len(text) for text, _ in parts)
    return [*parts, (RULE * max(0, width - used), line)]


def _within(texts: list[str], here: int, room: int) -> list[str]:
    """Those that fit, around the one that is seen; the others are empty, the next one dots."""
    first, last = 0, len(texts)

    def too_wide() -> bool:
        dots = EDGE * ((first > 0) + (last < len(texts)))
        return sum(map(cell_len, texts[first:last])) + dots > room

    while last - first > 1 and too_wide():
        if here - first > last - 1 - here:
            first += 1
        else:
            last -= 1
    shown = ["" for _ in texts]
    shown[first:last] = texts[first:last]
    for edge in {first - 1, last} & set(range(len(texts))):
        shown[edge] = GLYPHS.ellipsis.ljust(EDGE)
    return shown


class Details(Vertical):
    """Shows facts; `tab` is remembered by its name while the row changes."""

    @dataclass
    class Turned(Message):
        """Another tab was chosen with the mouse."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._head = Line(id="details-head")
        self._tabs: Mapping[str, Sequence[Fact]] = {}
        self._title = ""
        self.scroll = FactsView(id="details-text")
        self.tab = ""

    def compose(self) -> ComposeResult:
        """The head over the facts."""
        yield self._head
        yield self.scroll

    @property
    def tab_names(self) -> list[str]:
        """The tabs by their bare names, without counts."""
        return [name.split(" ")[0] for name in self._tabs]

    def show(self, title: str, tabs: Mapping[str, Sequence[Fact]]) -> None:
        """Show a row; the scroll goes back to the top only for another row."""
        if (title, tabs) != (self._title, self._tabs):
            other = title != self._title
            self._title, self._tabs = title, tabs
            self._draw(top=other)

    def turn(self, step: int) -> None:
        """Go to the next tab, or the previous with -1."""
        names = self.tab_names
        if names:
            self.tab = names[(self._here() + step) % len(names)]
            self._draw(top=True)

    def on_line_clicked(self, event: Line.Clicked) -> None:
        """A click on a tab."""
        event.stop()
        self.turn(self.tab_names.index(event.name) - self._here())
        self.post_message(self.Turned())

    def _here(self) -> int:
        """The tab that is seen: the remembered one if this row has it, else the first."""
        names = self.tab_names
        return names.index(self.tab) if self.tab in names else 0

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        """Fit the tabs to the new width before it is painted in; see `SelfDrawn`."""
        changed = super()._size_updated(size, virtual_size, container_size, layout)
        if changed:
            self._draw()
        return changed

    def on_descendant_focus(self) -> None:
        """The rule shows that the keys are here."""
        self._draw()

    def on_descendant_blur(self) -> None:
        """The keys are elsewhere."""
        self._draw()

    def _draw(self, *, top: bool = False) -> None:
        rule = "$primary" if self.scroll.has_focus else "$faint"
        title, names = safe(self._title), list(self._tabs)
        parts = head_parts(title, names, self._here(), line_width(self), rule)
        first = len(parts) - 1 - len(names)
        places = {first + number: name for number, name in enumerate(self.tab_names)}
        self._head.show(parts, places)
        tabs = list(self._tabs.values())
        self.scroll.show(tabs[self._here()] if tabs else (), top=top)
