"""Brings the newest snapshot on the main screen, and ages when they read differently."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from time import thread_time
from typing import TYPE_CHECKING, Any

from textual.geometry import Size

from aiocontainerd.models import Phase, Snapshot
from aiocontainerd.safe import safe
from ctdeck.formatting import age, age_lasts
from ctdeck.screens.footing import footer_keys
from ctdeck.screens.heading import top_of
from ctdeck.screens.layout import arrange, is_tiny, share_lines
from ctdeck.widgets.column import fit
from ctdeck.widgets.parts import tab_parts, top_parts
from ctdeck.widgets.table import Table

if TYPE_CHECKING:
    from aiocontainerd.store import Store
    from ctdeck.screens.main import MainScreen
    from ctdeck.screens.paneview import PaneView

BURST = 0.04  # seconds between two drawings: a burst of events is a few of them
# A list that is still being read costs the more to show the longer it is: a tenth of the time.
REST = 9.0  # times what it took to show it, until it is shown anew
LONGEST_REST = 3.0  # seconds: states that are shown shall not be long gone
GROWTH = 4  # how many times as long it is when the other long lists are shown anew, too
DETAILS_DUE = 15.0  # seconds after which an age in the details may read differently
MANY = 2_000  # containers from which on five lists at once would hold the loop
SOONEST = 1.0  # seconds between two looks at the clock
LONGEST = 60.0  # seconds: rows that are scrolled to may be younger


class Showing:
    """Draws only what has changed: each part compares with what it shows."""

    def __init__(self, main: MainScreen) -> None:
        self.size = Size()  # of the screen, when all was drawn last
        self.tick_at: float | None = None  # when the clock is looked at again, in the loop's time
        self._main = main
        self._lost_at: datetime | None = None  # since when there is no connection
        self._timer: asyncio.TimerHandle | None = None
        self._spent = 0.0  # s of CPU that the last snapshot has taken
        self._all_at = 0  # containers with which all lists were shown last

    async def watch(self, store: Store) -> None:
        """Show each newest snapshot of the store; never ends."""
        main = self._main
        async for snapshot in store.watch():
            self._spent = -thread_time()
            main.snapshot = main.disk.dress(snapshot)
            if snapshot.phase is not Phase.LOST:
                self._lost_at = None
            elif self._lost_at is None:
                self._lost_at = snapshot.heard_at or Table.now()
            is_long, due = len(snapshot.containers) > MANY, self._due(snapshot)
            if is_long:
                await self._lists_in_turns(due)
            self._draw(due)
            main.disk.look()
            self.wait_for_ages()
            self._spent += thread_time()
            if snapshot.loaded:
                await asyncio.sleep(BURST)
            elif is_long:  # before that nothing bursts, and the first rows shall not wait
                await self._rest(store, min(REST * self._spent, LONGEST_REST))

    async def _rest(self, store: Store, seconds: float) -> None:
        """Only count what has been read meanwhile, which costs next to nothing."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for snapshot in store.watch():
                    if snapshot.loaded:
                        return
                    self.top(snapshot)

    def _due(self, snapshot: Snapshot) -> list[PaneView]:
        """The focused list first; while many containers are read, other long ones wait."""
        main, count = self._main, len(snapshot.containers)
        views = sorted(main.views.values(), key=lambda view: view is not main.view)
        if snapshot.loaded or count <= MANY or count >= GROWTH * self._all_at:
            self._all_at = count
            return views
        return [view for view in views if view is main.view or len(view.table.view.all) <= MANY]

    async def _lists_in_turns(self, views: Iterable[PaneView]) -> None:
        """What makes the lists; the loop is free between them."""
        main = self._main
        for view in views:
            for _ in view.prepare(main.snapshot, main.scope):
                await self._give_way()
            view.show(main.snapshot, main.scope)
            await self._give_way()

    async def _give_way(self) -> None:
        """What others do in their turn is not what the snapshot takes."""
        self._spent += thread_time()
        await asyncio.sleep(0)
        self._spent -= thread_time()

    def everything(self) -> None:
        """All parts of the screen, for its size and the snapshot at hand."""
        self._draw(self._main.views.values())

    def _draw(self, views: Iterable[PaneView]) -> None:
        main = self._main
        if not main.details.is_attached:
            return
        self.size = main.app.size
        arrange(main)
        for view in views:
            view.show(main.snapshot, main.scope)
        share_lines(main)
        self.lines()
        main.detail_view.refresh()

    def lines(self) -> None:
        """The top line, the tabs and the keys."""
        main = self._main
        self.top(main.snapshot)
        tabs = [view.tab for view in main.views.values()]
        here = list(main.views).index(main.pane_id)
        names = dict(enumerate(f"pane.{name}" for name in main.views))
        main.tabs.show(tab_parts(tabs, here, main.app.size.width), names)
        self.bottom()

    def top(self, snapshot: Snapshot) -> None:
        """The top line alone."""
        main, size = self._main, self._main.app.size
        # The title of a stacked list tells of its filter.
        alone = main.view.filter if not main.has_class("-stacked") else ""
        filtered = fit(f"/{safe(alone)}", min(len(alone) + 1, 20)) if alone else ""
        top = top_of(
            snapshot,
            main.scope,
            main.settings,
            main.session,
            filtered=filtered,
            unlocked=main.unlocked,
            secrets=main.detail_view.shows_secrets,
            lost_for=age(self._lost_at, Table.now()),
        )
        main.top.show([("too small", "")] if is_tiny(*size) else top_parts(top, size.width))

    def bottom(self) -> None:
        """The keys that work on the row under the cursor; none of them behind a dialog."""
        main = self._main
        keys = footer_keys(main, main.app.size.width) if main.app.screen is main else []
        main.bottom.show_keys(keys)

    def wait_for_ages(self) -> None:
        """Look at the clock again when the next shown age reads differently, not before."""
        main, now = self._main, Table.now()
        main.sampling.wake()
        due = [age_lasts(when, now) for table in _seen(main) for when in _ages(table)]
        due += [age_lasts(self._lost_at, now)] if self._lost_at else []
        due.append(DETAILS_DUE if main.details.display else LONGEST)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + min(max(min(due), SOONEST), LONGEST)
        if self.tick_at is None or deadline < self.tick_at:
            self.stop()
            self.tick_at = deadline
            self._timer = loop.call_at(deadline, main.call_later, self._tick)

    def stop(self) -> None:
        """Wait no more."""
        if self._timer is not None:
            self._timer.cancel()
        self.tick_at = self._timer = None

    def _tick(self) -> None:
        """Redraw the ages that read differently now."""
        self.tick_at = self._timer = None
        for table in _seen(self._main):
            table.tick()
        if self._lost_at:
            self.lines()
        self._main.detail_view.refresh()
        self.wait_for_ages()


def _seen(main: MainScreen) -> list[Table[Any]]:
    return [view.table for view in main.views.values() if view.table.display]


def _ages(table: Table[Any]) -> Iterator[datetime]:
    """What the ages that are seen in a table count from."""
    whens = table.sheet.whens()
    if whens:
        top = round(table.scroll_y)
        for row in table.view.shown[top : top + table.page]:
            yield from (time for when in whens if (time := when(row)) is not None)
