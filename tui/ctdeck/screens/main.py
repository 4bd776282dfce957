"""The main screen: the lists, the details, and the lines round them. It is the Desk."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size
from textual.screen import Screen

from aiocontainerd.models import Snapshot
from ctdeck import verbs
from ctdeck.actions import ACTIONS, BY_ID, way_to
from ctdeck.desk import Lock
from ctdeck.keygate import KeyGate
from ctdeck.numbers.book import Numbers
from ctdeck.panes import PANES, Pane, with_busy
from ctdeck.panes.usage import with_usage
from ctdeck.remembered import Remembered
from ctdeck.rows import Row
from ctdeck.screens import going, inside, marking, prompts, telling
from ctdeck.screens.detailview import DetailView, gone
from ctdeck.screens.diskview import DiskView
from ctdeck.screens.footing import NEEDS_A_ROW, object_of, says_where
from ctdeck.screens.layout import arrange
from ctdeck.screens.leaving import leave
from ctdeck.screens.openers import open_by_name
from ctdeck.screens.paneview import PaneView
from ctdeck.screens.progress import Progress
from ctdeck.screens.sampling import Sampling
from ctdeck.screens.showing import Showing
from ctdeck.settings import Session, Settings
from ctdeck.underway import UnderWay
from ctdeck.widgets.details import Details
from ctdeck.widgets.ground import Ground
from ctdeck.widgets.lines import BottomLine, Line
from ctdeck.widgets.pullstrip import PullStrip
from ctdeck.widgets.table import Table

if TYPE_CHECKING:
    from aiocontainerd.disk.measuring import Sizes
    from ctdeck.widgets.filterline import FilterLine

LEISURE = 0.2  # seconds after which is begun what the first lists shall not wait for


class MainScreen(Screen[None]):
    """See `desk.Desk` for what the actions use of it."""

    AUTO_FOCUS = ""
    BLANK = True  # see `Ground`
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(a.keys, f"do('{a.id}')", a.title, id=a.id, tooltip=a.tooltip) for a in ACTIONS
    ]
    app: App[None]

    def __init__(self, settings: Settings, keys: KeyGate, remembered: Remembered) -> None:
        super().__init__()
        self.settings = settings
        self.keys = keys
        self.remembered = remembered
        self.session: Session | None = None  # None until a daemon has answered
        self.snapshot = Snapshot()  # the world as it is shown
        self.scope = settings.namespace
        self.busy: dict[Hashable, UnderWay] = {}
        self.sampling = Sampling(self, Numbers())
        self.views = {pane.id: PaneView(self._made(pane), settings, remembered) for pane in PANES}
        self.view = self.views["containers"]
        self.top = Line(id="top")
        self.tabs = Line(id="tabs")
        self.lists = Ground(id="panes")
        self.details = Details(id="details")
        self.bottom = BottomLine(id="bottom")
        self.detail_view = DetailView(self)
        self.disk = DiskView(self)
        self.showing = Showing(self)
        self.under_way = Progress(self)
        self.zoomed = False
        self.reading = False
        self.end_containers = False  # of the embedded daemon; only after a question
        self.unlocked: frozenset[Lock] = frozenset()
        self.last_equivalent = ""
        self.talking: set[asyncio.Task[Any]] = set()  # with what has the terminal
        self.held: list[telling.Toast] = []  # until the dialog that is open is closed
        self.untold: list[telling.Message] = []  # until the line in which one types is closed
        self._came_before = False  # to the front
        self._laid_out = Size()

    def _made(self, pane: Pane) -> Pane:
        return with_usage(with_busy(pane, self.busy), self.sampling.numbers)

    def compose(self) -> ComposeResult:
        """Top line, tabs, lists and details, pulls, prompt, keys."""
        arrange(self)  # before there is anything that would be styled and laid out again
        yield self.top
        yield self.tabs
        with Ground(id="body"):
            with self.lists:
                for view in self.views.values():
                    yield view.table
            yield self.details
        yield Line(id="progress")
        yield PullStrip(id="pulls")
        yield Vertical(id="prompt")
        yield self.bottom

    def on_mount(self) -> None:
        """Say what is known, if only that nothing is, and give the containers the keys."""
        self.showing.everything()
        self.set_focus(self.view.table)
        self.showing.wait_for_ages()

    def _screen_resized(self, size: Size) -> None:
        """Textual tells the size three times at the start, and lays out and paints for each."""
        if size != self._laid_out:
            self._laid_out = size
            super()._screen_resized(size)

    def on_resize(self, event: events.Resize) -> None:
        """The layout has two forms."""
        if self.showing.size != event.size:
            self.showing.everything()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """A dialog was closed: the keys work again, and it may have started a pull."""
        if not self._came_before:  # all nodes were styled a moment ago, when they were mounted
            self._came_before, event.refresh_styles = True, False
            self._laid_out = self.app.size
        self.refresh_bottom()
        self.follow_pulls()
        telling.release(self)
        self.sampling.show()
        self.sampling.wake()

    def on_unmount(self) -> None:
        """Nothing is shown any more."""
        self.showing.stop()

    def on_screen_suspend(self) -> None:
        """A dialog was opened: it has other keys."""
        self.refresh_bottom()
        telling.hold(self)

    # The world

    @property
    def new_namespace(self) -> str:
        """Where what is made new goes."""
        return self.scope or "default"

    @property
    def sizes(self) -> Sizes:
        """What is known of the sizes of snapshots, from one survey to the next."""
        return self.disk.known

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
    def rows(self) -> list[Row]:
        """What an action takes."""
        return marking.rows_of(self)

    @property
    def filtering(self) -> bool:
        """The `/` line is open."""
        return self.focused is not None and self.focused.id == "filter-input"

    @property
    def commanding(self) -> bool:
        """The `:` line is open."""
        return self.focused is not self.view.table and bool(self.query("#command-row"))

    @property
    def in_details(self) -> bool:
        """The keys move in the details."""
        return self.reading or self.details.has_focus_within

    def attach(self, session: Session) -> None:
        """Show this session's store from now on."""
        self.session = session
        self.run_worker(self.showing.watch(session.store), group="watch", exclusive=True)
        if session.client is not None and session.following is not None:
            self.run_worker(self.sampling.run(session.client), group="sampling", exclusive=True)
        self.set_timer(LEISURE, self._take_over)
        if self.settings.access.places:
            self.begin(verbs.misnamed.tell_misnamed(self), group="configuration")

    def _take_over(self) -> None:
        self.begin(verbs.removal.take_over(self), group="remains.remove")

    def refresh_bottom(self) -> None:
        """The keys that work on the row under the cursor; none of them behind a dialog."""
        self.showing.bottom()

    # Keys

    def action_do(self, action_id: str) -> None:
        """Run an action of the table, if it is for this pane."""
        action = BY_ID[action_id]
        if not action.works_in(self.pane_id):
            self.tell(says_where(self, action))
        elif action.changes and (remedy := verbs.permitted.refuses_all(self)):
            verbs.refused.record_action(self, action_id, object_of(self, action))
            self.tell(f"Read-only: {action.title} is refused. {remedy}")
        elif why := marking.takes_one(self, action):
            self.tell(why)
        elif action.id in NEEDS_A_ROW and not self.has_rows_for(action):
            self.tell(gone(self))
        else:
            if said := marking.said_of_looking(self, action):
                self.tell(said)
            action.run(self)

    def on_line_clicked(self, event: Line.Clicked) -> None:
        """A click on a key's name, or on a pane's tab."""
        self.action_do(event.name)

    def on_table_cursor_moved(self, event: Table.CursorMoved) -> None:
        """Another row, or the same with news."""
        if event.table is self.view.table:
            self.refresh_bottom()
            self.detail_view.left()
            self.detail_view.later()
            self.showing.wait_for_ages()

    def on_table_more_found(self, event: Table.MoreFound) -> None:
        """A filter that takes long has looked at more rows."""
        view = self.views[str(event.table.id)]
        view.show_title()
        self.showing.lines()
        for line in self.query("FilterLine") if view is self.view else ():
            line.tell(view.count_text)  # type: ignore[attr-defined]  # not imported before it is used

    def on_table_sorted(self, event: Table.Sorted) -> None:
        """The title of a column was clicked."""
        self.views[str(event.table.id)].remember_order()

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

    def on_details_turned(self) -> None:
        """A tab of the details was clicked."""
        self.detail_view.refresh()

    def on_filter_line_closed(self, event: FilterLine.Closed) -> None:
        """Enter or Esc."""
        if event.kept:
            self.view.table.view.keep_filter()
        self.close_prompt()

    def on_command_line_closed(self) -> None:
        """The `:` line was carried out, or left."""
        self.close_prompt()

    # The Desk: getting about, and words

    show_pane = going.show_pane
    go_to = going.go_to
    next_pane = going.next_pane
    move = going.move
    sort = going.sort
    mark = marking.mark
    unmark = marking.unmark
    filtered_out = marking.filtered_out
    has_rows_for = marking.has_rows_for
    zoom = going.zoom
    turn_tab = going.turn_tab
    open_row = going.open_row
    back = going.back
    open_prompt = prompts.open_prompt
    close_prompt = prompts.close_prompt
    tell = telling.tell

    progress = telling.progress
    busy_changed = telling.busy_changed
    begin = telling.begin
    ask = telling.ask
    choose = telling.choose
    pick = telling.pick
    wait_for = telling.wait_for
    copy = telling.copy
    unlock = telling.unlock
    fill = inside.fill
    terminal = inside.terminal
    hand_over = inside.hand_over

    def way_to(self, action: str) -> str:
        """How a text names what does it."""
        return way_to(action, self.settings.keys)

    def set_scope(self, scope: str | None) -> None:
        """Show one namespace, or all."""
        self.scope = scope
        self.showing.everything()

    def open(self, name: str, **arguments: Any) -> None:
        """Open a screen or prompt by its name."""
        open_by_name(self, name, arguments)

    def turn_secrets(self) -> None:
        """Show what is hidden of the row, or hide it."""
        self.detail_view.turn_secrets()

    def survey(self) -> None:
        """Ask the daemon what fills the disk."""
        self.disk.again()

    def follow_pulls(self) -> None:
        """Show the pulls that run, until none does."""
        if self.session and self.session.pulls:
            self.query_one(PullStrip).follow(self.session.pulls)

    def leave(self) -> None:
        """Leave ctdeck."""
        self.begin(leave(self), group="leave", opens=True)
