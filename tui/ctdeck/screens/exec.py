"""What to execute in a container: a shell, or a command; Enter in any field starts it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.safe import safe
from ctdeck.command.parsing import check_directory
from ctdeck.command.shellwords import split
from ctdeck.screens.dialog import NARROW_FORM
from ctdeck.styles import style_path
from ctdeck.verbs.inside import Wish
from ctdeck.widgets.fields import Field, WordsField
from ctdeck.widgets.form import FormRow, Note


class ExecScreen(ModalScreen["Wish | None"]):
    """Its result is what to execute; None if it was left."""

    CSS_PATH = style_path("exec")
    HORIZONTAL_BREAKPOINTS = NARROW_FORM
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close", id="exec.close", tooltip="Execute nothing"),
    ]

    def __init__(self, name: str, shells: Sequence[str]) -> None:
        super().__init__()
        self._called = name
        self._shells = shells

    def compose(self) -> ComposeResult:
        """Three fields and the keys."""
        with Vertical(id="exec-form"):
            yield FormRow(
                "command", WordsField("", f"a shell: {_listed(self._shells)}", id="exec-command")
            )
            yield FormRow("user", Field("", "the container's own", id="exec-user"))
            yield FormRow("directory", Field("", "the container's own", id="exec-cwd"))
            yield Note(id="exec-error")
            yield Static("Enter starts it   Tab next field   Esc closes", id="exec-keys")

    def on_mount(self) -> None:
        """Enter at once is a shell."""
        title = Content(safe(f"Execute in {self._called}"))
        self.query_one("#exec-form").border_title = title
        self.query_one("#exec-command", Field).focus()

    def on_input_changed(self) -> None:
        """What was wrong is being mended."""
        self.query_one("#exec-error", Note).say("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Start it; what is no command stays in its field."""
        event.stop()
        values = (self.query_one(f"#exec-{name}", Field).value for name in ("user", "cwd"))
        user, cwd = (value.strip() for value in values)
        try:
            words = split(self.query_one("#exec-command", Field).value)
            check_directory(cwd)
        except InvalidArgument as error:
            self.query_one("#exec-error", Note).say(str(error), bad=True)
            return
        self.dismiss(Wish(tuple(word.text for word in words), user, cwd))

    def action_leave(self) -> None:
        """Nothing is executed."""
        self.dismiss(None)


def _listed(shells: Sequence[str]) -> str:
    """Those that are no path."""
    return ", ".join(each for each in shells if "/" not in each)
