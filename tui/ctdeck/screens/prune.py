"""The plan of a prune: what could go, with a box for each; what is protected is locked."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from aiocontainerd.disk.plan import Group, Item, together
from ctdeck.formatting import size
from ctdeck.screens.boundkeys import keys_line
from ctdeck.screens.dialog import NARROW, Armed, Dialog, is_small
from ctdeck.styles import style_path
from ctdeck.verbs.prune import Plan, name_of
from ctdeck.widgets.column import Cell, Column
from ctdeck.widgets.table import Table


class PlanRow(NamedTuple):
    """One item and whether it is ticked."""

    item: Item
    ticked: bool

    @property
    def key(self) -> Hashable:
        """The item's identity."""
        return self.item.node


def _box(row: PlanRow) -> Cell:
    if row.item.locked:
        return "[-]", "muted"
    return ("[x]", "accent") if row.ticked else ("[ ]", "")


def _why(row: PlanRow) -> Cell:
    if row.item.locked:
        return f"locked: {row.item.locked}", "warn"
    return row.item.note, "muted"


def _quiet(row: PlanRow, text: str) -> Cell:
    return (text, "muted") if row.item.locked else text


# As wide as the others; that a container is stopped goes without saying here.
_BRIEF = {Group.CONTAINERS: "container", Group.CONTENT: "content"}
COLUMNS: tuple[Column[PlanRow], ...] = (
    Column("box", "", lambda r, _: _box(r), lambda r: not r.ticked, minimum=3, maximum=3),
    Column(
        "group",
        "WHAT",
        lambda r, _: _quiet(r, _BRIEF.get(r.item.group, r.item.group.value)),
        lambda r: r.item.group.value,
        priority=2,
        minimum=14,
        maximum=20,
    ),
    Column(
        "name",
        "NAME",
        lambda r, _: _quiet(r, name_of(r.item)),
        lambda r: name_of(r.item),
        minimum=14,
        maximum=44,
        cut="host",
    ),
    Column(
        "namespace",
        "NAMESPACE",
        lambda r, _: (r.item.node.namespace, "muted"),
        lambda r: r.item.node.namespace,
        priority=4,
        minimum=7,
        maximum=20,
        brief="NS",
    ),
    Column(
        "frees",
        "FREES",
        lambda r, _: _quiet(r, size(r.item.frees)),
        lambda r: -r.item.frees,
        priority=1,
        minimum=7,
        maximum=8,
        right=True,
        falling=True,
    ),
    Column(
        "why",
        "",
        lambda r, _: _why(r),
        lambda r: r.item.locked or r.item.note,
        priority=3,
        minimum=21,
        maximum=40,
        optional=True,
    ),
)


class PruneScreen(Dialog[list[Item] | None]):
    """Space ticks and unticks; Enter goes on to the question, Esc leaves."""

    CSS_PATH = style_path("dialogs")
    HORIZONTAL_BREAKPOINTS = NARROW
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "tick", id="prune.tick", tooltip="Tick or untick this one"),
        Binding("a", "all", "all or none", id="prune.all", tooltip="Tick all, or none"),
        Binding("enter,y", "go_on", "go on", id="prune.go_on", tooltip="Go on to the question"),
        Binding("escape,q,n", "dismiss(None)", "leave", id="prune.cancel", tooltip="Do nothing"),
        Binding("j,down", "move(1)", "down", id="prune.down", tooltip="Down"),
        Binding("k,up", "move(-1)", "up", id="prune.up", tooltip="Up"),
        Binding("pagedown,ctrl+d", "move(10)", "down", id="prune.page.down", tooltip="Down"),
        Binding("pageup,ctrl+u", "move(-10)", "up", id="prune.page.up", tooltip="Up"),
        Binding("g,home", "move(-999999)", "first", id="prune.first", tooltip="First"),
        Binding("G,end", "move(999999)", "last", id="prune.last", tooltip="Last"),
    ]

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.ticked = {item.node for item in plan.items if item.is_wanted}
        self.armed = Armed()
        self.table: Table[PlanRow] = Table(COLUMNS)
        self.total = Static(id="total", markup=False)

    def compose(self) -> ComposeResult:
        """The list in its box, and what is chosen of it."""
        with Vertical(classes="dialog plan"):
            yield self.table
            yield self.total

    def on_mount(self) -> None:
        """Fill the list."""
        dialog = self.query_one(".dialog")
        dialog.border_title = Content("What could be pruned")
        dialog.border_subtitle = Content(
            keys_line(
                self,
                ("prune.tick", "ticks"),
                ("prune.all", "all or none"),
                ("prune.go_on", "goes on"),
                ("prune.cancel", "leaves"),
            )
        )
        self._show()
        self.table.focus()
        self.armed.begin(self)

    def on_resize(self) -> None:
        """The list is as high as its rows, or scrolls."""
        self.set_class(is_small(self.app.size), "-small")
        most = self.app.size.height - (4 if is_small(self.app.size) else 6)
        self.table.styles.height = max(2, min(len(self.plan.items) + 1, most))

    @property
    def chosen(self) -> list[Item]:
        """What is ticked, in the order of the plan."""
        return [item for item in self.plan.items if item.node in self.ticked]

    def _show(self) -> None:
        self.table.set_rows([PlanRow(it, it.node in self.ticked) for it in self.plan.items])
        self.run_worker(self._reckon(), exclusive=True, group="total")

    async def _reckon(self) -> None:
        """In a thread: on a large host it takes a while."""
        chosen = self.chosen
        head = f"{len(chosen):,} of {len(self.plan.items):,} ticked"
        self.total.update(Content(f"{head}, reckoning …"))
        freed = await asyncio.to_thread(together, self.plan.report, chosen)
        locked = sum(bool(item.locked) for item in self.plan.items)
        kept = f"; {locked:,} locked" if locked else ""
        self.total.update(Content(f"{head}: together they free {size(freed)}{kept}"))

    def action_tick(self) -> None:
        """Turn the box under the cursor, and go on to the next row."""
        row = self.table.current
        if row is None:
            return
        if not row.item.locked:
            self.ticked ^= {row.item.node}
            self._show()
        self.table.move(1)

    def action_all(self) -> None:
        """All that may be ticked; none if they are."""
        free = {item.node for item in self.plan.items if not item.locked}
        self.ticked = set() if self.ticked == free else free
        self._show()

    def action_move(self, lines: int) -> None:
        """Move the cursor."""
        self.table.move(lines)

    def action_go_on(self) -> None:
        """To the question, if the key was pressed when the plan could be read."""
        if self.armed.accepts(self.app):
            self.dismiss(self.chosen)

    def on_table_row_opened(self, event: Table.RowOpened) -> None:
        """A double click ticks."""
        event.stop()
        self.action_tick()
