"""Has the disk surveyed while its pane is looked at, and brings the report on the screen."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from aiocontainerd.models import Phase, Snapshot
from ctdeck.collector import many_that_stay
from ctdeck.failures import plain_words
from ctdeck.verbs.doing import client_of

if TYPE_CHECKING:
    from textual.timer import Timer

    from aiocontainerd.disk.measuring import Sizes
    from aiocontainerd.disk.report import Report
    from ctdeck.screens.main import MainScreen

PANE = "disk"
SOONEST, SHARE = 3.0, 20  # seconds, and times what one takes, between two surveys of their own
MANY = 2_000  # images and containers: they are some 10,000 things
_TOPICS = ("/images/", "/containers/", "/snapshot/", "/content/")


class DiskView:
    """One survey at a time; none at the start, none while nobody looks."""

    def __init__(self, main: MainScreen) -> None:
        self._main = main
        self._report: Report | None = None
        self.known: Sizes = {}
        self._stale = True
        self._running = False
        self._again = False  # asked for while one runs
        self._took = 0.0
        self._ended = 0.0
        self._timer: Timer | None = None

    @property
    def is_seen(self) -> bool:
        """The pane is on the screen."""
        return self._main.pane_id == PANE and self._main.lists.display

    def dress(self, snapshot: Snapshot) -> Snapshot:
        """The world with what is known of the disk in it."""
        if self._is_news(self._main.snapshot, snapshot):
            self._stale = True
        if self._report is None or snapshot.disk is not None:
            return snapshot
        return replace(snapshot, disk=self._report)

    def look(self) -> None:
        """Somebody may be looking: begin a survey if there is none, or it is old."""
        if not self.is_seen or self._running or not self._stale or self._timer is not None:
            return
        session = self._main.session
        world = self._main.snapshot
        if session is None or session.client is None or not world.loaded:
            return  # the first list brings us here again
        if world.phase is not Phase.LIVE:
            return  # and so does an answer
        if self._main.snapshot.disk is not None and self._report is None:
            return  # made by somebody else
        wait = 0.0
        if self._report is not None:
            wait = max(SOONEST, SHARE * self._took) - (monotonic() - self._ended)
        if wait > 0:
            self._timer = self._main.set_timer(wait, self._due)
        else:
            self.again()

    def again(self) -> None:
        """Ask the daemon now."""
        if self._running:
            self._again = True
            return
        self._running = True
        self._main.begin(self._survey(), group="survey")

    def _due(self) -> None:
        self._timer = None
        self.look()

    def _is_news(self, old: Snapshot, new: Snapshot) -> bool:
        if old.phase is not new.phase:
            return new.phase is Phase.LIVE
        if old.images is not new.images or old.containers is not new.containers:
            return True
        seen = old.events[-1].seq if old.events else 0
        for event in reversed(new.events):
            if event.seq <= seen:
                return False
            if event.topic.startswith(_TOPICS):
                return True
        return False

    async def _survey(self) -> None:
        from aiocontainerd.disk.report import Report
        from aiocontainerd.disk.survey import survey

        began = monotonic()
        self._stale = False
        try:
            client, world = client_of(self._main), self._main.snapshot
            many = len(world.images) + len(world.containers) >= MANY
            with many_that_stay() if many else nullcontext():
                async for found in survey(client, lambda: self._main.snapshot, known=self.known):
                    self._bring(await asyncio.to_thread(Report.of, found))
        except Exception as error:  # told once: news, or the key, have it tried again
            words = plain_words(error)[1].splitlines()[0]
            self._main.tell(f"The disk could not be surveyed: {words}", bad=True)
        finally:
            self._running = False
            self._ended = monotonic()
            self._took = self._ended - began
        if self._again:
            self._again = False
            self.again()
        elif self._stale:
            self.look()

    def _bring(self, report: Report) -> None:
        main = self._main
        self._report = report
        main.snapshot = replace(main.snapshot, disk=report)
        main.showing.everything()
