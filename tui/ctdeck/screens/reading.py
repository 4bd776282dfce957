"""A longer text on the whole screen: the JSON of an object, or what the doctor says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget

from aiocontainerd.safe import safe
from ctdeck.ansi import Painted
from ctdeck.clipboard import copy
from ctdeck.failures import plain_words
from ctdeck.formatting import GLYPHS, counted
from ctdeck.masking import masked_text
from ctdeck.screens.boundkeys import Named, bottom_keys
from ctdeck.screens.saving import proposed, save_lines
from ctdeck.widgets.askline import AskLine
from ctdeck.widgets.column import fit
from ctdeck.widgets.lines import BottomLine, Line
from ctdeck.widgets.parts import Part
from ctdeck.widgets.textpage import NOTHING, TextPage
from ctdeck.widgets.textview import TextView

Read = Callable[[bool, int], AsyncIterator[Sequence[Painted]]]
COPIED = 1 << 20  # characters; many terminals take less
_SECRETS = Named("secrets", ("reading.secrets",))
_FOOTER = (
    Named("back", ("text.leave",)),
    Named("find", ("text.find",)),
    Named("only with", ("text.sift",)),
    Named("next, previous", ("text.next", "text.previous")),
    Named("copy all", ("text.copy",)),
    _SECRETS,
    Named("save", ("reading.save",)),
    Named("read again", ("reading.again",)),
    Named("wrap", ("text.wrap",)),
)


class ReadingScreen(Screen[None]):
    """`read` gives the lines as they come, with their secrets if it is told so, for so many cells.

    `secrets` is whether there can be any that `x` shows. `opened` is told of prompts that get the
    next keys.
    """

    AUTO_FOCUS = "TextView"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "secrets", "secrets", id="reading.secrets", tooltip="Show what is hidden"),
        Binding("s", "save", "save", id="reading.save", tooltip="Save what is shown to a file"),
        Binding("r", "again", "read again", id="reading.again", tooltip="Read it again"),
    ]

    def __init__(
        self, title: str, read: Read, opened: Callable[[Widget], None], *, secrets: bool
    ) -> None:
        super().__init__()
        self.heading = title
        self.view: TextView[Painted] = TextView(lambda line: line, _size, id="reading")
        self.page = WholePage(self.view, opened)
        self.plain = False  # secrets are shown
        self._read = read
        self._secrets = secrets
        self._kind = "json" if secrets else "txt"  # of a file that it is saved to
        self._top = Line(id="reading-top")
        self._bottom = BottomLine(id="reading-bottom")

    def compose(self) -> ComposeResult:
        """What it is, the text, the keys."""
        yield self._top
        yield self.page
        yield self._bottom

    def on_mount(self) -> None:
        """Read it."""
        self.action_again()

    def on_resize(self, event: object) -> None:
        """Other keys fit."""
        self.tell()

    def on_text_page_altered(self) -> None:
        """The filter, the search, the wrapping."""
        self.tell()

    def on_text_page_left(self) -> None:
        """Back to where one came from."""
        self.dismiss()

    def tell(self) -> None:
        """The top line, and the keys."""
        width = self.app.size.width
        notes = [self.page.count_text] if self.view.shown else []
        notes = [*(["secrets shown"] if self.plain else []), *notes]
        right = f" {GLYPHS.dot} ".join(notes) + " "
        room = max(0, width - cell_len(right) - 2)
        title = fit(safe(self.heading), min(cell_len(safe(self.heading)), room), cut="middle")
        gap = " " * max(0, width - cell_len(title) - 1 - cell_len(right))
        parts: list[Part] = [(" ", ""), (title, "bold $primary"), (gap, ""), (right, "$accent")]
        self._top.show(parts)
        self._bottom.show_keys(self._keys(width))

    def _keys(self, width: int) -> list[tuple[str, str, str]]:
        if self.page.asking is not None:
            saves = isinstance(self.page.asking, AskLine)
            enter, escape = ("save", "leave it") if saves else ("keep", "clear")
            return [("", "Enter", enter), ("", "Esc", escape)]
        wanted = [each for each in _FOOTER if self._secrets or each is not _SECRETS]
        return bottom_keys(self, wanted, width, also=(TextPage,))

    def action_save(self) -> None:
        """Ask where to."""
        self.page.ask(AskLine("save to", proposed(self.heading, self._kind)))

    def on_ask_line_answered(self, event: AskLine.Answered) -> None:
        """Save what is shown, as it is shown."""
        self.page.close_prompt()
        if event.text:
            shown = [self.view.lines[number] for number in self.view.shown]
            texts = (line.text for line in shown)
            self.run_worker(save_lines(self.app, event.text, texts), group="save")

    def on_line_clicked(self, event: Line.Clicked) -> None:
        """A key's name."""
        self.app.simulate_key(event.name)

    def action_again(self) -> None:
        """Read it anew."""
        self.view.empty = "reading …"
        self.run_worker(self._fill(), group="reading", exclusive=True)

    def action_secrets(self) -> None:
        """Show what is hidden, or hide it again."""
        if not self._secrets:
            self.app.notify("Nothing is hidden here.", markup=False)
            return
        self.plain = not self.plain
        self.action_again()

    async def _fill(self) -> None:
        (_, top, row), is_first = self.view.place, True
        top -= self.view.lines.first
        try:
            async for lines in self._read(self.plain, self.app.size.width):
                (self.view.show if is_first else self.view.add)(lines)
                is_first = False
                self.tell()
            self.view.empty = "There is nothing."
        except Exception as error:  # shown in its place
            words = masked_text(plain_words(error)[1].splitlines()[0])
            self.view.show([])
            self.view.empty = safe(words)
        self.view.place = (False, self.view.lines.first + top, row)
        self.view.renew()
        self.tell()


class WholePage(TextPage):
    """`c` copies all of it, and not only what is on the screen: one wants the whole JSON."""

    async def _copy(self) -> None:
        numbers = list(self.view.shown)
        if not numbers:
            self._say(NOTHING)
            return
        text = self.view.text_of(numbers, COPIED)
        where = await copy(self.app, text[:COPIED])
        cut = f", the first {COPIED:,} characters" if len(text) > COPIED else ""
        self._say(f"Copied {counted(len(numbers), 'line')}{cut} {where}".rstrip() + ".")


def _size(line: Painted) -> int:
    return len(line.text)
