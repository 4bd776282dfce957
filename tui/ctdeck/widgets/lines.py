"""The lines round the lists: the top line, the line of tabs, and the keys at the bottom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from ctdeck.formatting import GLYPHS
from ctdeck.widgets.parts import Part

RULE = GLYPHS.rule


class Line(Static):
    """One line that is drawn again only when it says something else.

    `layout` is for one whose width is that of its text. `names` are what its parts are
    called, if a click on them means something.
    """

    @dataclass
    class Clicked(Message):
        """A part that has a name was clicked."""

        line: Line
        name: str

    def __init__(self, *, layout: bool = False, id: str | None = None) -> None:
        super().__init__(markup=False, id=id)
        self._layout_again = layout
        self._parts: tuple[Part, ...] = ()
        self._names: Mapping[int, str] = {}

    def show(self, parts: Sequence[Part], names: Mapping[int, str] | None = None) -> None:
        """Show (text, style) pairs; `names` is by the places of the parts."""
        self._names = names or {}
        if tuple(parts) != self._parts:
            self._parts = tuple(parts)
            # Textual counts changes that come before it has told the screen of the first as one:
            # laid out between them it would keep the width of that.
            self._layout_updates += self._layout_again
            self.update(Content.assemble(*parts), layout=self._layout_again)

    def on_click(self, event: events.Click) -> None:
        """Find the part under the mouse."""
        end = 0
        for place, (text, _) in enumerate(self._parts):
            end += cell_len(text)
            if event.x < end:
                if place in self._names:
                    self.post_message(self.Clicked(self, self._names[place]))
                return


class BottomLine(Line):
    """The keys that work here; a click on one does what the key does."""

    def show_keys(self, keys: Sequence[tuple[str, str, str]]) -> None:
        """(action id, key, title) of each, already chosen to fit."""
        parts: list[Part] = [(" ", "")]
        names: dict[int, str] = {}
        for action_id, key, title in keys:
            names |= {len(parts): action_id, len(parts) + 1: action_id} if action_id else {}
            parts += [(key, "bold $accent"), (f" {title}  ", "$quiet")]
        self.show(parts, names)
