"""The main screen: five lists, the details, and the lines round them. It is the Desk."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Hashable
from typing import Any, ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from aiocontainerd.models import Snapshot
from aiocontainerd.safe import safe
from ctdeck.actions import ACTIONS, BY_ID
from ctdeck.clipboard import copy
from ctdeck.desk import Choice, Question
from ctdeck.failures import plain_words
from ctdeck.keygate import KeyGate
from ctdeck.panes import PANES
from ctdeck.rows import Row
from ctdeck.screens.detailview import GONE, DetailView
from ctdeck.screens.footing import NEEDS_A_ROW, footer_keys
from ctdeck.screens.heading import top_of
from ctdeck.screens.layout import arrange, is_tiny, share_lines
from ctdeck.screens.leaving import leave
from ctdeck.screens.moving import move_facts, move_table, sort_table
from ctdeck.screens.openers import open_by_name
from ctdeck.screens.paneview import PaneView
from ctdeck.settings import Session, Settings
from ctdeck.verbs.removal import take_over
from ctdeck.widgets.details import Details
from ctdeck.widgets.lines import BottomLine, Line, tab_parts, top_parts
from ctdeck.widgets.pullstrip import PullStrip
from ctdeck.widgets.table import Table

BURST = 0.04  # seconds between two drawings: a burst of events is a few of them
LONG = 180  # characters from which on a text is a dialog and not a toast


class MainScreen(Screen[None]):
    """See `desk.Desk` for what the actions use of it."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(a.keys, f"do('{a.id}')", a.title, id=a.id, tooltip=a.tooltip) for a in ACTIONS
    ]
    app: App[None]

    def __init__(self, settings: Settings, keys: KeyGate) -> None:
        super().__init__()
        self._settings = settings
        self._keys = keys
        self._session: Session | None = None
        self._snapshot = Snapshot()
        self._scope = settings.namespace
        self.views = {pane.id: PaneView(pane, settings) for pane in PANES}
        self.view = self.views["containers"]
        self.tabs = Line(id="tabs")
        self.lists = Vertical(id="panes")
        self.details = Details(id="details")
        self.detail_view = DetailView(self)
        self.zoomed = False
        self.reading = False
        self.end_containers = False  # of the embedded daemon; only after a question
        self.busy: dict[Hashable, str] = {}
        self.last_equivalent = ""

    def compose(self) -> ComposeResult:
        """Top line, tabs, lists and details, pulls, prompt, keys."""
        arrange(self)  # before there is anything that would be styled and laid out again
        yield Line(id="top")
        yield self.tabs
        with Horizontal(id="body"):
            with self.lists:
                for view in self.views.values():
                    yield view.table
            yield self.details
        yield Line(id="progress")
        yield PullStrip(id="pulls")
        yield Vertical(id="prompt")
        yield BottomLine(id="bottom")

    def on_mount(self) -> None:
        """Nothing is known yet: say so, and give the containers the keys."""
        self._refresh_all()
        self.view.table.focus()
        self._age_timer = self.set_timer(1, self._tick)

    def on_resize(self) -> None:
        """The layout has two forms."""
        self._refresh_all()

    def on_screen_resume(self) -> None:
        """A dialog was closed: the keys work again, and it may have started a pull."""
        self.refresh_bottom()
        self.follow_pulls()

    def on_screen_suspend(self) -> None:
        """A dialog was opened: it has other keys."""
        self.refresh_bottom()

    # The world

    @property
    def settings(self) -> Settings:
        """What was asked for on the command line."""
        return self._settings

    @property
    def session(self) -> Session | None:
        """The connection; None until a daemon has answered."""
        return self._session

    @property
    def snapshot(self) -> Snapshot:
        """The world as it is shown."""
        return self._snapshot

    @property
    def scope(self) -> str | None:
        """The namespace that is shown; None for all of them."""
        return self._scope

    @property
    def new_namespace(self) -> str:
        """Where what is made new goes."""
        return self._scope or "default"

    @property
    def pane_id(self) -> str:
        """The pane that has the focus."""
        return self.view.pane.id

    @property
    def row(self) -> Row | None:
        """The row under the cursor; none while the cursor waits for one that vanished."""
        row: Row | None = self.view.table.chosen
        return row

    @property
    def filtering(self) -> bool:
        """The `/` line is open."""
        return self.focused is not None and self.focused.id == "filter-input"

    @property
    def commanding(self) -> bool:
        """The `:` line is open."""
        return bool(self.query("#command-row"))

    @property
    def in_details(self) -> bool:
        """The keys move in the details."""
        return self.reading or self.details.has_focus_within

    def attach(self, session: Session) -> None:
        """Show this session's store from now on."""
        self._session = session
        self.run_worker(self._watch(session), group="watch", exclusive=True)
        self.begin(take_over(self), group="remove when done")

    async def _watch(self, session: Session) -> None:
        async for snapshot in session.store.watch():
            self._snapshot = snapshot
            self._refresh_all()
            if snapshot.loaded:  # before that nothing bursts, and the first rows shall not wait
                await asyncio.sleep(BURST)

    def _refresh_all(self) -> None:
        if not self.details.is_attached:
            return
        arrange(self)
        for view in self.views.values():
            view.show(self._snapshot, self._scope)
        share_lines(self)
        self._refresh_lines()
        self.detail_view.refresh()

    def _refresh_lines(self) -> None:
        width = self.app.size.width
        top = top_of(self._snapshot, self._scope, self._settings, self._session)
        tiny = is_tiny(self.app.size)
        self.query_one("#top", Line).show([("too small", "")] if tiny else top_parts(top, width))
        tabs = [view.tab for view in self.views.values()]
        here = list(self.views).index(self.pane_id)
        names = dict(enumerate(f"pane.{name}" for name in self.views))
        self.tabs.show(tab_parts(tabs, here, width), names)
        self.refresh_bottom()

    def refresh_bottom(self) -> None:
        """The keys that work on the row under the cursor; none of them behind a dialog."""
        keys = footer_keys(self, self.app.size.width) if self.app.screen is self else []
        self.query_one("#bottom", BottomLine).show_keys(keys)

    def _tick(self) -> None:
        """Ages: look again in a second only while a shown one is younger than a minute."""
        latest = None
        for view in self.views.values():
            if view.table.display and (seen := view.table.tick()):
                latest = max(latest, seen) if latest else seen
        self.detail_view.refresh()
        young = latest is not None and (Table.now() - latest).total_seconds() < 60
        self._age_timer = self.set_timer(1 if young else 15, self._tick)

    # Keys

    def action_do(self, action_id: str) -> None:
        """Run an action of the table, if it is for this pane."""
        action = BY_ID[action_id]
        if not action.works_in(self.pane_id):
            panes = " and ".join(sorted(action.panes))
            self.tell(f"{action.title} works on {panes}, not on {self.pane_id}.")
        elif action.changes and self._settings.read_only:
            self.tell(f"Read-only: {action.title} is refused. Start without --read-only for it.")
        elif self.view.table.view.missing is not None and action.id in NEEDS_A_ROW:
            self.tell(GONE)
        else:
            action.run(self)

    def on_line_clicked(self, event: Line.Clicked) -> None:
        """A click on a key's name, or on a pane's tab."""
        self.action_do(event.name)

    def on_table_cursor_moved(self, event: Table.CursorMoved) -> None:
        """Another row, or the same with news."""
        if event.table is self.view.table:
            self.refresh_bottom()
            self.detail_view.later()

    def on_table_row_opened(self) -> None:
        """A double click."""
        self.open_row()

    def on_descendant_focus(self) -> None:
        """Other keys work there."""
        self.refresh_bottom()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A press in the list of another pane goes to that pane.

        Not its focus: focus comes late, and of two panes in quick succession the first one's
        would then undo the second.
        """
        table = event.widget
        if isinstance(table, Table) and table.id in self.views and table.id != self.pane_id:
            self.show_pane(table.id)

    def show_pane(self, name: str) -> None:
        """Go to a pane."""
        self.close_prompt()
        self.view = self.views[name]
        self.reading = False
        self._refresh_all()
        self.view.table.focus()

    def next_pane(self, step: int) -> None:
        """Go to the next pane, or the previous one."""
        names = list(self.views)
        self.show_pane(names[(names.index(self.pane_id) + step) % len(names)])

    def move(self, how: str) -> None:
        """Move in the list, or in the details if the keys are there."""
        if self.in_details:
            move_facts(self.details.scroll, how)
        else:
            move_table(self.view.table, how)

    def sort(self, how: str) -> None:
        """`next`, `previous` or `reverse`."""
        if said := sort_table(self.view.table, how):
            self.tell(said)

    def zoom(self, on: bool) -> None:
        """The pane on the whole screen, or all of them again."""
        self.zoomed = on
        self.reading = False
        self._refresh_all()
        self.view.table.focus()

    def turn_tab(self, step: int) -> None:
        """Next or previous tab of the details."""
        self.details.turn(step)
        self.detail_view.refresh()

    def on_details_turned(self) -> None:
        """A tab of the details was clicked."""
        self.detail_view.refresh()

    def open_row(self) -> None:
        """Details of the row: beside the list, or in its place."""
        if self.row is None:
            self.tell("There is no row here to open.")
            return
        if self.details.display and not self.reading:
            self.details.scroll.focus()
            return
        self.reading = True
        self._refresh_all()
        self.details.scroll.focus()

    def back(self) -> None:
        """One step back: out of the details, no filter, no zoom."""
        if self.in_details:
            self.reading = False
        elif self.view.filter:
            self.apply_filter("")
        elif self.zoomed:
            self.zoomed = False
        self._refresh_all()
        self.view.table.focus()

    def set_scope(self, scope: str | None) -> None:
        """Show one namespace, or all."""
        self._scope = scope
        self._refresh_all()

    # The filter line

    def open_prompt(self, widget: Any) -> None:
        """Put a one-line prompt over the bottom line; `close_prompt` takes it away."""
        self.close_prompt()
        self.app.clear_notifications()  # they would cover what is typed
        self.query_one("#prompt").mount(widget)
        self._keys.opened(widget)

    def close_prompt(self) -> None:
        """Back to the list."""
        prompt = self.query_one("#prompt")
        if prompt.children:
            prompt.remove_children()
            self.view.table.focus()

    def open_filter(self) -> None:
        """The `/` line; with the filter that is there, to go on with."""
        self.reading = False
        self._refresh_all()
        from ctdeck.widgets.filterline import FilterLine  # Input: not before the first frame

        self.open_prompt(FilterLine(self.view.filter, self.apply_filter))

    def apply_filter(self, text: str) -> str:
        """Filter the list, and say how many rows are left; raises ValueError."""
        self.view.set_filter(text, self._snapshot)
        self._refresh_lines()
        return self.view.count_text

    def on_filter_line_closed(self) -> None:
        """Enter or Esc."""
        self.close_prompt()

    def on_command_line_closed(self) -> None:
        """The `:` line was carried out, or left."""
        self.close_prompt()

    # For the verbs

    def tell(self, text: str, *, title: str = "", bad: bool = False) -> None:
        """A toast, or a dialog for what is long."""
        if len(text) > LONG or "\n" in text:
            self.open("message", title=title or "ctdeck", text=text, bad=bad)
            return
        severity = "error" if bad else "information"
        words = safe(text)
        for toast in [toast for toast in self.app._notifications if toast.message == words]:
            self.app._unnotify(toast, refresh=False)  # the same again begins its time anew
        self.app.notify(words, title=safe(title), severity=severity, markup=False)  # type: ignore[arg-type]

    def progress(self, text: str) -> None:
        """A line over the bottom one while something is being done."""
        line = self.query_one("#progress", Line)
        line.display = bool(text)
        line.show([(f" {safe(text)}", "$accent")])

    def begin(self, work: Coroutine[Any, Any, None], *, group: str, opens: bool = False) -> None:
        """Do it beside the screen; what it raises is told."""
        if opens:
            self._keys.expect(work)
        self.run_worker(self._guarded(work), group=group, exit_on_error=False)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            title, text = plain_words(error)
            self.tell(text, title=title, bad=True)
        finally:
            self._keys.done(work)

    async def ask(self, question: Question) -> bool:
        """Put a question and wait for its answer."""
        from ctdeck.screens.confirm import ConfirmScreen

        answer: bool | None = await self.app.push_screen_wait(ConfirmScreen(question))
        return bool(answer)

    async def choose(self, choice: Choice) -> str | None:
        """Let one of several be chosen."""
        from ctdeck.screens.choose import ChooseScreen

        return await self.app.push_screen_wait(ChooseScreen(choice))

    def open(self, name: str, **arguments: Any) -> None:
        """Open a screen or prompt by its name."""
        open_by_name(self, name, arguments)

    async def copy(self, text: str) -> str:
        """To the clipboard; returns where else it went, in words."""
        return await copy(self.app, text)

    # Pulls and leaving

    def follow_pulls(self) -> None:
        """Show the pulls that run, until none does."""
        if self._session and self._session.pulls:
            self.query_one(PullStrip).follow(self._session.pulls)

    def leave(self) -> None:
        """Leave ctdeck."""
        self.begin(leave(self), group="leave", opens=True)
