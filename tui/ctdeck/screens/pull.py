"""The pull dialog: one line to type, and the pulls that run below it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from aiocontainerd.errors import ContainerdError
from aiocontainerd.reference import parse as parse_reference
from ctdeck.formatting import short_reference
from ctdeck.pull_text import Meter, Text, details, headline
from ctdeck.screens.boundkeys import keys_line
from ctdeck.screens.dialog import NARROW_FORM, Dialog
from ctdeck.styles import style_path
from ctdeck.verbs.doing import NotNow
from ctdeck.widgets.fields import Field
from ctdeck.widgets.form import Note
from ctdeck.widgets.quiet_lines import QuietLines

if TYPE_CHECKING:
    from aiocontainerd.pull import PullJob, Pulls

Watched = Callable[[], bool]
PACE = 0.25  # seconds between two looks at the progress
_TYPING = ("Enter pulls", ("pull.close", "closes"), "Tab goes to the pulls below")
_RUNNING = (
    ("pull.background", "pull.close", "background"),
    ("pull.cancel", "cancels it"),
    "Tab another image",
)
_ENDED = (("pull.again", "again"), ("pull.close", "closes"), "Tab another image")
_DONE = (("pull.again", "pull.close", "closes"), "Tab another image")


class PullScreen(Dialog["PullJob | None"]):
    """Starts pulls into `namespace` and shows all that run; leaving it leaves them running.

    `start` starts one, given the reference and a function that tells whether this dialog
    shows how it ends; it raises our errors for a reference that is none. `again` gives one
    that has ended another try. Its result is the pull it has last shown to be done. Those that
    have ended are seen then, and forgotten.
    """

    CSS_PATH = style_path("pull")
    HORIZONTAL_BREAKPOINTS = NARROW_FORM
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "background", "Close", id="pull.close", tooltip="Pulls go on"),
    ]

    def __init__(
        self,
        pulls: Pulls,
        start: Callable[[str, Watched], PullJob],
        again: Callable[[PullJob, Watched], PullJob],
        *,
        namespace: str,
        reference: str = "",
    ) -> None:
        super().__init__()
        self._pulls = pulls
        self._start = start
        self._again = again
        self._into = namespace
        self._typed = reference or _failed(pulls)
        self._meters: dict[int, Meter] = {}
        self._cancelling: set[int] = set()
        self._chosen: PullJob | None = None

    def compose(self) -> ComposeResult:
        """The line, the pulls, the keys."""
        with Vertical(id="pull-form"):
            yield Static(
                f"Pull an image into namespace {self._into}", markup=False, id="pull-title"
            )
            hint = "nginx:1.27 or ghcr.io/owner/name:tag"
            yield Field(self._typed, hint, id="pull-reference", select_on_focus=True)
            yield Note(id="pull-error")
            yield PullLines(id="pull-lines")
            yield Static(markup=False, id="pull-keys")

    def on_mount(self) -> None:
        """What runs already is shown at once."""
        self._timer = self.set_interval(PACE, self._look, pause=True)
        self.query_one(Field).focus()
        self._look()

    def on_descendant_focus(self) -> None:
        """Other keys work there."""
        self._show()

    def on_resize(self) -> None:
        """Lines are cut to the width."""
        self.call_after_refresh(self._show)

    def on_input_changed(self) -> None:
        """What was wrong is being mended."""
        self.query_one(Note).say("")

    def on_input_submitted(self) -> None:
        """Start it; a bad reference stays in the field."""
        self._begin(partial(self._start, self.query_one(Field).value))

    def action_background(self) -> None:
        """Close the dialog; the pulls go on."""
        ended = [job for job in self._pulls.jobs if job.done]
        done = [job for job in ended if job.progress.stage == "done"]
        shown = self._chosen if self._chosen in done else None
        for job in ended:
            self._pulls.forget(job)
        self.dismiss(shown or (done[-1] if done else None))

    def action_again(self) -> None:
        """Enter on a pull: a failed one is tried again, a finished one closes the dialog."""
        job = self._chosen
        if job is None:
            return
        if job.progress.stage == "done":
            self.action_background()
        elif job.done and self._begin(partial(self._again, job)):
            self._pulls.forget(job)
            self._show()

    def action_cancel_pull(self) -> None:
        """Call the chosen pull off; its ingests, lease and snapshots go with it."""
        job = self._chosen
        if job and not job.done and id(job) not in self._cancelling:
            self._cancelling.add(id(job))
            self.app.run_worker(job.cancel(), group="pulls", exit_on_error=False)
            self._show()

    def action_choose(self, step: int) -> None:
        """The next pull of the list, or the previous one with -1."""
        jobs = self._pulls.jobs
        if jobs:
            at = jobs.index(self._chosen) if self._chosen else 0
            self._chosen = jobs[max(0, min(len(jobs) - 1, at + step))]
            self._show()

    def on_key(self, event: events.Key) -> None:
        """Typing below a pull that has ended is for the line above: another image.

        Only a backspace keeps the reference of one that failed, to mend its end.
        """
        job, field = self._chosen, self.query_one(Field)
        back = event.key == "backspace"
        if field.has_focus or not (event.is_printable or back) or (job and not job.done):
            return
        if event.character in ("j", "k") and len(self._pulls.jobs) > 1:
            return
        event.stop()
        event.prevent_default()
        if not back:
            field.value = ""
        elif job and job.progress.stage != "done" and not _means(field.value, job.reference):
            field.value = short_reference(job.reference)
        self.set_focus(field)
        # After the field has had its focus, which selects all, and before the next key.
        field.call_later(self._type, field, "" if back else event.character or "")

    def _type(self, field: Field, text: str) -> None:
        field.cursor_position = len(field.value)
        if text:
            field.insert_text_at_cursor(text)
        else:
            field.action_delete_left()

    def _begin(self, start: Callable[[Watched], PullJob]) -> bool:
        """Start one and follow it; a refusal is told, and all stays as it is."""
        note = self.query_one(Note)
        try:
            self._chosen = start(lambda: self.is_attached)
        except (ContainerdError, NotNow) as error:
            note.say(str(error), bad=True)
            return False
        note.say("")
        self.query_one(PullLines).focus()
        self._look()
        return True

    def _look(self) -> None:
        """Show the progress, and look again while anything runs."""
        self._show()
        if any(not job.done for job in self._pulls.jobs):
            self._timer.resume()
        else:
            self._timer.pause()

    def _show(self) -> None:
        jobs = self._pulls.jobs
        if self._chosen not in jobs:
            self._chosen = next((job for job in jobs if not job.done), None)
        lines: list[Text] = []
        cursor = -1
        board = self.query_one(PullLines)
        again = keys_line(self, ("pull.again", "tries it again."), also=(PullLines,))
        width = max(20, board.scrollable_content_region.width)
        for job in jobs:
            lines.append(self._headline(job, width))
            if job is self._chosen:
                cursor = len(lines) - 1
                lines += details(job.progress, width, again=again)
        board.show(lines, cursor)
        self.query_one("#pull-keys", Static).update(self._keys(), layout=False)

    def _headline(self, job: PullJob, width: int) -> Text:
        meter = self._meters.setdefault(id(job), Meter())
        now = time.monotonic()
        rate = meter.add(now, job.progress.downloaded)
        where = "" if job.namespace == self._into else job.namespace
        cancelling = id(job) in self._cancelling
        return headline(job.progress, rate, width, now=now, cancelling=cancelling, where=where)

    def _keys(self) -> str:
        if self.query_one(Field).has_focus or self._chosen is None:
            told: Sequence[str | tuple[str, ...]] = _TYPING
        elif not self._chosen.done:
            told = _RUNNING
        else:
            told = _DONE if self._chosen.progress.stage == "done" else _ENDED
        return keys_line(self, *told, between="   ", also=(PullLines,))


def _failed(pulls: Pulls) -> str:
    """The reference of the newest pull, if that has failed: to be mended, or typed over."""
    newest = pulls.jobs[-1] if pulls.jobs else None
    failed = newest is not None and newest.progress.stage == "failed"
    return short_reference(newest.reference) if newest and failed else ""


def _means(text: str, reference: str) -> bool:
    try:
        return str(parse_reference(text.strip())) == reference
    except ContainerdError:
        return False


class PullLines(QuietLines):
    """The pulls; the chosen one shows its layers."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "screen.background", "Background", id="pull.background"),
        Binding("x,ctrl+x", "screen.cancel_pull", "Cancel", id="pull.cancel"),
        Binding("enter", "screen.again", "Again", id="pull.again"),
        Binding("down,j", "screen.choose(1)", "Next", id="pull.next", show=False),
        Binding("up,k", "screen.choose(-1)", "Previous", id="pull.previous", show=False),
    ]
