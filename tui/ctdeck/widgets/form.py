"""Rows of a form: a label, its field or fields, and a note below for errors and candidates."""

from collections.abc import Callable, Iterator
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input, Static

from aiocontainerd.safe import safe_lines
from ctdeck.formatting import GLYPHS
from ctdeck.masking import masked_text
from ctdeck.widgets.fields import Field


class Note(Static):
    """One or more lines below a field; takes no room while it is empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(markup=False, **kwargs)
        self.add_class("note")
        self.display = False

    def say(self, text: str, *, bad: bool = False) -> None:
        """Show the text, an error with a sign before it."""
        text = safe_lines(masked_text(text) if bad and text else text)
        self.set_class(bad, "-bad")
        self.display = bool(text)
        self.update(f"{GLYPHS.warning} {text}" if bad and text else text)


class FormRow(Vertical):
    """A label, the widgets beside it, and their note."""

    def __init__(self, label: str, *widgets: Widget, id: str | None = None) -> None:
        super().__init__(id=id, classes="form-row")
        self._label = label
        self._widgets = widgets
        self.note = Note()

    def compose(self) -> ComposeResult:
        """The line and the note."""
        with Horizontal(classes="form-line"):
            yield Static(f"  {self._label}", markup=False, classes="form-label")
            yield from self._widgets
        yield self.note

    def on_descendant_focus(self) -> None:
        """The label stands out, not by a colour alone: there may be none."""
        self._mark(f"> {self._label}", True)

    def on_descendant_blur(self) -> None:
        """The label steps back."""
        self._mark(f"  {self._label}", False)

    def _mark(self, text: str, here: bool) -> None:
        # By hand, as :focus-within leaves stale labels behind.
        label = self.query_one(".form-label", Static)
        label.set_class(here, "-here")
        label.update(text, layout=False)


class ManyRows(Vertical):
    """Fields of one kind, one a row: when the last one is filled the next opens."""

    def __init__(
        self, label: str, make: Callable[[str], Field], values: tuple[str, ...], *, id: str
    ) -> None:
        super().__init__(id=id, classes="form-many")
        self._label = label
        self._make = make
        self._start = values

    def compose(self) -> ComposeResult:
        """The filled rows and an empty one."""
        for at, value in enumerate((*self._start, "")):
            yield FormRow(self._label if at == 0 else "", self._make(value))

    @property
    def rows(self) -> list[FormRow]:
        """All rows, the empty last one too."""
        return list(self.query(FormRow))

    @property
    def values(self) -> tuple[str, ...]:
        """The text of each row, empty ones too, so that places stay what they are."""
        return tuple(field.value for field in self._fields())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Open the next row once the last has something in it."""
        *_, last = self._fields()
        if event.input is last and event.value:
            self.mount(FormRow("", self._make("")))

    def _fields(self) -> Iterator[Field]:
        yield from self.query(Field)
