"""The `:` line: completes as one types, keeps its text until it was carried out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from aiocontainerd.errors import ContainerdError
from aiocontainerd.models import Snapshot
from aiocontainerd.safe import safe
from ctdeck.command.completion import Wanted, candidates, complete, shell_escape, wanted
from ctdeck.command.flags import Kind
from ctdeck.command.history import History, shows_secret
from ctdeck.command.parsing import command_word, parse
from ctdeck.command.requests import Command, RunCommand
from ctdeck.formatting import GLYPHS
from ctdeck.forms.host_paths import complete_path, source_query, surroundings
from ctdeck.forms.risks import risks
from ctdeck.widgets.fields import Field
from ctdeck.widgets.form import Note
from ctdeck.widgets.path_field import client_of, listed, look_up

World = Callable[[], tuple[Snapshot, str | None]]  # the newest snapshot, the shown namespace


class CommandLine(Vertical):
    """A line behind a `:`, above it what Tab found or what is wrong.

    `carry_out` begins a command; what it raises of our errors is shown here, and the text
    stays. `world` is what ids and references are completed from.
    """

    @dataclass
    class Closed(Message):
        """It is done, or was left with Esc."""

    def __init__(
        self,
        *,
        world: World,
        carry_out: Callable[[Command], None],
        history: History,
        text: str = "",
    ) -> None:
        super().__init__()
        self._world = world
        self._carry_out = carry_out
        self._history = history
        self._place: int | None = None  # in the history; None is the line being typed
        self._typed = text
        # Kept here and not asked for: keys can come before the line is composed, or after it
        # was taken away.
        self._note = Note(id="command-note")
        self._input = CommandInput(text, suggester=_Ghost(world, history))

    def compose(self) -> ComposeResult:
        """The note, and the line below it."""
        yield self._note
        with Horizontal(id="command-row"):
            yield Static(":", markup=False, id="command-sign")
            yield self._input

    def on_mount(self) -> None:
        """Keys go here now; the history is read beside it."""
        if not self._input.is_attached:
            return
        self._input.focus()
        self.run_worker(asyncio.to_thread(self._history.load), group="history")

    def on_input_changed(self, event: Input.Changed) -> None:
        """The note was about another text."""
        event.stop()
        self._say(self._about_run(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Carry it out; an empty line closes."""
        event.stop()
        if not event.value.strip(" :"):
            self.post_message(self.Closed())
            return
        self._history.add(event.value)  # also one that fails: it is there to be mended
        self.app.run_worker(asyncio.to_thread(self._history.save), group="history")
        try:
            self._carry_out(parse(event.value))
        except ContainerdError as error:
            self._say(str(error), bad=True)
            return
        self.post_message(self.Closed())

    def on_key(self, event: events.Key) -> None:
        """Esc, and Backspace on an empty line as in vi."""
        if event.key == "escape" or (event.key == "backspace" and not self._input.value):
            event.stop()
            self.post_message(self.Closed())

    def recall(self, step: int) -> None:
        """The older line with -1, the newer one with 1; past the newest is what was typed."""
        lines = self._history.lines
        if self._place is None:
            self._typed = self._input.value
        at = (len(lines) if self._place is None else self._place) + step
        if not 0 <= at <= len(lines):
            return
        self._place = at if at < len(lines) else None
        self._put(lines[at] if at < len(lines) else self._typed)

    def complete(self) -> None:
        """Tab: what stands before the cursor."""
        want = wanted(self._input.value, self._input.cursor_position)
        if want is None:
            return
        if want.kind is Kind.VOLUME or is_path(want):
            self.run_worker(self._complete_path(want), group="paths", exclusive=True)
            return
        names = candidates(want, *self._world())
        final = want.kind is not Kind.FILES  # its path follows the colon
        made = complete(self._input.value, want, names, final=final)
        self._put(made.line, made.cursor)
        self._say(listed([safe(name) for name in made.choices]) or self._usage(want, names))

    async def _complete_path(self, want: Wanted) -> None:
        home, here = surroundings()
        query = source_query(want.text, home=home, here=here)
        if query is None:
            return
        line = self._input.value
        is_ours = want.kind is Kind.FILES  # not the daemon's
        listing = await look_up(query, None if is_ours else client_of(self.app))
        if self._input.value != line:
            return  # typed on in the meantime
        found = complete_path(query, listing)
        made = complete(line, want, [found.text], final=False)
        self._put(made.line, made.cursor)
        names = [safe(name) for name in found.choices] + (["…"] if listing.more else [])
        self._say(listing.problem or listed(names))

    def _put(self, line: str, cursor: int | None = None) -> None:
        with self.prevent(Input.Changed):
            self._input.value = line
        self._input.cursor_position = len(line) if cursor is None else cursor
        self._say("")

    def _say(self, text: str, *, bad: bool = False) -> None:
        self._note.say(text, bad=bad)

    def _about_run(self, line: str) -> str:
        """What is risky about a `run` that is complete so far, and what may be meant otherwise."""
        if not line.lstrip(" :").startswith("run "):
            return ""
        try:
            command = parse(line)
        except ContainerdError:
            return ""
        if not isinstance(command, RunCommand):
            return ""
        notes = [f"{GLYPHS.warning} {risk}" for risk in risks(command.options)]
        if (first := command.perhaps_a_name) and len(command.options.command) > 1:
            name = "--name, before the image, gives it a name"
            notes.append(f"It runs the program {safe(first)}; {name}.")
        return "\n".join(notes)

    def _usage(self, want: Wanted, names: tuple[str, ...]) -> str:
        """How the word is used, when there is nothing that Tab could put in."""
        if names or not want.word:
            return ""
        return command_word(want.word.name).usage


def is_path(want: Wanted) -> bool:
    """Whether it is a path of this host, where it could be a container's as well."""
    return want.kind is Kind.FILES and want.text.startswith(("/", ".", "~"))


class CommandInput(Field):
    """The input itself; Tab and the arrows are the line's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "line_complete", "Complete", show=False, id="command.complete"),
        Binding("shift+tab", "line_complete", "Complete", show=False, id="command.back"),
        Binding("up,ctrl+p", "line_recall(-1)", "Older", show=False, id="command.older"),
        Binding("down,ctrl+n", "line_recall(1)", "Newer", show=False, id="command.newer"),
    ]

    @property
    def _line(self) -> CommandLine:
        return next(each for each in self.ancestors if isinstance(each, CommandLine))

    def action_line_complete(self) -> None:
        """Tab."""
        self._line.complete()

    def action_line_recall(self, step: int) -> None:
        """Up and down."""
        self._line.recall(step)


class _Ghost(Suggester):
    """What the line may become, shown behind the cursor: → takes it."""

    def __init__(self, world: World, history: History) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._world = world
        self._history = history

    async def get_suggestion(self, value: str) -> str | None:
        """The newest line of the history that begins so and has no secret, else what fits."""
        for line in reversed(self._history.lines):
            if line.startswith(value) and line != value and not shows_secret(line):
                return line
        want = wanted(value, len(value))
        if want is None or not want.text.strip("-") or want.kind is Kind.VOLUME or is_path(want):
            return None
        names = candidates(want, *self._world())
        made = value[: want.start] + shell_escape(want.head + names[0]) if names else ""
        return made if made.startswith(value) else None
