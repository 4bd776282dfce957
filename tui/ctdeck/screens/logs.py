"""The log of one container, on the whole screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget

from aiocontainerd.errors import ContainerdError
from aiocontainerd.logs import Entry, LogFile, LogSource
from aiocontainerd.models import Container, Task, TaskStatus
from aiocontainerd.safe import safe
from ctdeck.formatting import GLYPHS, counted, size, status_role, status_text
from ctdeck.logtext import SPANS, STREAMS, TIMES, Look, as_text, length, paint
from ctdeck.masking import masked_text
from ctdeck.screens.logfeed import LogFeed
from ctdeck.screens.logkeys import KEYS, help_text, keys_that_fit
from ctdeck.screens.logpage import LogPage
from ctdeck.screens.saving import proposed, save_lines
from ctdeck.widgets.askline import AskLine
from ctdeck.widgets.lines import BottomLine, Line
from ctdeck.widgets.parts import headed
from ctdeck.widgets.textview import TextView

Found = tuple[LogSource, str]  # the log, and what leads to the files of its host


class LogScreen(Screen[None]):
    """`find` says where the log is, or raises why there is none; `task` is how it stands now.

    `opened` is told of prompts that get the next keys.
    """

    AUTO_FOCUS = "TextView"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(keys, action, title, id=f"logs.{name}", tooltip=tooltip)
        for name, keys, action, title, tooltip in KEYS
    ]

    def __init__(
        self,
        container: Container,
        find: Callable[[], Awaitable[Found]],
        task: Callable[[], Task | None],
        opened: Callable[[Widget], None],
    ) -> None:
        super().__init__()
        self.container = container
        self.look = Look()
        self.view: TextView[Entry] = TextView(paint, length, follows=True, id="log")
        self.feed = LogFeed(self.view, self.tell)
        self.page = LogPage(self.view, self.feed, opened)
        self.trouble = ""  # why there is no log, or no more of it
        self._top = Line(id="log-top")
        self._bottom = BottomLine(id="log-bottom")
        self._find = find
        self._task_now = task
        self._is_reading = False  # what comes before

    def compose(self) -> ComposeResult:
        """What it is, the log, the keys."""
        yield self._top
        yield self.page
        yield self._bottom

    def on_mount(self) -> None:
        """Read it."""
        self.view.empty = "looking for its log …"
        self.run_worker(self._read(), group="log")
        self.tell()

    def on_screen_suspend(self) -> None:
        """Nobody sees it."""
        self.feed.seen(False)

    def on_screen_resume(self) -> None:
        """It is seen again."""
        self.feed.seen(True)

    async def _read(self) -> None:
        try:
            source, root = await self._find()
            self.view.empty = "It has written nothing so far."
            await self.feed.run(source, root)
        except ContainerdError as error:
            self.trouble = masked_text(f"{error.what}.\n{error.remedy}".strip())
            if self.view.lines:
                self.app.notify(safe(self.trouble), title="The log ends here", markup=False)
            self.view.empty = self.trouble
            self.view.renew()
            self.tell()

    # What is said round it

    def tell(self) -> None:
        """Say in the top line what is seen, and name the keys."""
        self._mark_streams()
        width, task = self.app.size.width, self._task_now()
        name = self.container.display_name or self.container.id
        dot = f" {GLYPHS.dot} "
        left = [
            (f" log of {name}", "bold $primary"),
            (f"{dot}{status_text(task)}", f"${_COLOURS.get(status_role(task), 'quiet')}"),
            (f"{dot}{self.container.namespace}", "$quiet"),
        ]
        if self.feed.source is not None and not self.trouble:
            left.append((f"{dot}{self.feed.source.maker}", "$quiet"))
        self._top.show(headed(left, self.notes(), width))
        self._bottom.show_keys(keys_that_fit(self, width))

    def notes(self) -> list[str]:
        """How it is looked at, the most important last."""
        view, look, notes = self.view, self.look, []
        if gone := view.lines.dropped + self.feed.skipped:
            notes.append(f"{counted(gone, 'line')} dropped")
        if look.since:
            notes.append(f"since {SPANS[look.since][1]}")
        if look.stream:
            notes.append(f"{look.stream} only")
        if view.seeker.is_filtering:
            words = f"&{safe(self.page.filter)} " if self.page.filter else ""
            notes.append(f"{words}{self.page.count_text}")
        if self.feed.unread:
            notes.append(f"{size(self.feed.unread)} before")
        if view.search:
            notes.append(f"/{safe(view.search.words)}")
        if self.feed.looking:
            return [*notes, f"{self.feed.looking}: Esc ends it"]
        if self.trouble:
            return notes
        if not view.following:
            notes.append(f"not following: {self.page.key('last')}")
        else:
            notes.append("ended" if self._is_ended else "following")
        return notes

    @property
    def _is_ended(self) -> bool:
        """Nothing runs that would write to it."""
        task = self._task_now()
        return task is None or task.status is TaskStatus.STOPPED

    def _mark_streams(self) -> None:
        """Before the lines stands which stream they are of, where both are seen."""
        source, look = self.feed.source, self.look
        marks = bool(source and source.has_streams and not look.stream and not self._has_terminal)
        if marks != look.marks:
            self._set(replace(look, marks=marks))

    @property
    def _has_terminal(self) -> bool:
        return self.container.terminal

    def _set(self, look: Look) -> None:
        before, self.look = self.look, look
        self.feed.stream = look.stream
        self.view.head = look.head if look.width else None
        self.view.head_width = look.width
        self.view.sieve = look.sieve
        if (before.stream, before.after) != (look.stream, look.after):
            self.view.sift()
        self.view.renew()

    def on_resize(self, event: object) -> None:
        """Other keys fit."""
        self.tell()

    def on_text_page_altered(self) -> None:
        """The filter, the search, the wrapping."""
        self.tell()
        self._fill()

    def on_text_view_moved(self) -> None:
        """Other lines are seen: at the first one what stands before it is read, at the last one
        what comes behind it."""
        if self.view.following and self.page.has_more(1):
            self.run_worker(self.feed.reopen(), group="reopen", exclusive=True)
        self.tell()
        self._fill()

    def _fill(self) -> None:
        if not self._is_reading and (self._wants_before() or self._wants_after()):
            self._is_reading = True
            self.run_worker(self._read_on(), group="before")

    def _wants_before(self) -> bool:
        view = self.view
        if not view.is_at_top or not self.page.has_more(-1) or not view.seeker.is_complete:
            return False
        return not (view.lines.is_full and (view.following or view.seeker.is_filtering))

    def _wants_after(self) -> bool:
        view = self.view
        if view.following or not self.page.has_more(1) or not view.is_at_end:
            return False
        return view.seeker.is_complete and not (view.lines.is_full and view.seeker.is_filtering)

    async def _read_on(self) -> None:
        try:
            while True:
                if self._wants_after():
                    await self.feed.after()
                elif not self._wants_before() or not await self.feed.before():
                    break
        except ContainerdError as error:
            self.app.notify(safe(str(error)), severity="error", markup=False)
        finally:
            self._is_reading = False

    # Keys

    def on_text_page_left(self) -> None:
        """Back to the list."""
        self.dismiss()

    def action_times(self) -> None:
        """None, the time of day, with the date."""
        times = TIMES[(TIMES.index(self.look.times) + 1) % len(TIMES)]
        self._set(replace(self.look, times=times))
        source = self.feed.source
        if times and source is not None and not source.has_times:
            self._say("This log keeps no times: new lines have the time when ctdeck sees them.")
        self.tell()

    def action_since(self, place: int) -> None:
        """Only what is younger."""
        source, (span, words) = self.feed.source, SPANS[place]
        if span is not None and source is not None and not source.has_times:
            self._say("This log keeps no times, so nothing is known of when its lines came.")
            return
        after = None if span is None else datetime.now(UTC) - span
        self._set(replace(self.look, since=place, after=after))
        others = ", ".join(f"{key} {text}" for key, (_, text) in enumerate(SPANS))
        self._say(f"{'All of it' if not place else f'Since {words} ago'}. Keys: {others}.")
        self.tell()
        self._fill()

    def action_stream(self) -> None:
        """Both, stdout only, stderr only."""
        source = self.feed.source
        if source is None or not source.has_streams or self._has_terminal:
            self._say("This log does not tell stdout and stderr apart.")
            return
        stream = STREAMS[(STREAMS.index(self.look.stream) + 1) % len(STREAMS)]
        self._set(replace(self.look, stream=stream))
        self.tell()
        self._fill()

    def action_save(self) -> None:
        """Ask where to."""
        if not (self.view.shown or self.page.has_more(-1) or self.page.has_more(1)):
            self._say("There is no line to save.")
            return
        self.page.ask(AskLine("save to", proposed(self.container.id, "log")))

    def on_ask_line_answered(self, event: AskLine.Answered) -> None:
        """Save all of the log as it is shown, also when it is left meanwhile."""
        self.page.close_prompt()
        self.tell()
        if event.text and self.feed.source is not None:
            look, wants = self.look, self.view.seeker.wish()
            texts = (as_text(entry, look) for entry in self.feed.all() if wants(entry))
            if self.page.has_more(-1) or self.page.has_more(1):
                self._say("Saving all of the log …")
            self.app.run_worker(save_lines(self.app, event.text, texts), group="save")

    def action_help(self) -> None:
        """The keys, and the files of the log."""
        source = self.feed.source
        text = self.trouble or "Not found so far."
        if source is not None and not self.trouble:
            text = f"Written by {source.maker}:\n" + "\n".join(map(_place, source.files))
        from ctdeck.screens.message import MessageScreen

        self.app.push_screen(
            MessageScreen("Keys of the log", f"{help_text(self.app._keymap)}\n\n{text}")
        )

    def on_line_clicked(self, event: Line.Clicked) -> None:
        """A key's name."""
        self.app.simulate_key(event.name)

    def _say(self, words: str) -> None:
        self.app.notify(safe(words), markup=False)


def _place(file: LogFile) -> str:
    return f"  {safe(file.path)}" + (f"  ({file.stream})" if file.stream else "")


_COLOURS = {"good": "success", "bad": "error", "warn": "warning", "accent": "accent"}
