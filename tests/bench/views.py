"""What the lists cost: keys, sorting, filtering and news, on a made-up host of any size.

The whole app in this process, with a terminal that only counts bytes. Times are CPU seconds of
the event loop from the key (or the snapshot) until all is painted, so that a busy machine and
the wait for the next frame do not blur them. `python -m tests.bench.views` prints the table.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from textual import events

from aiocontainerd.models import Snapshot
from aiocontainerd.store import Store
from ctdeck.app import CtdeckApp
from ctdeck.collector import settle
from ctdeck.settings import Session, Settings

from .figures import Measure, table
from .loopwatch import Held, watching
from .made_up import LABELLED, host
from .quiet_driver import QuietDriver

COUNTS = (1_000, 10_000, 100_000)
SIZES = ((80, 24), (200, 50))
KEY, STEP, BLOCK = 0.016, 0.1, 0.05  # goals in seconds
FILTER = "row0"


class Rig:
    """A running app on a snapshot, and what something done to it costs."""

    def __init__(self, app: CtdeckApp, store: Store) -> None:
        self.app = app
        self.store = store
        self._numbers = itertools.count(1)

    async def cost(self, act: Callable[[], object]) -> Held:
        """Do it, wait until all is painted; what the loop was held for."""
        with watching() as held:
            act()
            await self.settle()
        return held

    async def moved(self, letter: str) -> tuple[Held, Held]:
        """A key that moves the cursor: until it is painted, and until the details stand, too."""
        with watching() as held:
            written = self._written
            self.key(letter, letter)
            await self._paint(written)
        with watching() as rest:
            await self.settle()
        return held, Held(held.total + rest.total, max(held.longest, rest.longest))

    async def typed(self, letter: str, filtered: str) -> Held:
        """A letter of a filter, until what is found at once is painted."""
        main = self.app.main
        with watching() as held:
            self.key(letter, letter)
            while main.view.filter != filtered:
                await asyncio.sleep(0)
            await self._paint(self._written)
        return held

    @property
    def _written(self) -> int:
        driver = self.app._driver
        assert isinstance(driver, QuietDriver)
        return driver.written

    async def _paint(self, written: int) -> None:
        """Until there are more bytes on the terminal than these."""
        while self._written == written:
            await asyncio.sleep(0.001)

    async def rest_of_filter(self) -> Held:
        """What a filter costs that shows what it found so far, until it has looked at all."""
        with watching() as held:
            while not self.app.main.view.table.view.is_complete:
                await asyncio.sleep(0.005)
            await self.settle()
        return held

    async def settle(self) -> None:
        """Until no key waits and nothing is to be drawn."""
        app, quiet = self.app, 0
        while quiet < 3:
            await asyncio.sleep(0.005)
            screen = app.screen
            owing = screen._dirty_widgets or screen._callbacks or screen._layout_required
            views = [view for view in app.main.views.values() if view.table.display]
            shown = app.main.snapshot.generation == self.store.snapshot.generation
            shown = shown and all(view._shown is app.main.snapshot for view in views)
            settled = all(view.table.turns.are_over for view in views)
            done = shown and settled and not owing and not app.keys.is_busy
            quiet = quiet + 1 if done else 0

    def key(self, name: str, character: str | None = None) -> None:
        """As if it came from the terminal."""
        assert self.app._driver is not None
        self.app._driver.process_message(events.Key(name, character))

    def change(self, many: int) -> None:
        """A snapshot in which so many containers have other labels."""
        now = self.store.snapshot
        number, step = next(self._numbers), max(1, len(now.containers) // many)
        keys = itertools.islice(now.containers, 0, None, step)
        labels = {LABELLED: str(number)}
        news = {k: replace(now.containers[k], labels=labels) for k in itertools.islice(keys, many)}
        self.store.publish(replace(now, containers={**now.containers, **news}))

    def come_and_go(self) -> None:
        """A snapshot without one container in the middle, and with a new one."""
        now = self.store.snapshot
        left = dict(now.containers)
        gone = left.pop(next(itertools.islice(left, len(left) // 2, None)))
        new = replace(gone, id=f"new{next(self._numbers)}")
        self.store.publish(replace(now, containers={**left, new.key: new}))


@asynccontextmanager
async def rig(snapshot: Snapshot, size: tuple[int, int]) -> AsyncIterator[tuple[Rig, Held]]:
    """The app with these rows on a screen of this size, and what bringing them there cost."""
    store = Store()
    app = CtdeckApp(Settings(), Session(store))
    app.driver_class = QuietDriver
    async with app.run_test(size=size, headless=False):
        made = Rig(app, store)
        await made.settle()
        loading = await made.cost(lambda: store.publish(snapshot))
        yield made, loading


async def figures(count: int, size: tuple[int, int], repeats: int) -> dict[str, list[Held]]:
    """Everything that is done to a list of so many rows, each time what it cost."""
    found: dict[str, list[Held]] = {}
    snapshot = host(count)
    gc.collect()  # as `__main__` does when the start is over
    settle()
    async with rig(snapshot, size) as (deck, loading):
        found["load, until all is known"] = [loading]

        async def note(name: str, act: Callable[[], object], times: int = 1) -> None:
            for _ in range(times):
                found.setdefault(name, []).append(await deck.cost(act))

        async def note_moves(name: str) -> None:
            for _ in range(repeats):
                painted, stands = await deck.moved("j")
                found.setdefault(name, []).append(painted)
                found.setdefault(f"{name}, until details stand", []).append(stands)

        await note_moves("cursor key")
        await note("jump to the end", lambda: deck.key("G", "G"))
        await note("jump to the first", lambda: deck.key("g", "g"))
        await deck.cost(lambda: [deck.key("j", "j") for _ in range(size[1])])
        await note_moves("scroll key")
        table = deck.app.main.view.table
        while True:
            cost = await deck.cost(lambda: deck.key("shift+right"))
            if table.sort_column is None:
                found["own order again"] = [cost]
                break
            found[f"sort by {table.sort_column}"] = [cost]
        await note("reverse", lambda: deck.key("o", "o"))
        await deck.cost(lambda: deck.key("o", "o"))
        await note("one container changed", lambda: deck.change(1), repeats)
        await note("one comes, one goes", deck.come_and_go, repeats)
        await note("1,000 containers changed", lambda: deck.change(1_000), 3)
        await deck.cost(lambda: deck.key("slash", "/"))
        for number, letter in enumerate(FILTER):
            name = "following" if number else "first"
            typed = await deck.typed(letter, FILTER[: number + 1])
            found.setdefault(f"filter keystroke, {name}", []).append(typed)
            found.setdefault("    its rest, in turns", []).append(await deck.rest_of_filter())
        await note("one container changed, filtered", lambda: deck.change(1), 3)
        await note("filter cleared", lambda: deck.key("escape"))
    gc.unfreeze()
    return found


GOALS = {
    "cursor key": KEY,
    "scroll key": KEY,
    "jump to the end": STEP,
    "filter keystroke, first": STEP,
    "filter keystroke, following": STEP,
}


async def measure(
    counts: Sequence[int] = COUNTS,
    sizes: Sequence[tuple[int, int]] = SIZES,
    repeats: int = 20,
) -> list[Measure]:
    """All lines of the table."""
    lines: list[Measure] = []
    for count, size in itertools.product(counts, sizes):
        found = await figures(count, size, repeats)
        where = f"{count:,} containers, {size[0]}x{size[1]}"
        for name, costs in found.items():
            goal = GOALS.get(name, STEP if name.startswith("sort") else None)
            kind = "p95" if len(costs) >= 10 else "highest"
            times = [held.total for held in costs]
            lines.append(Measure(name, times, goal=goal, statistic=kind, section=where))
        longest = [held.longest for costs in found.values() for held in costs]
        held = Measure("loop held at once", longest, goal=BLOCK, statistic="highest", section=where)
        lines.append(held)
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", default="1000,10000,100000", help="of containers")
    parser.add_argument("--sizes", default="80x24,200x50", help="of the screen")
    parser.add_argument("--repeats", type=int, default=20)
    given = parser.parse_args()
    counts = [int(count) for count in given.counts.split(",")]
    sizes = [(int(w), int(h)) for w, h in (size.split("x") for size in given.sizes.split(","))]
    print(table(asyncio.run(measure(counts, sizes, given.repeats))))


if __name__ == "__main__":
    main()
