"""The containers, the newest first, and the tasks by id; those of a pod together."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Set
from typing import Any

from aiocontainerd.models import Key, Snapshot
from ctdeck.listing import (
    PIECE,
    InTurns,
    Listing,
    at_once,
    by_id,
    count_by_namespace,
    differing_within,
    sorted_by,
    sorted_by_id,
    stamp,
    within,
)
from ctdeck.pods import Group, in_turns, pods_of, with_mates
from ctdeck.rows import ContainerRow, Scope, TaskRow
from ctdeck.widgets.maderows import Made


def _containers_in_turns(snapshot: Snapshot, scope: Scope) -> InTurns:
    keys, containers = sorted_by_id(within(scope, snapshot.containers)), snapshot.containers
    yield
    keys = yield from sorted_by(keys, lambda key: stamp(containers[key].created_at))
    yield from in_turns(snapshot)
    return (yield from _together(keys, pods_of(snapshot), containers))


def _together(keys: list[Any], pods: Mapping[Key, Group], there: Mapping[Key, Any]) -> InTurns:
    """The sorted keys, each pod where the first of those is that decide for it."""
    if not pods:
        return keys
    found: list[Hashable] = []
    done: set[int] = set()
    for place, key in enumerate(keys, 1):
        if place % PIECE == 0:
            yield
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
        return (stamp(containers[key].created_at), *by_id(key))
    deciding = group.deciding(containers)
    first = min((stamp(containers[it].created_at), *by_id(it)) for it in deciding)
    return (*first, group.members.index(key))


def _task_row(snapshot: Snapshot, key: Key) -> TaskRow | None:
    task = snapshot.tasks.get(key)
    return None if task is None else TaskRow(task, snapshot.containers.get(key))


def _task_order(snapshot: Snapshot, key: Key) -> Any:
    if key not in snapshot.tasks:
        return None
    group = pods_of(snapshot).get(key)
    if group is None:
        return by_id(key)
    first = min(map(by_id, group.deciding(snapshot.tasks)))
    return (*first, group.members.index(key))


def _tasks_in_turns(snapshot: Snapshot, scope: Scope) -> InTurns:
    keys = sorted_by_id(within(scope, snapshot.tasks))
    yield
    yield from in_turns(snapshot)
    return (yield from _together(keys, pods_of(snapshot), snapshot.tasks))


def _both_touched(old: Snapshot, new: Snapshot, scope: Scope) -> Set[Hashable]:
    """With all of the pods that one of them is in: they stay together."""
    tasks = differing_within(old.tasks, new.tasks, scope)
    found = {*differing_within(old.containers, new.containers, scope), *tasks}
    return {*with_mates(found, pods_of(old), pods_of(new))}


CONTAINERS = Listing(
    keys=lambda s, scope: at_once(_containers_in_turns(s, scope)),
    row=_container_row,
    rows=lambda s, keys: Made(
        ContainerRow, map(s.containers.__getitem__, keys), map(s.tasks.get, keys)
    ),
    order=_container_order,
    touched=_both_touched,
    count=lambda counts, old, new: count_by_namespace(counts, old.containers, new.containers),
    stored=lambda s, scope: within(scope, s.containers),
    in_turns=_containers_in_turns,
    pods=pods_of,
)
TASKS = Listing(
    keys=lambda s, scope: at_once(_tasks_in_turns(s, scope)),
    row=_task_row,
    rows=lambda s, keys: Made(TaskRow, map(s.tasks.__getitem__, keys), map(s.containers.get, keys)),
    order=_task_order,
    touched=_both_touched,
    count=lambda counts, old, new: count_by_namespace(counts, old.tasks, new.tasks),
    stored=lambda s, scope: within(scope, s.tasks),
    in_turns=_tasks_in_turns,
    pods=pods_of,
)
