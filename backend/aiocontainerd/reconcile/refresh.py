"""Asks again for what events point at: merged, in batches, and each question once at a time."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice

from aiocontainerd.reconcile.pacing import Pacer
from aiocontainerd.reconcile.topics import Kind, Target

COLLECT = 0.005  # s: events of one act come together
BATCH_GAP = 0.04  # s between two batches
MANY = 50  # objects of one list that wait; with more the list is cheaper
LISTED_PER_GET = 10  # records that come with a list in the time of getting one (measured: 8 to 12)
LIST_REST = 2.0  # a list that took t seconds is not asked for again before 2 t have passed
FIRST_REST = 1.0  # s at most before the second time: much has changed while the first was read
AT_ONCE = 16  # questions under way for each kind, so that stuck tasks delay only tasks
SINGLY = 8  # of them for objects whose list is slow: what events ask for finds room beside them


class Refresher:
    """Keeps the set of what is dirty and lets `fetch` get it; `fetch` must not raise.

    A target that gets dirty while it is being fetched is fetched once more afterwards: an answer
    under way may be older than the event. While it waits for its turn, further events about it
    cost nothing.
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
        self._loop = asyncio.get_running_loop()
        self._dirty: set[Target] = set()
        self._waiting: dict[Kind, dict[Target, None]] = {kind: {} for kind in Kind}
        # Whether it waits whatever becomes of its list.
        self._singly: dict[Kind, dict[Target, bool]] = {kind: {} for kind in Kind}
        self._running: dict[Target, asyncio.Task[None]] = {}
        self._busy: Counter[Kind] = Counter()
        self._again: set[Target] = set()
        self._resting: set[Target] = set()  # will be asked for again before long
        self._answers: dict[Target, asyncio.Future[None]] = {}
        self._listed: set[Target] = set()  # lists that have rested once
        self._stopped = False
        self._pacer = Pacer(self._start_batch, gap=BATCH_GAP)

    def mark(self, targets: Iterable[Target], *, at_once: bool = False) -> None:
        """These may have changed; `at_once` does not wait for what else may come."""
        for target in targets:
            if target in self._running:
                self._again.add(target)
            elif target not in self._resting:
                self._dirty.add(target)
        if self._dirty and at_once:
            self._pacer.now()
        elif self._dirty:
            self._pacer.poke(COLLECT)

    def one_by_one(self, targets: Iterable[Target], *, listed_too: bool = False) -> None:
        """Get these objects while their list is slow to come, in this order; never as the list.

        Those that still wait when the list has come are only asked for if `listed_too`.
        """
        for target in targets:
            if target not in self._running:
                singly = self._singly[target.kind]
                singly[target] = listed_too or singly.get(target, False)
        for kind in Kind:
            self._fill(kind)

    async def get(self, targets: Iterable[Target], *, again: bool = True) -> None:
        """Get these now, and return when all have been answered or failed.

        Without `again` a question that is under way will do.
        """
        targets = tuple(targets)
        self.mark((t for t in targets if again or t not in self._running), at_once=True)
        answers = [self._answer(target) for target in targets if self.is_open(target)]
        if answers:
            await asyncio.wait(answers)

    def is_open(self, target: Target) -> bool:
        """Whether an answer about this is still to come."""
        kind = target.kind
        waiting = target in self._waiting[kind] or self._singly[kind].get(target, False)
        resting = waiting or target in self._resting
        return resting or target in self._running or target in self._dirty

    def is_asked(self, target: Target) -> bool:
        """Whether this question is under way."""
        return target in self._running

    def stop(self) -> None:
        """Ask nothing more, before the group aborts; what is under way belongs to the group."""
        self._stopped = True
        self._pacer.stop()

    def _answer(self, target: Target) -> asyncio.Future[None]:
        return self._answers.setdefault(target, self._loop.create_future())

    def _start_batch(self) -> None:
        dirty, self._dirty = self._dirty, set()
        kinds = {target.kind for target in dirty}
        for kind in filter(kinds.__contains__, Kind):  # the containers first: their list is long
            waiting = self._waiting[kind]
            waiting.update((target, None) for target in dirty if target.kind is kind)
            fewer = merged(waiting.keys(), self._known)
            if len(fewer) < len(waiting):
                self._waiting[kind] = dict.fromkeys(fewer)
            self._fill(kind)

    def _fill(self, kind: Kind) -> None:
        """Ask as many questions as may be under way, the oldest first."""
        if self._stopped:  # the group may take no more tasks
            return
        waiting = self._waiting[kind]
        for target in tuple(islice(waiting, AT_ONCE - self._busy[kind])):
            del waiting[target]
            if target in self._running:  # a list of many objects that is being read just now
                self._again.add(target)
            elif target not in self._resting:
                self._ask(target)
        singly = self._singly[kind]
        for target in tuple(islice(singly, max(0, SINGLY - self._busy[kind]))):
            del singly[target]
            if target not in self._running and target not in self._resting:
                self._ask(target)

    def _ask(self, target: Target) -> None:
        self._busy[target.kind] += 1
        self._running[target] = self._group.create_task(self._one(target))

    async def _one(self, target: Target) -> None:
        begun = self._loop.time()
        try:
            await self._fetch(target)
        finally:
            del self._running[target]
            self._busy[target.kind] -= 1
            if target.id is None:
                self._forget_single(target)
        if target in self._again:
            self._again.discard(target)
            self._resting.add(target)
            rest = self._rest_of(target, self._loop.time() - begun)
            self._loop.call_later(rest, self._rested, target)
        elif answer := self._answers.pop(target, None):
            answer.set_result(None)
        self._fill(target.kind)

    def _rest_of(self, target: Target, took: float) -> float:
        """How long not to ask this again, after an answer that took so many seconds."""
        rest = LIST_REST * took
        if target.id is None and target not in self._listed:
            self._listed.add(target)
            rest = min(rest, FIRST_REST)
        return max(BATCH_GAP, rest)

    def _forget_single(self, whole: Target) -> None:
        singly = self._singly[whole.kind]
        left = {t: stays for t, stays in singly.items() if stays or t.all != whole}
        self._singly[whole.kind] = left

    def _rested(self, target: Target) -> None:
        self._resting.discard(target)
        self.mark((target,), at_once=True)


def merged(dirty: Iterable[Target], known: Callable[[Target], int]) -> set[Target]:
    """The same questions, fewer: many objects of one list become the whole list.

    `known` tells how many there are in a list. What is asked for with its whole list is not
    asked for by itself as well.
    """
    dirty = set(dirty)
    counts = Counter(target.all for target in dirty if target.id is not None)
    whole = {target for target in dirty if target.id is None}
    for target, many in counts.items():
        if many > max(MANY, known(target) // LISTED_PER_GET):
            whole.add(target)
    return whole | {target for target in dirty if target.all not in whole}
