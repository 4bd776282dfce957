"""The run form: what is typed stays until the container really runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, MutableMapping
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from aiocontainerd.errors import ContainerdError
from aiocontainerd.run_options import RunOptions
from ctdeck.formatting import short_reference
from ctdeck.forms.drafts import GENERAL, Draft, draft_of, field_of, read
from ctdeck.forms.risks import NO_FACTS, Facts, lines_of, risks
from ctdeck.forms.risky_paths import UNKNOWN, Engine
from ctdeck.masking import hidden_in, masked, without
from ctdeck.screens.boundkeys import keys_line
from ctdeck.screens.dialog import NARROW_FORM, Dialog
from ctdeck.screens.runfields import RunFields
from ctdeck.styles import style_path
from ctdeck.verbs.doing import NotNow
from ctdeck.widgets.column import fit
from ctdeck.widgets.fields import Field
from ctdeck.widgets.form import Note

if TYPE_CHECKING:
    from aiocontainerd.operations import RunResult

_HELP = (("form.run", "runs"), ("form.leave", "leaves, keeps the text"), "Tab next field")
WIDTH = 100  # of the form, as in run.tcss
TALL = 20  # lines of the screen from which on there is room
SHOWN = 4  # risks that have a line of their own there
_KEPT = "Kept from last time"
_KEPT_OF_ANOTHER = "Kept from when its name meant another image"


async def unseen(_: RunOptions) -> Facts:
    """Nothing is known of the sources."""
    return NO_FACTS


class RunScreen(Dialog["RunResult | None"]):
    """Asks for the options of one container and runs it; its result is that of `run`.

    `base` has the image, a generated id, and what the form has no field for. `run` does it
    and raises our errors, which come back beside their field; it hears what is known of the
    sources, to refuse others. `drafts` keeps what was typed when the form was left, by
    `kept_as`: what it was opened on, so that nothing of one container is ever shown for another.
    `equivalent` is the `ctr run` line of options.
    `agree` asks first where something is risky; None if the answer is no, else what is known of
    the sources. `examine` finds that out for what is shown, on the host of `engine`.
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
        agree: Callable[[RunOptions], Awaitable[Facts | None]],
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
        self._agree = agree
        self._first = drafts.get(kept_as) or draft_of(base)
        self._busy = False
        self._is_left = False
        self._shown = "", ""  # the equivalent line and the risks on the screen
        self._risks: tuple[str, ...] = ()
        self._examine = examine
        self._engine = engine
        self._moved = moved
        self._hidden: tuple[str, ...] = ()  # of what was run: errors repeat it
        self._facts: Facts = {}  # of the sources, once they are known

    def compose(self) -> ComposeResult:
        """Fields above, what comes of them below."""
        with Vertical(id="run-form"):
            yield Static(self._title(), markup=False, id="run-title")
            if self._kept_as in self._drafts:
                kept = _KEPT_OF_ANOTHER if self._moved else _KEPT
                words = keys_line(self, kept, ("form.anew", "starts anew"), between="; ")
                yield Static(f"{words}.", markup=False, id="run-kept")
            yield RunFields(self._first, self._base.id)
            with Vertical(id="run-below"):
                yield Note(id="run-error")
                yield Static("", markup=False, id="run-risks")
                yield Static("", markup=False, id="run-equivalent")
            yield Static(self._help(), markup=False, id="run-keys")

    def _help(self) -> str:
        return keys_line(self, *_HELP, between="   ")

    def _title(self) -> str:
        """With the namespace whole, and of the image's name what there is room for."""
        image, where = short_reference(self._base.image), f" in namespace {self._namespace}"
        room = max(12, min(WIDTH, self.app.size.width) - 4 - len(f"Run {where}"))
        return f"Run {fit(image, room, cut='host').rstrip()}{where}"

    def on_resize(self) -> None:
        """The title follows the width."""
        for title in self.query("#run-title").results(Static):
            title.update(self._title())

    def on_mount(self) -> None:
        """The name is selected as a whole: typing replaces it."""
        self.query_one("#name", Field).focus()
        self._show()

    @property
    def fields(self) -> RunFields:
        """What is filled in."""
        return self.query_one(RunFields)

    @property
    def draft(self) -> Draft:
        """What stands in the fields."""
        return self.fields.draft

    def on_input_changed(self) -> None:
        """The lines below follow."""
        self._show()

    def on_choice_field_chosen(self) -> None:
        """The lines below follow."""
        self._show()

    def on_check_field_toggled(self) -> None:
        """The lines below follow."""
        self._show()

    def on_input_blurred(self, event: Input.Blurred) -> None:
        """Say at once what is wrong with the field that was left."""
        self.fields.tell_if_wrong(event.input, read(self.draft, self._base).errors)

    def on_input_submitted(self) -> None:
        """Enter in a text field."""
        self.action_run()

    def action_run(self) -> None:
        """Run if all fields are right, else show what is wrong beside them."""
        if self._busy or self._is_left:
            return
        reading = read(self.draft, self._base)
        self._error.say("")
        self.fields.place_all(reading.errors)
        if GENERAL in reading.errors:
            self._tell(GENERAL, reading.errors[GENERAL])
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
        self._close(None)

    def _close(self, result: RunResult | None) -> None:
        """Once: keys still come, and runs still end, until the screen has gone."""
        if not self._is_left:
            self._is_left = True
            self._look_no_more()
            self.dismiss(result)

    async def action_anew(self) -> None:
        """Forget what was kept, and what was typed since."""
        if self._busy:
            return
        self._look_no_more()
        self._drafts.pop(self._kept_as, None)
        self._first = draft_of(self._base)
        self._shown = "", ""
        await self.recompose()
        self.on_mount()

    async def _try(self, options: RunOptions) -> None:
        keys = self.query_one("#run-keys", Static)
        off = keys_line(self, ("form.leave", "calls it off"))
        try:
            keys.update(f"{options.id}: looking at what it would get …   {off}")
            facts = await self._agree(options)
            if facts is None:
                await self._look(options)  # the question may have told more than was known
                return
            keys.update(f"{options.id} is being started …   {off}")
            result = await self._start(options, facts)
        except ContainerdError as error:
            self._tell(field_of(error, self.draft), error)
        except NotNow as error:
            self._error.say(str(error), bad=True)
        else:
            self._drafts.pop(self._kept_as, None)
            self._close(result)
        finally:
            self._busy = False
            keys.update(self._help())

    @property
    def _error(self) -> Note:
        return self.query_one("#run-error", Note)

    def _tell(self, name: str, error: ContainerdError) -> None:
        """Beside its field, or below all."""
        if not self.fields.place(name, error, self._hidden):
            self._error.say(without(str(error), self._hidden), bad=True)

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

    def _look_no_more(self) -> None:
        """What is found out about a source from now on has no fields any more to be told beside."""
        self.workers.cancel_group(self, "look")

    async def _look(self, options: RunOptions) -> None:
        """A source can be a link to somewhere riskier: find out what it is."""
        self._facts = await self._examine(options)
        self._show()
