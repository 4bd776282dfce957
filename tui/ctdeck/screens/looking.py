"""Reads what a tab of the details needs while that tab is seen, and keeps what was answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from aiocontainerd.models import Phase
from ctdeck.descriptions.facts import Fact, Tabs, within
from ctdeck.failures import plain_words
from ctdeck.lookups import LOOKUPS, Lookup
from ctdeck.masking import masked_text
from ctdeck.rows import Row
from ctdeck.verbs.doing import client_of

if TYPE_CHECKING:
    from ctdeck.screens.main import MainScreen

KEPT = 100  # answers that are remembered
GROUP = "lookup"
Wanted = tuple[str, Hashable]  # the tab, and what it is of


class Looking:
    """One read at a time: that of the tab which is seen; a late answer changes nothing.

    What failed is asked for again when one comes back to it, or the daemon does.
    """

    def __init__(self, main: MainScreen, changed: Callable[[], None]) -> None:
        self._main = main
        self._changed = changed
        self._answers: dict[Wanted, list[Fact]] = {}
        self._seen: Wanted | None = None
        self._failed = False  # the last answer to what is seen
        self._phase: Phase | None = None

    def at(self, row: Row, tabs: Tabs) -> Tabs:
        """The tabs with those that are read, before the last one; begins to read the one seen."""
        found = [(each, of) for each in LOOKUPS if (of := each.of(row)) is not None]
        seen = next(((each, of) for each, of in found if each.tab == self._main.details.tab), None)
        self._look(row, seen)
        *first, last = tabs.items()
        read = [(each.tab, self._answer(each, of)) for each, of in found]
        return dict([*first, *read, last])

    def rest(self) -> None:
        """Nothing is seen."""
        self._look(None, None)

    def _answer(self, lookup: Lookup, of: Hashable) -> list[Fact]:
        return self._answers.get((lookup.tab, of)) or [Fact("", lookup.waits, "muted")]

    def _look(self, row: Row | None, seen: tuple[Lookup, Hashable] | None) -> None:
        wanted = None if seen is None else (seen[0].tab, seen[1])
        phase, self._phase = self._phase, self._main.snapshot.phase
        back = phase is not self._phase is Phase.LIVE
        if wanted == self._seen and not (self._failed and back):
            return
        if self._failed and self._seen is not None:
            self._answers.pop(self._seen, None)
        self._seen, self._failed = wanted, False
        self._main.workers.cancel_group(self._main, GROUP)
        if row is None or seen is None or wanted is None:
            return
        if wanted not in self._answers or seen[0].every:
            work = self._read(seen[0], row, wanted)
            self._main.run_worker(work, group=GROUP, exit_on_error=False)

    async def _read(self, lookup: Lookup, row: Row, wanted: Wanted) -> None:
        while True:
            if self._main.sampling.is_drawn or wanted not in self._answers:
                try:
                    facts, failed = await lookup.read(client_of(self._main), row), False
                except Exception as error:  # shown in the tab itself
                    words = masked_text(plain_words(error)[1].splitlines()[0])
                    facts, failed = [Fact("", words, "bad")], True
                if self._seen != wanted:
                    return
                self._failed = failed
                self._keep(wanted, within(facts, len(facts), self._main.way_to("raw")))
                self._changed()
            if not lookup.every:
                return
            await asyncio.sleep(lookup.every)

    def _keep(self, wanted: Wanted, facts: list[Fact]) -> None:
        self._answers.pop(wanted, None)
        while len(self._answers) >= KEPT:
            del self._answers[next(iter(self._answers))]
        self._answers[wanted] = facts
