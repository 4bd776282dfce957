"""Records as the daemon last told them, put together from answers that may overtake each other.

Each question gets a number, in the order of asking. The answer carries it, and an answer never
replaces that to a later question: a slow list does not undo what a quick look found since.
"""

from collections.abc import Container as Contains
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import NamedTuple

from aiocontainerd.models import Container, Image, Task
from aiocontainerd.reconcile.topics import Identity, Kind, Target

_FORGET_BEYOND = 10_000  # remembered answers; more than that are pruned

# A committed snapshot is only a name to us.
Record = Container | Task | Image | str


class Change(NamedTuple):
    """A record that came (`old` is None), went (`new` is None) or differs."""

    kind: Kind
    namespace: str
    old: Record | None
    new: Record | None


class Records:
    """Containers, tasks, images and committed snapshots of each namespace."""

    def __init__(self) -> None:
        self._lists: dict[Target, dict[Identity, Record]] = {}
        self._listed: set[Target] = set()
        self._numbers = count(1)
        self._open: dict[Target, int] = {}  # questions without an answer yet
        self._answered: dict[Target, int] = {}  # the latest question answered for each record
        self._whole: dict[Target, int] = {}  # the latest question answered for each list
        self._prune_at = _FORGET_BEYOND

    def of(self, kind: Kind, namespace: str) -> Mapping[Identity, Record]:
        """Records of a kind by id (images: by raw name)."""
        return self._lists.get(Target(kind, namespace), {})

    def all(self, kind: Kind) -> Iterator[Record]:
        """Records of a kind in all namespaces."""
        for target, records in self._lists.items():
            if target.kind is kind:
                yield from records.values()

    def is_listed(self, kind: Kind, namespace: str) -> bool:
        """Whether the whole list has been read at least once."""
        return Target(kind, namespace) in self._listed

    def asking(self, target: Target) -> int:
        """Note that this is asked for now; the number goes with the answer."""
        number = next(self._numbers)
        self._open[target] = number
        return number

    def gave_up(self, target: Target) -> None:
        """There will be no answer."""
        self._open.pop(target, None)

    def put(self, target: Target, record: Record | None, number: int) -> list[Change]:
        """Take the answer for one record, None for "there is none"."""
        assert target.id is not None
        self._open.pop(target, None)
        if number < self._whole.get(target.all, 0):
            return []
        changes = self._set(target, target.id, record, number)
        self._answered[target] = max(number, self._answered.get(target, 0))
        self._prune()
        return changes

    def put_some(
        self, target: Target, records: Mapping[Identity, Record], number: int
    ) -> list[Change]:
        """Take a part of a list; nothing is gone because it is not in it."""
        return [c for id, new in records.items() for c in self._set(target, id, new, number)]

    def missing(self, target: Target, seen: Contains[Identity]) -> list[Identity]:
        """What is held and was not seen in the whole list."""
        return [id for id in self.of(target.kind, target.namespace) if id not in seen]

    def remove(self, target: Target, gone: Iterable[Identity], number: int) -> list[Change]:
        """Take out what the whole list did not hold; later answers stay as they are."""
        return [c for id in gone for c in self._set(target, id, None, number)]

    def complete(self, target: Target, number: int) -> None:
        """The whole list, the answer to question `number`, has been taken."""
        self._open.pop(target, None)
        self._listed.add(target)
        self._whole[target] = max(number, self._whole.get(target, 0))

    def drop(self, namespace: str) -> list[Change]:
        """Forget a namespace that is gone."""
        changes = []
        for target in [target for target in self._lists if target.namespace == namespace]:
            held = self._lists.pop(target)
            self._listed.discard(target)
            self._whole.pop(target, None)
            changes += [Change(target.kind, namespace, old, None) for old in held.values()]
        return changes

    def _set(self, target: Target, id: Identity, new: Record | None, number: int) -> list[Change]:
        kind, namespace, _ = target
        held = self._lists.setdefault(Target(kind, namespace), {})
        old = held.get(id)
        if old is new or self._answered.get(Target(kind, namespace, id), 0) > number or old == new:
            return []
        if new is None:
            del held[id]
        else:
            held[id] = new
        return [Change(kind, namespace, old, new)]

    def _prune(self) -> None:
        """Forget what was answered when, once no older question is open."""
        if len(self._answered) > self._prune_at:
            oldest = min(self._open.values(), default=next(self._numbers))
            self._answered = {t: n for t, n in self._answered.items() if n > oldest}
            # While an old question stays open nothing can be forgotten: do not try each time.
            self._prune_at = max(_FORGET_BEYOND, 2 * len(self._answered))
