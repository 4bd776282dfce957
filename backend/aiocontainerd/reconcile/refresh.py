"""Asks again for what events point at: merged, in batches, and each question once at a time."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable

from aiocontainerd.reconcile.pacing import Pacer
from aiocontainerd.reconcile.topics import Kind, Target

COLLECT = 0.005  # s: events of one act come together
BATCH_GAP = 0.04  # s between two batches
MANY = 50  # objects of one list in a batch; with more the list is cheaper
LIST_REST = 2.0  # a list that took t seconds is not asked for again before 2 t have passed
AT_ONCE = 16  # questions under way for each kind, so that stuck tasks delay only tasks


class Refresher:
    """Keeps the set of what is dirty and lets `fetch` get it; `fetch` must not raise.

    A target that gets dirty while it is being fetched is fetched once more afterwards: an answer
    under way may be older than the event.
    """

    def __init__(
        self,
        fetch: Callable[[Target], Awaitable[None]],
        known: Callable[[Target], int],
        group: asyncio.TaskGroup,
    ) -> None:
        self._fetch = fetch
        self._known = known
        self._group = group
        self._dirty: set[Target] = set()
        self._running: dict[Target, asyncio.Task[None]] = {}
        self._again: set[Target] = set()
        self._limits = {kind: asyncio.Semaphore(AT_ONCE) for kind in Kind}
        self._pacer = Pacer(self._start_batch, gap=BATCH_GAP)

    def mark(self, targets: Iterable[Target], *, at_once: bool = False) -> None:
        """These may have changed; `at_once` does not wait for what else may come."""
        for target in targets:
            (self._again if target in self._running else self._dirty).add(target)
        if self._dirty and at_once:
            self._pacer.now()
        elif self._dirty:
            self._pacer.poke(COLLECT)

    async def get(self, targets: Iterable[Target], *, again: bool = True) -> None:
        """Get these now, and return when all have been answered or failed.

        Without `again` a question that is under way will do.
        """
        targets = tuple(targets)
        self.mark((t for t in targets if again or t not in self._running), at_once=True)
        running = [self._running[target] for target in targets if target in self._running]
        if running:
            await asyncio.wait(running)

    def stop(self) -> None:
        """Ask nothing more; what is under way belongs to the group."""
        self._pacer.stop()

    def _start_batch(self) -> None:
        dirty, self._dirty = self._dirty, set()
        for target in merged(dirty, self._known):
            if target in self._running:
                self._again.add(target)
            else:
                self._running[target] = self._group.create_task(self._one(target))

    async def _one(self, target: Target) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            async with self._limits[target.kind]:
                begun = clock()
                self._again.discard(target)
                await self._fetch(target)
            if target not in self._again:
                break
            await asyncio.sleep(max(BATCH_GAP, LIST_REST * (clock() - begun)))
        del self._running[target]


def merged(dirty: set[Target], known: Callable[[Target], int]) -> set[Target]:
    """The same questions, fewer: many objects of one list become the whole list.

    `known` tells how many there are in a list; getting one costs about as much as listing five.
    """
    counts = Counter(target.all for target in dirty if target.id is not None)
    crowded = {whole for whole, many in counts.items() if many > max(MANY, known(whole) // 5)}
    return {target.all if target.all in crowded else target for target in dirty}
