"""The garbage collector: content and snapshots that nothing holds go. One namespace at a time.

Images, containers, leases and gc.root labels hold what they refer to, and that in turn. Written
for many containers: 100,000 cost a fraction of a second. Source: containerd `metadata/gc.go`.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from aiocontainerd.convert import labels_of
from aiocontainerd.pb import event_payloads_pb2 as payloads
from aiocontainerd.simulator.world import Space, StoredLease, World

# A thing: ("content", digest), or (snapshotter, key) for a snapshot, as a Space keys them.
Node = tuple[str, str]

_GC = "containerd.io/gc."
_ROOT = f"{_GC}root"
_FLAT = f"{_GC}flat"
_EXPIRE = f"{_GC}expire"
_CONTENT_REF = f"{_GC}ref.content"
_SNAPSHOT_REF = f"{_GC}ref.snapshot."
_CONTENT = "content"
_REST = 50  # a collection that took a second is followed by 50 without one, as in containerd


def soon(world: World, namespace: str) -> None:
    """Collect once the call that asks has been answered; several ask for one."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # a world that is being built
        return
    if world.dirty.get(namespace) is not loop:
        world.dirty[namespace] = loop
        delay = max(0.0, world.rested_until - time.monotonic())
        loop.call_later(delay, collect, world, namespace)


def collect(world: World, namespace: str) -> None:
    """Remove what nothing holds. A snapshot's end is published, content's is not."""
    world.dirty.pop(namespace, None)
    began = time.monotonic()
    space = world.look(namespace)
    _drop_expired(world, space)
    kept = _kept(space)
    for digest in [digest for digest in space.content if (_CONTENT, digest) not in kept]:
        del space.content[digest]
    for at in sorted(space.snapshots.keys() - kept):
        del space.snapshots[at]
        event = payloads.SnapshotRemove(key=at[1], snapshotter=at[0])
        world.publish(namespace, "/snapshot/remove", event)
    ingests = {id for lease in space.leases.values() for _, id in lease.resources}
    for ref in [ref for ref, it in space.ingests.items() if it.leased and ref not in ingests]:
        del space.ingests[ref]
    now = time.monotonic()
    world.rested_until = now + (now - began) * _REST


def expires(lease: StoredLease) -> datetime | None:
    """When the lease ends by itself."""
    with suppress(ValueError):
        return datetime.fromisoformat(lease.lease.labels.get(_EXPIRE, ""))
    return None


def _drop_expired(world: World, space: Space) -> None:
    now = world.now()
    for id, lease in list(space.leases.items()):
        until = expires(lease)
        if until is not None and until.tzinfo is not None and until <= now:
            del space.leases[id]


def _kept(space: Space) -> set[Node]:
    """All that is held, whether it exists or not."""
    flat = {node for lease in _leases(space, flat=True) for node in _held(lease)}
    seen = set(_roots(space))
    todo = list(seen)
    while todo:
        for node in _references(space, todo.pop()):
            if node not in seen:
                seen.add(node)
                todo.append(node)
    return seen | flat


def _roots(space: Space) -> Iterator[Node]:
    for image in space.images.values():
        yield (_CONTENT, image.target.digest)
        yield from _label_references(labels_of(image))
    yield from {record.snapshot for record in space.containers.values()}
    marker = _GC.encode()
    for record in space.containers.values():
        if marker in record.head:
            yield from _label_references(labels_of(record.without_spec))
    yield from (
        (_CONTENT, it.info.digest) for it in space.content.values() if _ROOT in it.info.labels
    )
    yield from (at for at, it in space.snapshots.items() if it.labels and _ROOT in it.labels)
    for lease in _leases(space, flat=False):
        yield from _held(lease)


def _leases(space: Space, *, flat: bool) -> Iterator[StoredLease]:
    return (it for it in space.leases.values() if (_FLAT in it.lease.labels) is flat)


def _held(lease: StoredLease) -> Iterator[Node]:
    for kind, id in lease.resources:
        if kind != "ingests":
            yield (kind.partition("/")[2] or _CONTENT, id)


def _references(space: Space, node: Node) -> Iterable[Node]:
    if node[0] == _CONTENT:
        blob = space.content.get(node[1])
        return _label_references(blob.info.labels) if blob is not None else ()
    snapshot = space.snapshots.get(node)
    if snapshot is None:
        return ()
    labelled = _label_references(snapshot.labels) if snapshot.labels else ()
    return ((node[0], snapshot.parent), *labelled) if snapshot.parent else labelled


def _label_references(labels: Mapping[str, str]) -> Iterator[Node]:
    """What labels hold: gc.ref.content[.…] and gc.ref.snapshot.<name>[/…]."""
    for key, value in labels.items():
        if key.startswith(_CONTENT_REF) and key[len(_CONTENT_REF) :][:1] in {"", ".", "/"}:
            yield (_CONTENT, value)
        elif key.startswith(_SNAPSHOT_REF):
            yield (key[len(_SNAPSHOT_REF) :].partition("/")[0], value)
