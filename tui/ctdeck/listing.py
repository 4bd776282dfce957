"""What each pane lists of a snapshot: identities in their own order, and a row for each. Pure.

Nothing is made for what is not looked at: a list is identities, which begin with the namespace,
and rows are made of the snapshot when they are asked for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import (
    Callable,
    Generator,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    Set,
)
from datetime import datetime
from functools import partial
from operator import attrgetter, itemgetter
from typing import Any

from aiocontainerd.models import Container, Key, Snapshot
from aiocontainerd.quickdata import dataclass
from ctdeck.differing import differing
from ctdeck.formatting import short_reference
from ctdeck.imageusers import Twins, Users
from ctdeck.mountkinds import group_of
from ctdeck.pods import Group, in_turns, pods_of, with_mates
from ctdeck.rows import ContainerRow, EventRow, ImageRow, MountRow, Row, Scope, TaskRow, rows_of
from ctdeck.widgets.maderows import Rows

_namespace, _id = itemgetter(0), itemgetter(1)
_by_id = itemgetter(1, 0)
_number = attrgetter("seq")

PIECE = 10_000  # containers whose mounts are listed in one turn: some 12 ms
InTurns = Generator[None, None, list[Hashable]]  # returns the list


@dataclass(frozen=True, slots=True)
class Listing:
    """How a pane's rows come of a snapshot.

    `row` is that of an identity, None if the snapshot does not hold it; `rows` are those of many
    that it holds. `keys` are all identities in the pane's own order, and `order` is what one of
    them is sorted by there, None if the snapshot does not hold it. `touched` are those that may
    come, go or read differently from one snapshot to the next, None for all. `count` brings a
    number of rows for each namespace from one snapshot to the next. `stored` are all identities
    in the order of memory, which makes their rows three times as fast; None if that is not known.
    `in_turns` makes what `keys` does and stops on the way; None where that would not be worth it.
    `pods` are the groups that stay together however the rows are sorted; None if there are none.
    """

    keys: Callable[[Snapshot, Scope], list[Hashable]]
    row: Callable[[Snapshot, Any], Row | None]
    rows: Callable[[Snapshot, Sequence[Any]], Iterable[Row]]
    order: Callable[[Snapshot, Any], Any]
    touched: Callable[[Snapshot, Snapshot, Scope], Set[Hashable] | None]
    count: Callable[[Counter[str], Snapshot, Snapshot], None]
    stored: Callable[[Snapshot, Scope], Iterable[Hashable]] | None = None
    in_turns: Callable[[Snapshot, Scope], InTurns] | None = None
    pods: Callable[[Snapshot], Mapping[Key, Group]] | None = None

    def rows_in(self, snapshot: Snapshot, scope: Scope) -> Rows[Any]:
        """The rows of this snapshot, made when they are looked at."""
        stored = partial(self.stored, snapshot, scope) if self.stored else None
        groups = self.pods(snapshot) if self.pods else {}
        return Rows(partial(self.row, snapshot), partial(self.rows, snapshot), stored, groups)


def stamp(when: datetime | None) -> float:
    """A time to sort by, newest first; unknown ones last."""
    return -when.timestamp() if when else 0.0


def _sorted(keys: Iterable[Key]) -> list[Any]:
    """By id; in two turns, of which each compares strings only."""
    found = sorted(keys, key=_namespace)
    found.sort(key=_id)
    return found


def _at_once(turns: InTurns) -> list[Hashable]:
    while True:
        try:
            next(turns)
        except StopIteration as end:
            keys: list[Hashable] = end.value
            return keys


def _in(scope: Scope, keys: Iterable[Key]) -> Iterable[Key]:
    return keys if scope is None else (key for key in keys if key[0] == scope)


def _differing(old: Mapping[Key, Any], new: Mapping[Key, Any], scope: Scope) -> Set[Key]:
    found = differing(old, new)
    return found if scope is None else set(_in(scope, found))


def _count(counts: Counter[str], old: Mapping[Key, Any], new: Mapping[Key, Any]) -> None:
    if not old:
        counts.update(map(_namespace, new))
    else:
        for key in differing(old, new):
            counts[key[0]] += (key in new) - (key in old)


# Images

_users, _twins = Users(), Twins()


def _image_row(snapshot: Snapshot, key: Key) -> ImageRow | None:
    image = snapshot.images.get(key)
    return None if image is None else ImageRow(image, _count_users(snapshot, key))


def _count_users(snapshot: Snapshot, key: Key) -> int:
    users = _users.of(snapshot.containers)
    return sum(users[each] for each in _twins.of(snapshot.images).get(key, (key,)))


def _image_rows(snapshot: Snapshot, keys: Sequence[Key]) -> Iterable[ImageRow]:
    if _twins.of(snapshot.images):
        return (ImageRow(snapshot.images[key], _count_users(snapshot, key)) for key in keys)
    users = _users.of(snapshot.containers)
    return rows_of(ImageRow, map(snapshot.images.__getitem__, keys), map(users.__getitem__, keys))


def _image_order(snapshot: Snapshot, key: Key) -> Any:
    """By what is shown, of which many begin alike; the same names by all of them."""
    image = snapshot.images.get(key)
    return None if image is None else (short_reference(image.name), *_by_id(key))


def _images_touched(old: Snapshot, new: Snapshot, scope: Scope) -> Set[Hashable]:
    found: set[Key] = {*_differing(old.images, new.images, scope)}
    for key in _differing(old.containers, new.containers, scope):
        before, after = old.containers.get(key), new.containers.get(key)
        names = {it.image_key for it in (before, after) if it is not None}
        if before is None or after is None or len(names) == 2:
            found.update(names)
    for twins in (_twins.of(old.images), _twins.of(new.images)):
        found.update(*(twins[key] for key in [*found] if key in twins))
    return {*found}


IMAGES = Listing(
    keys=lambda s, scope: sorted(_in(scope, s.images), key=partial(_image_order, s)),
    row=_image_row,
    rows=_image_rows,
    order=_image_order,
    touched=_images_touched,
    count=lambda counts, old, new: _count(counts, old.images, new.images),
    stored=lambda s, scope: _in(scope, s.images),
)

# Containers and tasks


def _containers_in_turns(snapshot: Snapshot, scope: Scope) -> InTurns:
    keys = _sorted(_in(scope, snapshot.containers))
    yield
    keys.sort(key=lambda key: stamp(snapshot.containers[key].created_at))
    yield
    yield from in_turns(snapshot)
    return _together(keys, pods_of(snapshot), snapshot.containers)


def _together(
    keys: list[Any], pods: Mapping[Key, Group], there: Mapping[Key, Any]
) -> list[Hashable]:
    """The sorted keys, each pod where the first of those is that decide for it."""
    if not pods:
        return keys
    found: list[Hashable] = []
    done: set[int] = set()
    for key in keys:
        group = pods.get(key)
        if group is None:
            found.append(key)
        elif id(group) not in done and key in group.deciding(there):
            done.add(id(group))
            found += [each for each in group.members if each in there]
    return found


def _container_row(snapshot: Snapshot, key: Key) -> ContainerRow | None:
    container = snapshot.containers.get(key)
    return None if container is None else ContainerRow(container, snapshot.tasks.get(key))


def _container_order(snapshot: Snapshot, key: Key) -> Any:
    containers = snapshot.containers
    if key not in containers:
        return None
    group = pods_of(snapshot).get(key)
    if group is None:
        return (stamp(containers[key].created_at), *_by_id(key))
    deciding = group.deciding(containers)
    first = min((stamp(containers[it].created_at), *_by_id(it)) for it in deciding)
    return (*first, group.members.index(key))


def _task_row(snapshot: Snapshot, key: Key) -> TaskRow | None:
    task = snapshot.tasks.get(key)
    return None if task is None else TaskRow(task, snapshot.containers.get(key))


def _task_order(snapshot: Snapshot, key: Key) -> Any:
    if key not in snapshot.tasks:
        return None
    group = pods_of(snapshot).get(key)
    if group is None:
        return _by_id(key)
    first = min(map(_by_id, group.deciding(snapshot.tasks)))
    return (*first, group.members.index(key))


def _task_keys(snapshot: Snapshot, scope: Scope) -> list[Hashable]:
    keys = _sorted(_in(scope, snapshot.tasks))
    return _together(keys, pods_of(snapshot), snapshot.tasks)


def _both_touched(old: Snapshot, new: Snapshot, scope: Scope) -> Set[Hashable]:
    """With all of the pods that one of them is in: they stay together."""
    tasks = _differing(old.tasks, new.tasks, scope)
    found = {*_differing(old.containers, new.containers, scope), *tasks}
    return {*with_mates(found, pods_of(old), pods_of(new))}


CONTAINERS = Listing(
    keys=lambda s, scope: _at_once(_containers_in_turns(s, scope)),
    row=_container_row,
    rows=lambda s, keys: rows_of(
        ContainerRow, map(s.containers.__getitem__, keys), map(s.tasks.get, keys)
    ),
    order=_container_order,
    touched=_both_touched,
    count=lambda counts, old, new: _count(counts, old.containers, new.containers),
    stored=lambda s, scope: _in(scope, s.containers),
    in_turns=_containers_in_turns,
    pods=pods_of,
)
TASKS = Listing(
    keys=_task_keys,
    row=_task_row,
    rows=lambda s, keys: rows_of(
        TaskRow, map(s.tasks.__getitem__, keys), map(s.containers.get, keys)
    ),
    order=_task_order,
    touched=_both_touched,
    count=lambda counts, old, new: _count(counts, old.tasks, new.tasks),
    stored=lambda s, scope: _in(scope, s.tasks),
    pods=pods_of,
)

# Mounts: namespace, container id, destination, and the place in the spec


def _mounts_in_turns(snapshot: Snapshot, scope: Scope) -> InTurns:
    """Bind mounts of people first, see `mountkinds.py`; then by type, then by container."""
    parts: defaultdict[tuple[int, str], list[Hashable]] = defaultdict(list)
    for place, key in enumerate(_sorted(_in(scope, snapshot.containers)), 1):
        if place % PIECE == 0:
            yield
        container = snapshot.containers[key]
        namespace, name = container.namespace, container.id
        for number, mount in enumerate(container.mounts):
            part = parts[group_of(mount)]
            part.append((namespace, name, mount.destination, number))
    return [each for _, part in sorted(parts.items()) for each in part]


def _keys_of(container: Container | None) -> Iterator[Hashable]:
    for number, mount in enumerate(container.mounts if container else ()):
        assert container is not None
        yield (container.namespace, container.id, mount.destination, number)


def _mount_row(snapshot: Snapshot, key: tuple[str, str, str, int]) -> MountRow | None:
    container = snapshot.containers.get(Key(key[0], key[1]))
    if container is None or key[3] >= len(container.mounts):
        return None
    mount = container.mounts[key[3]]
    exists = snapshot.sources.get(mount.source)
    return MountRow(container, key[3], mount, exists) if mount.destination == key[2] else None


def _mount_order(snapshot: Snapshot, key: tuple[str, str, str, int]) -> Any:
    row = _mount_row(snapshot, key)
    return None if row is None else (group_of(row.mount), key[1], key[0], key[3])


def _mounts_touched(old: Snapshot, new: Snapshot, scope: Scope) -> Set[Hashable] | None:
    if old.sources is not new.sources and old.sources != new.sources:
        return None
    found: set[Hashable] = set()
    for key in _differing(old.containers, new.containers, scope):
        found.update(_keys_of(old.containers.get(key)))
        found.update(_keys_of(new.containers.get(key)))
    return found


def _count_mounts(counts: Counter[str], old: Snapshot, new: Snapshot) -> None:
    if not old.containers:  # in the order of memory
        for container in new.containers.values():
            counts[container.namespace] += len(container.mounts)
        return
    for side, sign in ((old.containers, -1), (new.containers, 1)):
        for key in differing(old.containers, new.containers):
            found = side.get(key)
            counts[key[0]] += sign * len(found.mounts) if found else 0


MOUNTS = Listing(
    keys=lambda s, scope: _at_once(_mounts_in_turns(s, scope)),
    row=_mount_row,
    rows=lambda s, keys: (row for key in keys if (row := _mount_row(s, key))),
    order=_mount_order,
    touched=_mounts_touched,
    count=_count_mounts,
    in_turns=_mounts_in_turns,
)

# Events: their numbers


def _event_row(snapshot: Snapshot, key: int) -> EventRow | None:
    events = snapshot.events
    place = bisect_left(events, key, key=_number)
    return EventRow(events[place]) if place < len(events) and events[place].seq == key else None


def _event_keys(snapshot: Snapshot, scope: Scope) -> list[Hashable]:
    """The newest first."""
    events = reversed(snapshot.events)
    return [event.seq for event in events if scope is None or event.namespace == scope]


def _events_touched(old: Snapshot, new: Snapshot, scope: Scope) -> Set[Hashable]:
    if old.events is new.events:
        return frozenset()
    return {*_event_keys(old, scope)} ^ {*_event_keys(new, scope)}


def _count_events(counts: Counter[str], old: Snapshot, new: Snapshot) -> None:
    if old.events is not new.events:
        counts.clear()
        counts.update(event.namespace for event in new.events)


EVENTS = Listing(
    keys=_event_keys,
    row=_event_row,
    rows=lambda s, keys: (row for key in keys if (row := _event_row(s, key))),
    order=lambda s, key: -key if _event_row(s, key) else None,
    touched=_events_touched,
    count=_count_events,
)
