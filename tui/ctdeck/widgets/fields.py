"""One-line fields of a form: text, a choice, a check; all quiet (no blinking) and one row high."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from aiocontainerd.safe import safe
from ctdeck.masking import masked_pair, masked_script

UP_DOWN: list[BindingType] = [
    Binding("down", "app.focus_next", "Next field", show=False, id="field.next"),
    Binding("up", "app.focus_previous", "Previous field", show=False, id="field.previous"),
]


class Field(Input):
    """A text field; control characters in it are drawn as signs, and never pasted."""

    BINDINGS: ClassVar[list[BindingType]] = UP_DOWN

    def __init__(self, value: str = "", placeholder: str = "", **kwargs: Any) -> None:
        # Text that is there must not vanish at the first key, but for a name to be typed over.
        kwargs.setdefault("select_on_focus", False)
        super().__init__(value, placeholder=placeholder, compact=True, **kwargs)
        self.cursor_blink = False

    @property
    def _value(self) -> Text:
        # What is drawn; `safe` keeps the length, so the cursor stays where it belongs.
        return _line(self.value)

    def _on_paste(self, event: events.Paste) -> None:
        # Textual calls Input's own handler after this one: calling it here would paste twice.
        event.text = safe(event.text.strip("\r\n").partition("\n")[0].rstrip("\r"))


class VariableField(Field):
    """A field for NAME=VALUE; a secret is shown only while one is in the field."""

    @property
    def _value(self) -> Text:
        return super()._value if self.has_focus else _line(masked_pair(self.value))


class WordsField(Field):
    """A field for a command; its secrets are shown only while one is in the field."""

    @property
    def _value(self) -> Text:
        return super()._value if self.has_focus else _line(masked_script(self.value))


def _line(text: str) -> Text:
    return Text(safe(text), no_wrap=True, overflow="ignore", end="")


class ChoiceField(Static, can_focus=True):
    """One of a few words, all of them shown, the chosen one in brackets."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *UP_DOWN,
        Binding("space,right", "turn(1)", "Next", show=False, id="choice.next"),
        Binding("left", "turn(-1)", "Previous", show=False, id="choice.previous"),
    ]

    @dataclass
    class Chosen(Message):
        """Another word is chosen."""

        field: "ChoiceField"

    def __init__(self, values: Sequence[str], value: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.values = tuple(values)
        self.value = value if value in self.values else self.values[0]

    def render(self) -> Content:
        """All words in a row."""
        parts = []
        for value in self.values:
            here = value == self.value
            parts.append((f"[{value}]" if here else f" {value} ", "bold" if here else "dim"))
        return Content.assemble(*parts)

    def action_turn(self, step: int) -> None:
        """Choose the next word, or the previous one with -1."""
        self._choose(self.values[(self.values.index(self.value) + step) % len(self.values)])

    def on_key(self, event: events.Key) -> None:
        """A word's first letter chooses it."""
        found = [each for each in self.values if event.character and each[0] == event.character]
        if found:
            event.stop()
            self._choose(found[0])

    def on_click(self, event: events.Click) -> None:
        """A click on a word chooses it."""
        at = 0
        for value in self.values:
            at += len(value) + 2
            if event.x < at:
                self._choose(value)
                return

    def _choose(self, value: str) -> None:
        self.value = value
        self.refresh()
        self.post_message(self.Chosen(self))


class CheckField(Static, can_focus=True):
    """Yes or no: [x] with its title."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *UP_DOWN,
        Binding("space", "turn", "Yes or no", show=False, id="check.turn"),
    ]

    @dataclass
    class Toggled(Message):
        """It is the other way round now."""

        field: "CheckField"

    def __init__(self, title: str, value: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.title = title
        self.value = value

    def render(self) -> Content:
        """[x] title."""
        return Content.assemble((f"[{'x' if self.value else ' '}]", "bold"), f" {self.title}")

    def action_turn(self) -> None:
        """Turn it round."""
        self.value = not self.value
        self.refresh()
        self.post_message(self.Toggled(self))

    def on_key(self, event: events.Key) -> None:
        """`x` and `y` say yes, `n` says no."""
        if event.character and event.character in "xyn":
            event.stop()
            if self.value != (event.character != "n"):
                self.action_turn()

    def on_click(self) -> None:
        """A click turns it round."""
        self.action_turn()
