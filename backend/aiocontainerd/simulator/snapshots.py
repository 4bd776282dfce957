"""Snapshots: containerd `metadata/snapshot.go`. Nothing is stored but the records.

Every snapshot's mount is a bind of one tiny private folder with an /etc/passwd and an /etc/group
(`ground`), so that a client reads users out of an image's root as always, and without being root.
"""

from collections.abc import Iterator, Mapping, Sequence

from aiocontainerd.pb import event_payloads_pb2 as payloads
from aiocontainerd.pb import snapshots_pb2 as pb
from aiocontainerd.pb.types_pb2 import Mount
from aiocontainerd.simulator import garbage
from aiocontainerd.simulator.filters import Adaptor
from aiocontainerd.simulator.ground import ROOTFS
from aiocontainerd.simulator.leases import check, hold, let_go
from aiocontainerd.simulator.refusals import (
    Refused,
    already_exists,
    failed_precondition,
    invalid,
    not_found,
)
from aiocontainerd.simulator.rules import adaptor, check_labels, chosen, set_labels
from aiocontainerd.simulator.world import SNAPSHOTTERS, StoredSnapshot, World

_REF = "containerd.io/snapshot.ref"
_KINDS = {pb.KIND_VIEW: "view", pb.KIND_ACTIVE: "active", pb.KIND_COMMITTED: "committed"}


def get(world: World, namespace: str, snapshotter: str, key: str) -> StoredSnapshot:
    """Raises Refused: INVALID_ARGUMENT for an unknown snapshotter, NOT_FOUND."""
    _check_snapshotter(snapshotter)
    found = world.look(namespace).snapshots.get((snapshotter, key))
    if found is None:
        raise not_found(f"snapshot {key} does not exist")
    return found


def select(
    world: World, namespace: str, snapshotter: str, filters: Sequence[str]
) -> Iterator[StoredSnapshot]:
    """Sorted by key."""
    _check_snapshotter(snapshotter)
    snapshots = world.look(namespace).snapshots
    keys = sorted(at for at in snapshots if at[0] == snapshotter)
    return chosen((snapshots[at] for at in keys), filters, _adapted)


def make(
    world: World,
    namespace: str,
    snapshotter: str,
    key: str,
    parent: str,
    *,
    labels: Mapping[str, str],
    lease: str = "",
    kind: pb.Kind.ValueType = pb.KIND_ACTIVE,
) -> list[Mount]:
    """Prepare or view. Publishes /snapshot/prepare. Raises Refused."""
    _check_snapshotter(snapshotter)
    check_labels(labels, "info.Labels")
    if not key:
        raise Refused("UNKNOWN", "bucket name required")
    check(world, namespace, lease)
    space = world.space(namespace)
    below = space.snapshots.get((snapshotter, parent))
    if parent and below is None:
        raise not_found(f"parent snapshot {parent} does not exist")
    if below is not None and below.kind != pb.KIND_COMMITTED:
        raise invalid(
            f'failed to create snapshot: parent "{namespace}/1/{parent}" is not committed snapshot'
        )
    target = labels.get(_REF, "")
    if target and (snapshotter, target) in space.snapshots:
        hold(world, namespace, lease, f"snapshots/{snapshotter}", target)
        raise already_exists(f'target snapshot "{target}"')
    if (snapshotter, key) in space.snapshots:
        raise already_exists(f'snapshot "{key}"')
    stamp = world.now()
    space.snapshots[snapshotter, key] = StoredSnapshot(
        key, parent, kind, stamp, stamp, dict(labels)
    )
    hold(world, namespace, lease, f"snapshots/{snapshotter}", key)
    if kind == pb.KIND_ACTIVE:  # the daemon is silent about views
        event = payloads.SnapshotPrepare(key=key, parent=parent, snapshotter=snapshotter)
        world.publish(namespace, "/snapshot/prepare", event)
    return mounts(world, namespace, snapshotter, key)


