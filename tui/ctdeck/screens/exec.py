"""What to execute in a container, or in a toolbox beside it; Enter in any field starts it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.reference import parse as parse_reference
from aiocontainerd.safe import safe
from ctdeck.command.building import check_directory
from ctdeck.command.shellwords import split
from ctdeck.screens.boundkeys import keys_line
from ctdeck.screens.dialog import NARROW_FORM, Dialog
from ctdeck.styles import style_path
from ctdeck.verbs.handing import Wish
from ctdeck.widgets.fields import Field, WordsField
from ctdeck.widgets.form import FormRow, Note

_OWN = "the container's own"


class ExecScreen(Dialog["Wish | None"]):
    """Its result is what to execute; None if it was left.

    `shell` says what an empty command is. With an `image` it is for a toolbox.
    """

    CSS_PATH = style_path("exec")
    HORIZONTAL_BREAKPOINTS = NARROW_FORM
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close", id="exec.close", tooltip="Execute nothing"),
    ]

    def __init__(self, title: str, shell: str, *, image: str = "") -> None:
        super().__init__()
        self._title = title
        self._shell = shell
        self._image = image

    def compose(self) -> ComposeResult:
        """The fields and the keys."""
        with Vertical(id="exec-form"):
            if self._image:
                field = Field(self._image, "name:tag", id="exec-image", select_on_focus=True)
                yield FormRow("image", field)
            yield FormRow("command", WordsField("", self._shell, id="exec-command"))
            if not self._image:
                yield FormRow("user", Field("", _OWN, id="exec-user"))
                yield FormRow("directory", Field("", _OWN, id="exec-cwd"))
            yield Note(id="exec-error")
            keys = ("Enter starts it", "Tab next field", ("exec.close", "closes"))
            yield Static(keys_line(self, *keys, between="   "), id="exec-keys", markup=False)

    def on_mount(self) -> None:
        """Enter at once is a shell."""
        self.query_one("#exec-form").border_title = Content(safe(self._title))
        self.query(Field).first().focus()

    def on_input_changed(self) -> None:
        """What was wrong is being mended."""
        self.query_one("#exec-error", Note).say("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Start it; what is wrong stays in its field."""
        event.stop()
        try:
            words = split(self.query_one("#exec-command", Field).value)
            cwd, image = check_directory(self._value("cwd")), self._value("image")
            if self._image:
                parse_reference(image)
        except InvalidArgument as error:
            self.query_one("#exec-error", Note).say(str(error), bad=True)
            return
        command = tuple(word.text for word in words)
        self.dismiss(Wish(command, self._value("user"), cwd, image))

    def action_leave(self) -> None:
        """Nothing is executed."""
        self.dismiss(None)

    def _value(self, name: str) -> str:
        """Of this field, "" where there is none."""
        return next(
            (field.value.strip() for field in self.query(f"#exec-{name}").results(Field)), ""
        )
