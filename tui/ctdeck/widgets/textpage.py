"""A long text to read: its lines, the keys that move, find and filter in it, and their prompt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from ctdeck.clipboard import copy
from ctdeck.filtering import compile_filter
from ctdeck.finding import compile_search
from ctdeck.formatting import counted
from ctdeck.keynames import first_key
from ctdeck.widgets.filterline import FilterLine, take_away
from ctdeck.widgets.textview import FAR, TextView

COPIED = 100_000  # characters; many terminals take no more
NOTHING = "There is nothing here to copy."
# The end of the id, keys, action, title, tooltip.
KEYS = (
    ("back", "escape", "back", "back", "Clear the search, then the filter; then go back"),
    ("leave", "q", "leave", "back", "Go back"),
    ("find", "slash", "find", "find", "Find: words as they are, or ~regular expression"),
    ("sift", "ampersand", "sift", "only with", "Only lines with: words, !not this, ~pattern"),
    ("next", "n", "walk(1)", "next", "The next line with what was found, downwards"),
    ("previous", "N", "walk(-1)", "previous", "The one before, upwards"),
    ("wrap", "w", "wrap", "wrap", "Long lines in several rows, or cut at the edge"),
    ("copy", "c", "copy", "copy", "Copy the lines that are on the screen"),
    ("down", "j,down", "move(1)", "down", "One row down"),
    ("up", "k,up", "move(-1)", "up", "One row up"),
    ("left", "h,left", "shift(-1)", "left", "To the left, where lines are cut"),
    ("right", "right", "shift(1)", "right", "To the right, where lines are cut"),
    ("edge", "dollar_sign", f"shift({FAR})", "line end", "To the end of the longest line in sight"),
    ("edge.left", "circumflex_accent", f"shift(-{FAR})", "line start", "Back to the first column"),
    ("first", "g,home", "first", "first", "The first line"),
    ("last", "G,end", "last", "last", "The last line, and on with what comes"),
    ("page", "pagedown,space,ctrl+f", "page(1.0)", "page down", "One page down"),
    ("page.up", "pageup,ctrl+b", "page(-1.0)", "page up", "One page up"),
    ("half", "ctrl+d", "page(0.5)", "half a page down", "Half a page down"),
    ("half.up", "ctrl+u", "page(-0.5)", "half a page up", "Half a page up"),
)


class TextPage(Vertical):
    """Holds a `TextView`. `opened` is told of a prompt that gets the next keys (`KeyGate.opened`).

    Esc takes back the search, then the filter, then asks to be closed by `Left`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(keys, action, title, id=f"text.{name}", tooltip=tooltip)
        for name, keys, action, title, tooltip in KEYS
    ]

    @dataclass
    class Left(Message):
        """Back to where one came from."""

    @dataclass
    class Altered(Message):
        """The filter, the search or the look is another one, or a filter has looked further."""

    def __init__(
        self, view: TextView[Any], opened: Callable[[Widget], None], *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.view = view
        self.filter = ""
        self.asking: Widget | None = None  # the prompt that is open
        self._opened = opened
        self._place = view.place
        view.seeker.told = self._tell

    def compose(self) -> ComposeResult:
        """The text, and room for a prompt."""
        yield self.view
        yield Vertical(id="text-prompt")

    def action_find(self) -> None:
        """The `/` line."""
        self._place = self.view.place
        words = self.view.search.words if self.view.search else ""
        self.ask(FilterLine(words, self._find))

    def action_sift(self) -> None:
        """The `&` line."""
        self.ask(FilterLine(self.filter, self._sift, sign="&"))

    def ask(self, line: Widget) -> None:
        """Show a line in which one types, over what is below; `close_prompt` takes it away."""
        prompt = self.query_one("#text-prompt")
        take_away(prompt)
        prompt.mount(line)
        self.asking = line
        self._opened(line)
        self.post_message(self.Altered())

    def on_filter_line_closed(self) -> None:
        """Enter or Esc."""
        self.close_prompt()
        if self.view.search is not None and self.view.here is None:
            self.action_walk(1)

    def has_more(self, step: int) -> bool:
        """Whether there are lines above (-1) or below (1) that are not in the view."""
        return False

    async def look_further(self, step: int) -> bool:
        """Go to the next of them with what is searched for; whether there is one."""
        return False

    def close_prompt(self) -> None:
        """Back to the text."""
        take_away(self.query_one("#text-prompt"))
        self.view.focus()
        self.asking = None
        self.post_message(self.Altered())

    def _find(self, text: str) -> str:
        """Go to the nearest one, from where one was; raises ValueError."""
        search, view = compile_search(text), self.view
        view.set_search(search)
        view.place = self._place
        if search is not None:
            self.run_worker(self._find_nearest(), group="walk", exclusive=True)
        return ""

    async def _find_nearest(self) -> None:
        seen = self.view.seen
        if not seen:
            return
        found = await self.view.seeker.walk(1, seen[0]) or await self.view.seeker.walk(-1, seen[0])
        words = "not here: Enter looks further" if self.has_more(-1) else "not found"
        for line in self.query(FilterLine):
            line.tell("" if found else words)

    def _sift(self, text: str) -> str:
        """Show only these; raises ValueError."""
        accepts = compile_filter(text)
        self.filter = text if accepts else ""
        self.view.seeker.set_filter(accepts)
        self.post_message(self.Altered())
        return self.count_text

    def _tell(self) -> None:
        for line in self.query(FilterLine):
            line.tell(self.count_text)
        self.post_message(self.Altered())

    @property
    def count_text(self) -> str:
        """How many lines are shown of how many."""
        view = self.view
        if not view.seeker.is_filtering:
            return counted(len(view.lines), "line")
        looking = "" if view.seeker.is_complete else " so far"
        all_of_them = counted(len(view.lines), "line").split(" line")[0]
        return f"{counted(len(view.shown), 'line')} of {all_of_them}{looking}"

    def action_walk(self, step: int) -> None:
        """To the next one."""
        if self.view.search is None:
            self._say(f"Nothing is searched for yet: press {self.key('find')} first.")
        else:
            self.run_worker(self._walk(step), group="walk", exclusive=True)

    async def _walk(self, step: int) -> None:
        walk, is_new = self.view.seeker.walk, self.view.here is None
        if await walk(step) or (is_new and await walk(-step)):
            return
        for way in (step, -step) if is_new else (step,):
            if self.has_more(way) and await self.look_further(way):
                return
        if is_new:
            self._say("Not found.")
        elif step > 0:
            self._say(f"There is none below; {self.key('previous')} goes up.")
        else:
            self._say(f"There is none above; {self.key('next')} goes down.")

    def action_back(self) -> None:
        """One step back."""
        if self.view.search is not None:
            self.view.set_search(None)
        elif self.filter:
            self._sift("")
        else:
            self.action_leave()
        self.post_message(self.Altered())

    def action_leave(self) -> None:
        """Back."""
        self.post_message(self.Left())

    def action_wrap(self) -> None:
        """Break long lines, or cut them."""
        self.view.turn_wrap()
        self.post_message(self.Altered())

    def action_move(self, rows: int) -> None:
        """Down or up."""
        self.view.move(rows)

    def action_page(self, share: float) -> None:
        """Down or up."""
        self.view.page(share)

    def action_shift(self, steps: int) -> None:
        """Sideways."""
        self.view.shift(steps)

    def action_first(self) -> None:
        """To the first line."""
        self.view.to_first()

    def action_last(self) -> None:
        """To the last line."""
        self.view.to_last()

    def action_copy(self) -> None:
        """What is on the screen."""
        self.run_worker(self._copy(), group="copy")

    async def _copy(self) -> None:
        seen = self.view.seen
        if not seen:
            self._say(NOTHING)
            return
        where = await copy(self.app, self.view.text_of(seen, COPIED)[:COPIED])
        self._say(f"Copied {counted(len(seen), 'line')} {where}".rstrip() + ".")

    def key(self, name: str) -> str:
        """The key of one of `KEYS`, as it is bound."""
        own, title = next((keys, title) for each, keys, _, title, _ in KEYS if each == name)
        return first_key(self.app._keymap, f"text.{name}", own) or title

    def _say(self, words: str) -> None:
        self.app.notify(words, markup=False)