def mounts(world: World, namespace: str, snapshotter: str, key: str) -> list[Mount]:
    """How to mount it. Raises Refused NOT_FOUND."""
    snapshot = get(world, namespace, snapshotter, key)
    if snapshot.kind == pb.KIND_COMMITTED:
        raise failed_precondition(
            f"failed to get active mount: requested snapshot {namespace}/1/{key} not active or view"
        )
    mode = "ro" if snapshot.kind == pb.KIND_VIEW else "rw"
    source = str(world.root / ROOTFS) if world.root else "/nonexistent"
    return [Mount(type="bind", source=source, options=[mode, "rbind"])]


def commit(
    world: World,
    namespace: str,
    snapshotter: str,
    name: str,
    key: str,
    *,
    labels: Mapping[str, str],
    lease: str = "",
) -> None:
    """Publishes /snapshot/commit. Raises Refused."""
    check_labels(labels, "info.Labels")
    if not key:
        raise Refused("UNKNOWN", "bucket name required")
    check(world, namespace, lease)
    active = get(world, namespace, snapshotter, key)
    snapshots = world.space(namespace).snapshots
    if (snapshotter, name) in snapshots:
        raise already_exists(f'snapshot "{name}"')
    if active.kind != pb.KIND_ACTIVE:
        raise failed_precondition(
            f"failed to commit snapshot {namespace}/1/{key}: "
            f'snapshot "{namespace}/1/{key}" is not active'
        )
    stamp = world.now()
    snapshots[snapshotter, name] = StoredSnapshot(
        name,
        active.parent,
        pb.KIND_COMMITTED,
        stamp,
        stamp,
        dict(labels),
        active.size,
        active.inodes,
    )
    del snapshots[snapshotter, key]
    let_go(world, namespace, lease, f"snapshots/{snapshotter}", key)
    hold(world, namespace, lease, f"snapshots/{snapshotter}", name)
    event = payloads.SnapshotCommit(key=key, name=name, snapshotter=snapshotter)
    world.publish(namespace, "/snapshot/commit", event)


def remove(world: World, namespace: str, snapshotter: str, key: str) -> None:
    """Publishes /snapshot/remove. Raises Refused: FAILED_PRECONDITION while it has children."""
    snapshot = get(world, namespace, snapshotter, key)
    snapshots = world.space(namespace).snapshots
    if snapshot.kind == pb.KIND_COMMITTED and any(  # no other can have children
        at[0] == snapshotter and it.parent == key for at, it in snapshots.items()
    ):
        raise failed_precondition("cannot remove snapshot with child")
    del snapshots[snapshotter, key]
    event = payloads.SnapshotRemove(key=key, snapshotter=snapshotter)
    world.publish(namespace, "/snapshot/remove", event)
    garbage.soon(world, namespace)


def update(
    world: World, namespace: str, snapshotter: str, wanted: pb.Info, paths: Sequence[str]
) -> StoredSnapshot:
    """Labels only. Raises Refused."""
    snapshot = get(world, namespace, snapshotter, wanted.name)
    labels = dict(snapshot.labels)
    for path in paths or ("labels",):
        if path.partition(".")[0] != "labels":
            raise invalid(f'cannot update "{path}" field on snapshot "{wanted.name}"')
        set_labels(labels, wanted.labels, [path])
    check_labels(labels, "info.Labels")
    snapshot.labels, snapshot.updated_at = labels, world.now()
    return snapshot


def clean_up(snapshotter: str) -> None:
    """There is never anything left over. Raises Refused."""
    _check_snapshotter(snapshotter)
    if snapshotter == "native":
        what = "snapshotter does not implement Cleanup method: not implemented"
        raise Refused("UNIMPLEMENTED", what)


def _check_snapshotter(name: str) -> None:
    if not name:
        raise invalid("snapshotter argument missing")
    if name not in SNAPSHOTTERS:
        raise invalid(f"snapshotter not loaded: {name}")


def _adapted(snapshot: StoredSnapshot) -> Adaptor:
    values = {
        "name": snapshot.name,
        "parent": snapshot.parent,
        "kind": _KINDS[snapshot.kind],
    }
    return adaptor(values, snapshot.labels, present=("name", "parent"))
