"""The fields of the run form: what stands in them, and what is wrong beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Input

from aiocontainerd.errors import ContainerdError
from aiocontainerd.run_options import NETWORKS
from ctdeck.forms.drafts import GENERAL, Draft
from ctdeck.masking import without
from ctdeck.widgets.fields import CheckField, ChoiceField, Field, VariableField, WordsField
from ctdeck.widgets.form import FormRow, ManyRows, Note
from ctdeck.widgets.path_field import PathField, listed


class RunFields(VerticalScroll, can_focus=False):
    """One row a field. Fields are called as in a Reading: name, mounts.0, …

    `name` is what the container is called if none is typed.
    """

    def __init__(self, draft: Draft, name: str) -> None:
        super().__init__(id="run-fields")
        self._name_else = name
        self._first = draft

    def compose(self) -> ComposeResult:
        """In the order of wanting."""
        draft = self._first
        yield FormRow("name", Field(draft.name, self._name_else, select_on_focus=True, id="name"))
        yield FormRow("command", WordsField(draft.command, "the image's own", id="command"))
        hint = "/host/path:/path/inside[:ro]"
        yield ManyRows("mounts", lambda text: PathField(text, hint), draft.mounts, id="mounts")
        yield ManyRows(
            "environment", lambda text: VariableField(text, "NAME=VALUE"), draft.env, id="env"
        )
        yield FormRow("network", ChoiceField(sorted(NETWORKS)[::-1], draft.network, id="network"))
        yield FormRow("user", Field(draft.user, "the image's own", id="user"))
        yield FormRow("working dir", Field(draft.cwd, "the image's own", id="cwd"))
        yield FormRow("memory", Field(draft.memory, "no limit; 512m, 2g", id="memory"))
        yield FormRow("cpus", Field(draft.cpus, "no limit; 0.5, 2", id="cpus"))
        yield FormRow("pids", Field(draft.pids, "no limit; 200", id="pids"))
        yield FormRow("", CheckField("read-only root", draft.readonly, id="readonly"))
        yield FormRow("", CheckField("terminal", draft.terminal, id="terminal"))
        yield FormRow("", CheckField("remove when done", draft.remove, id="remove"))

    @property
    def draft(self) -> Draft:
        """What stands in the fields."""

        def text(name: str) -> str:
            return self.query_one(f"#{name}", Field).value

        def check(name: str) -> bool:
            return self.query_one(f"#{name}", CheckField).value

        return Draft(
            name=text("name"),
            command=text("command"),
            mounts=self.query_one("#mounts", ManyRows).values,
            env=self.query_one("#env", ManyRows).values,
            network=self.query_one("#network", ChoiceField).value,
            user=text("user"),
            cwd=text("cwd"),
            memory=text("memory"),
            cpus=text("cpus"),
            pids=text("pids"),
            readonly=check("readonly"),
            terminal=check("terminal"),
            remove=check("remove"),
        )

    def on_input_changed(self, event: Input.Changed) -> None:
        """What was wrong is being mended."""
        _note_of(event.input).say("")

    def on_path_field_completed(self, event: PathField.Completed) -> None:
        """Show what Tab found, or why it found nothing."""
        choices = f"{listed(event.choices)}   ↓ next field" if event.choices else ""
        _note_of(event.field).say(event.problem or choices)

    def tell_if_wrong(self, left: Widget, errors: Mapping[str, ContainerdError]) -> None:
        """Say beside the field that was left what is wrong with it."""
        for name, error in errors.items():
            if self._field(name) is left:
                self.place(name, error, focus=False)

    def place_all(self, errors: Mapping[str, ContainerdError]) -> None:
        """Say all that is wrong; the first of those fields on the screen gets the keys."""
        for note in self.query(Note):
            note.say("")
        for name, error in errors.items():
            self.place(name, error, focus=False)
        wrong = [self._field(name) for name in errors]
        first = next((field for field in self.screen.focus_chain if field in wrong), None)
        if first:
            first.focus()

    def place(
        self, name: str, error: ContainerdError, hidden: Iterable[str] = (), *, focus: bool = True
    ) -> bool:
        """Say it beside its field, without what is `hidden`; False if it is of the whole form."""
        field = self._field(name)
        if field is None:
            return False
        value = field.value if isinstance(field, Input) else ""
        _note_of(field).say(without(_beside(error, value), tuple(hidden)), bad=True)
        if focus:
            field.focus()
        return True

    def _field(self, name: str) -> Widget | None:
        if name == GENERAL:
            return None
        kind, _, place = name.partition(".")
        widget = self.query_one(f"#{kind}")
        return widget.query(Field)[int(place)] if isinstance(widget, ManyRows) else widget


def _note_of(field: Widget) -> Note:
    row = next(each for each in field.ancestors if isinstance(each, FormRow))
    return row.note


def _beside(error: ContainerdError, value: str) -> str:
    """The error's text; without its subject where the field itself stands above it."""
    if value.strip() and value.strip() in error.subject:
        return f"{error.what.rstrip('.')}. {error.remedy}".strip()
    return str(error)
