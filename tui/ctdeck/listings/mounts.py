"""The mounts: what people bound, then what engines did, then file systems.

Identities: namespace, container id, destination, and the place in the spec.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Set
from operator import attrgetter
from typing import Any

from aiocontainerd.models import Container, Key, Mount, Snapshot
from ctdeck.differing import differing
from ctdeck.listing import (
    PIECE,
    InTurns,
    Listing,
    at_once,
    differing_within,
    sorted_by_id,
    within,
)
from ctdeck.mountkinds import group_of
from ctdeck.rows import MountRow, Scope

_space, _mounts, _source = attrgetter("namespace"), attrgetter("mounts"), attrgetter("source")


def _mounts_in_turns(snapshot: Snapshot, scope: Scope) -> InTurns:
    """Bind mounts of people first, see `mountkinds.py`; then by type, then by container."""
    parts: defaultdict[tuple[int, str], list[Hashable]] = defaultdict(list)
    for place, key in enumerate(sorted_by_id(within(scope, snapshot.containers)), 1):
        if place % PIECE == 0:
            yield
        container = snapshot.containers[key]
        namespace, name = container.namespace, container.id
        for number, mount in enumerate(container.mounts):
            part = parts[group_of(mount)]
            part.append((namespace, name, mount.destination, number))
    found: list[Hashable] = []
    for _, part in sorted(parts.items()):
        found += part
        yield
    return found


def _keys_of(container: Container | None) -> Iterator[Hashable]:
    for number, mount in enumerate(container.mounts if container else ()):
        assert container is not None
        yield (container.namespace, container.id, mount.destination, number)


def _mount_at(snapshot: Snapshot, key: tuple[str, str, str, int]) -> Mount | None:
    """The mount that has this identity; another one may have its place in the spec by now."""
    container = snapshot.containers.get(Key(key[0], key[1]))
    if container is None or key[3] >= len(container.mounts):
        return None
    mount = container.mounts[key[3]]
    return mount if mount.destination == key[2] else None


def _mount_row(snapshot: Snapshot, key: tuple[str, str, str, int]) -> MountRow | None:
    mount = _mount_at(snapshot, key)
    if mount is None:
        return None
    container = snapshot.containers[Key(key[0], key[1])]
    return MountRow(container, key[3], mount, snapshot.sources.get(mount.source))


def _mount_order(snapshot: Snapshot, key: tuple[str, str, str, int]) -> Any:
    mount = _mount_at(snapshot, key)
    return None if mount is None else (group_of(mount), key[1], key[0], key[3])


def _mounts_touched(old: Snapshot, new: Snapshot, scope: Scope) -> Set[Hashable]:
    found: set[Hashable] = set()
    if seen := differing(old.sources, new.sources):
        for key in within(scope, new.containers):
            mounts = new.containers[key].mounts
            if not seen.isdisjoint(map(_source, mounts)):
                identities = zip(_keys_of(new.containers[key]), mounts, strict=True)
                found.update(each for each, mount in identities if mount.source in seen)
    for key in differing_within(old.containers, new.containers, scope):
        found.update(_keys_of(old.containers.get(key)))
        found.update(_keys_of(new.containers.get(key)))
    return found


def _count_mounts(counts: Counter[str], old: Snapshot, new: Snapshot) -> None:
    if not old.containers:  # in the order of memory
        every = new.containers.values()
        sizes = Counter(zip(map(_space, every), map(len, map(_mounts, every)), strict=True))
        for (namespace, mounts), containers in sizes.items():
            counts[namespace] += mounts * containers
        return
    for side, sign in ((old.containers, -1), (new.containers, 1)):
        for key in differing(old.containers, new.containers):
            found = side.get(key)
            counts[key[0]] += sign * len(found.mounts) if found else 0


MOUNTS = Listing(
    keys=lambda s, scope: at_once(_mounts_in_turns(s, scope)),
    row=_mount_row,
    rows=lambda s, keys: (row for key in keys if (row := _mount_row(s, key))),
    order=_mount_order,
    touched=_mounts_touched,
    count=_count_mounts,
    in_turns=_mounts_in_turns,
)
