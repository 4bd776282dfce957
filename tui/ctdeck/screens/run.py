"""The run form: what is typed stays until the container really runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, MutableMapping
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from aiocontainerd.errors import ContainerdError
from aiocontainerd.run_options import NETWORKS, RunOptions
from ctdeck.formatting import short_reference
from ctdeck.forms.drafts import GENERAL, Draft, Reading, draft_of, field_of, read
from ctdeck.forms.risks import NO_FACTS, Facts, lines_of, risks
from ctdeck.forms.risky_paths import UNKNOWN, Engine
from ctdeck.masking import hidden_in, masked, without
from ctdeck.screens.dialog import NARROW_FORM
from ctdeck.styles import style_path
from ctdeck.verbs.doing import NotNow
from ctdeck.widgets.fields import CheckField, ChoiceField, Field, VariableField, WordsField
from ctdeck.widgets.form import FormRow, ManyRows, Note
from ctdeck.widgets.path_field import PathField, listed

if TYPE_CHECKING:
    from aiocontainerd.operations import RunResult

_HELP = "Enter runs   Esc leaves, keeps the text   Tab next field"
TALL = 20  # lines of the screen from which on there is room
SHOWN = 4  # risks that have a line of their own there
_KEPT = "Kept from last time; ctrl+n starts anew."
_KEPT_OF_ANOTHER = "Kept from when its name meant another image; ctrl+n starts anew."
_RISKIER = "What is risky has just been found out, below. Enter again runs it all the same."


async def unseen(_: RunOptions) -> Facts:
    """Nothing is known of the sources."""
    return NO_FACTS


class RunScreen(ModalScreen["RunResult | None"]):
    """Asks for the options of one container and runs it; its result is that of `run`.

    `base` has the image, a generated id, and what the form has no field for. `run` does it
    and raises our errors, which come back beside their field; it hears what is known of the
    sources, to refuse others. `drafts` keeps what was typed
    when the form was left, by `kept_as`: what it was opened on, so that nothing of one
    container is ever shown for another. `equivalent` is the `ctr run` line of options.
    `examine` finds out what the sources of its mounts really are, on the host of `engine`.
    `moved`: what is kept is from when the image's name meant another one.
    """

    CSS_PATH = style_path("run")
    HORIZONTAL_BREAKPOINTS = NARROW_FORM
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]  # noqa: RUF012 - as Screen has it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run", "Run", id="form.run", tooltip="Run the container"),
        Binding("escape", "leave", "Leave", id="form.leave", tooltip="Leave; the text is kept"),
        Binding("ctrl+n", "anew", "Anew", id="form.anew", tooltip="Forget what was kept"),
    ]

    def __init__(
        self,
        base: RunOptions,
        *,
        namespace: str,
        run: Callable[[RunOptions, Facts], Awaitable[RunResult]],
        equivalent: Callable[[RunOptions], str],
        drafts: MutableMapping[Hashable, Draft],
        kept_as: Hashable,
        examine: Callable[[RunOptions], Awaitable[Facts]] = unseen,
        engine: Engine = UNKNOWN,
        moved: bool = False,
    ) -> None:
        super().__init__()
        self._base = base
        self._namespace = namespace
        self._start = run
        self._equivalent = equivalent
        self._drafts = drafts
        self._kept_as = kept_as
        self._first = drafts.get(kept_as) or draft_of(base)
        self._busy = False
        self._shown = "", ""  # the equivalent line and the risks on the screen
        self._risks: tuple[str, ...] = ()
        self._examine = examine
        self._engine = engine
        self._moved = moved
        self._hidden: tuple[str, ...] = ()  # of what was run: errors repeat it
        self._facts: Facts = {}  # of the sources, once they are known

    def compose(self) -> ComposeResult:
        """Fields above, what comes of them below."""
        title = f"Run {short_reference(self._base.image)} in namespace {self._namespace}"
        with Vertical(id="run-form"):
            yield Static(title, markup=False, id="run-title")
            if self._kept_as in self._drafts:
                yield Static(
                    _KEPT_OF_ANOTHER if self._moved else _KEPT, markup=False, id="run-kept"
                )
            with VerticalScroll(id="run-fields", can_focus=False):
                yield from self._fields(self._first)
            with Vertical(id="run-below"):
                yield Note(id="run-error")
                yield Static("", markup=False, id="run-risks")
                yield Static("", markup=False, id="run-equivalent")
            yield Static(_HELP, markup=False, id="run-keys")

    def _fields(self, draft: Draft) -> ComposeResult:
        yield FormRow("name", Field(draft.name, select_on_focus=True, id="name"))
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

    def on_mount(self) -> None:
        """The name is selected as a whole: typing replaces it."""
        self.query_one("#name", Field).focus()
        self._show()

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
        """What was wrong is being mended; the lines below follow."""
        self._note_of(event.input).say("")
        self._show()

    def on_choice_field_chosen(self) -> None:
        """The lines below follow."""
        self._show()

    def on_check_field_toggled(self) -> None:
        """The lines below follow."""
        self._show()

    def on_input_blurred(self, event: Input.Blurred) -> None:
        """Say at once what is wrong with the field that was left."""
        for name, error in read(self.draft, self._base).errors.items():
            if self._field(name) is event.input:
                self._note_of(event.input).say(_beside(error, event.value), bad=True)

    def on_path_field_completed(self, event: PathField.Completed) -> None:
        """Show what Tab found, or why it found nothing."""
        choices = f"{listed(event.choices)}   ↓ next field" if event.choices else ""
        self._note_of(event.field).say(event.problem or choices)

    def on_input_submitted(self) -> None:
        """Enter in a text field."""
        self.action_run()

    def action_run(self) -> None:
        """Run if all fields are right, else show what is wrong beside them."""
        if self._busy:
            return
        reading = read(self.draft, self._base)
        self._show_errors(reading)
        if reading.options:
            self._busy = True
            self._hidden = hidden_in(reading.options)
            self.run_worker(self._try(reading.options), group="run")

    def action_leave(self) -> None:
        """Leave, and keep what was typed; a run under way is called off and undone."""
        if self._busy:
            self.workers.cancel_group(self, "run")
            return
        if self.draft.without_blanks() != self._first.without_blanks():
            self._drafts[self._kept_as] = self.draft.without_blanks()
        self.dismiss(None)

    async def action_anew(self) -> None:
        """Forget what was kept, and what was typed since."""
        if self._busy:
            return
        self._drafts.pop(self._kept_as, None)
        self._first = draft_of(self._base)
        self._shown = "", ""
        await self.recompose()
        self.on_mount()

    async def _try(self, options: RunOptions) -> None:
        keys = self.query_one("#run-keys", Static)
        keys.update(f"{options.id} is being started …   Esc calls it off")
        try:
            if await self._is_riskier(options):
                return
            result = await self._start(options, self._facts)
        except ContainerdError as error:
            self._place(field_of(error, self.draft), error)
        except NotNow as error:
            self.query_one("#run-error", Note).say(str(error), bad=True)
        else:
            self._drafts.pop(self._kept_as, None)
            self.dismiss(result)
        finally:
            self._busy = False
            keys.update(_HELP)

    def _show_errors(self, reading: Reading) -> None:
        for note in self.query(Note):
            note.say("")
        for name, error in reading.errors.items():
            self._place(name, error, focus=False)
        wrong = [self._field(name) for name in reading.errors]
        first = next((field for field in self.focus_chain if field in wrong), None)
        if first:
            first.focus()

    def _place(self, name: str, error: ContainerdError, *, focus: bool = True) -> None:
        field = self._field(name)
        if field is None:
            self.query_one("#run-error", Note).say(without(str(error), self._hidden), bad=True)
            return
        value = field.value if isinstance(field, Input) else ""
        self._note_of(field).say(without(_beside(error, value), self._hidden), bad=True)
        if focus:
            field.focus()

    def _field(self, name: str) -> Widget | None:
        """The field called so in a Reading: name, mounts.0, …; None for the whole form."""
        if name == GENERAL:
            return None
        kind, _, place = name.partition(".")
        widget = self.query_one(f"#{kind}")
        return widget.query(Field)[int(place)] if isinstance(widget, ManyRows) else widget

    def _note_of(self, field: Widget) -> Note:
        row = next(each for each in field.ancestors if isinstance(each, FormRow))
        return row.note

    def _show(self) -> None:
        """The equivalent line and the risks, of what is right so far."""
        options = read(self.draft, self._base).shown
        line = f"$ {self._equivalent(masked(options))}"
        self._risks = risks(options, self._facts, self._engine)
        found = "\n".join(lines_of(self._risks, 1 if self.app.size.height < TALL else SHOWN))
        if (line, found) == self._shown:
            return
        self._shown = line, found
        self.query_one("#run-equivalent", Static).update(line)
        below = self.query_one("#run-risks", Static)
        below.display = bool(found)
        below.update(found)
        if {mount.source for mount in options.mounts} - set(self._facts):
            self.run_worker(self._look(options), group="look", exclusive=True)

    async def _look(self, options: RunOptions) -> None:
        """A source can be a link to somewhere riskier: find out what it is."""
        self._facts = await self._examine(options)
        self._show()

    async def _is_riskier(self, options: RunOptions) -> bool:
        """Whether more is risky than what was read, now that all sources are looked at again."""
        read_before = set(self._risks)
        if options.mounts:
            await self._look(options)
        if set(self._risks) <= read_before:
            return False
        self.query_one("#run-error", Note).say(_RISKIER, bad=True)
        return True


def _beside(error: ContainerdError, value: str) -> str:
    """The error's text; without its subject where the field itself stands above it."""
    if value.strip() and value.strip() in error.subject:
        return f"{error.what.rstrip('.')}. {error.remedy}".strip()
    return str(error)
