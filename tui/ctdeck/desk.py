"""What the verbs and the actions may use of the screen they work for.

The main screen is a Desk. A protocol stands between them so that `actions.py` and
`verbs/` need to know no screen and no widget.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from aiocontainerd.models import Snapshot
from ctdeck.rows import Row
from ctdeck.settings import Session, Settings
from ctdeck.underway import UnderWay

if TYPE_CHECKING:
    from aiocontainerd.disk.measuring import Sizes
    from aiocontainerd.disk.plan import Item
    from aiocontainerd.operations import Line
    from ctdeck.terminal.handover import Outcome, Place, Resize
    from ctdeck.verbs.prune import Plan


class Lock(NamedTuple):
    """What is unlocked together: an owner's things (by its short name) in one namespace."""

    namespace: str
    short: str


class Question(NamedTuple):
    """Asked before something is changed: exactly what will happen, by name and size.

    `title` is the question itself, `verb` the word on the button that agrees, `no` that on the
    other one.
    """

    title: str
    lines: tuple[str, ...]
    verb: str
    warning: str = ""
    no: str = "Cancel"


class Choice(NamedTuple):
    """One of several: `options` are (value, text); the first is under the cursor."""

    title: str
    options: tuple[tuple[str, str], ...]
    current: str = ""
    takes: str = "takes it"  # what the key does that takes one, and the one that takes none
    leaves: str = "none"


class Desk(Protocol):
    """The main screen, as the actions see it."""

    busy: dict[Hashable, UnderWay]  # identity → what is being done to it
    last_equivalent: str  # the ctr line of the last action
    unlocked: frozenset[Lock]  # what may be changed although it is somebody else's

    @property
    def settings(self) -> Settings:
        """What was asked for on the command line."""

    @property
    def session(self) -> Session | None:
        """The connection; None until a daemon has answered."""

    @property
    def snapshot(self) -> Snapshot:
        """The world as it is shown."""

    @property
    def sizes(self) -> Sizes:
        """What is known of the sizes of snapshots."""

    @property
    def scope(self) -> str | None:
        """The namespace that is shown; None for all of them."""

    @property
    def new_namespace(self) -> str:
        """Where what is made new goes: the shown namespace, or `default`."""

    @property
    def pane_id(self) -> str:
        """The pane that has the focus."""

    @property
    def row(self) -> Row | None:
        """The row under the cursor, as it is now."""

    @property
    def rows(self) -> Sequence[Row]:
        """What an action takes: the marked rows of this pane, else the row under the cursor."""

    def filtered_out(self, rows: Iterable[Row]) -> Sequence[Row]:
        """Those of them that are marked, and that the filter does not show."""

    def mark(self, how: str) -> None:
        """Mark "one" row, the "range" up to it, "all" that are shown, or "none"."""

    def unmark(self, rows: Iterable[Row]) -> None:
        """Take the marks of these away, in whatever pane they are."""

    def way_to(self, action: str) -> str:
        """How a text names what does it: the key of an action's id, as it is bound."""

    def tell(self, text: str, *, title: str = "", bad: bool = False) -> None:
        """A toast of plain words; a long text becomes a dialog."""

    def progress(self, text: str) -> None:
        """A line while something is being done; empty takes it away."""

    def busy_changed(self) -> None:
        """Show soon what `busy` holds now."""

    def begin(self, work: Coroutine[Any, Any, None], *, group: str, opens: bool = False) -> None:
        """Do it beside the screen; what it raises is told, never lost.

        `group` is the action's id: changes are recorded as part of it. With `opens` it begins with
        a question, a choice or a form: keys wait for that.
        """

    def unlock(self, *locks: Lock) -> None:
        """Allow changes to what is somebody else's; without any, all is locked again."""

    async def ask(self, question: Question) -> bool:
        """Put a question and wait for the answer; only from within `begin`."""

    async def pick(self, plan: Plan) -> Sequence[Item] | None:
        """Let what could be pruned be ticked and unticked; None if it was left."""

    async def wait_for(
        self,
        title: str,
        work: Coroutine[Any, Any, None],
        words: Callable[[], str],
        *,
        background: bool = True,
    ) -> bool:
        """Wait for it, with a dialog if it takes long: Esc cancels. False if that was done.

        With `background` the dialog can be left, too.
        """

    async def choose(self, choice: Choice) -> str | None:
        """Let one option be chosen; None if none was; only from within `begin`."""

    async def fill(self, form: str, **arguments: Any) -> Any:
        """Show a form by its name in `screens/inside.py`; None if it was left."""

    def terminal(self) -> Place | None:
        """Our terminal; None if it cannot be handed to a program."""

    async def hand_over(
        self, line: Line, resize: Resize, *, greeting: str, stay: bool = False
    ) -> Outcome:
        """Give it to a process in a container, until that ends or is left.

        With `stay` what it has written stays until a key is pressed.
        """

    def open(self, name: str, **arguments: Any) -> None:
        """Open a screen or prompt by its name in `screens/openers.py`."""

    def show_pane(self, name: str) -> None:
        """Go to a pane by its id."""

    def go_to(self, pane: str, key: Hashable) -> bool:
        """To a row of a pane, whatever was filtered there; false if it is not in it."""

    def next_pane(self, step: int) -> None:
        """Go to the next pane, or the previous one with -1."""

    def move(self, how: str) -> None:
        """Move in the list, or in the details if they have the focus."""

    def sort(self, how: str) -> None:
        """`next` or `previous` column, or `reverse`."""

    def zoom(self, on: bool) -> None:
        """Give the pane the whole screen, or take it back."""

    def turn_tab(self, step: int) -> None:
        """Next or previous tab of the details."""

    def open_row(self) -> None:
        """Details of the row."""

    def survey(self) -> None:
        """Ask the daemon again what fills the disk."""

    def turn_secrets(self) -> None:
        """Show what is hidden in the details of the row, or hide it again."""

    def back(self) -> None:
        """One step back: details, filter, zoom."""

    def set_scope(self, scope: str | None) -> None:
        """Show one namespace, or all with None."""

    async def copy(self, text: str) -> str:
        """Put text into the clipboard of the terminal; returns where it went, in words."""

    def leave(self) -> None:
        """Leave ctdeck; asks if something of ours would be cut off."""
