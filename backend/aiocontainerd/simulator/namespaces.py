"""Namespaces: containerd `metadata/namespaces.go`."""

from collections.abc import Mapping, Sequence

from aiocontainerd.pb import event_payloads_pb2 as payloads
from aiocontainerd.pb import namespaces_pb2 as pb
from aiocontainerd.simulator.refusals import (
    Refused,
    already_exists,
    failed_precondition,
    not_found,
)
from aiocontainerd.simulator.rules import check_id, check_labels, set_labels
from aiocontainerd.simulator.world import Space, World


def create(world: World, name: str, labels: Mapping[str, str]) -> pb.Namespace:
    """Publishes /namespaces/create. Raises Refused."""
    check_id(name)
    check_labels(labels, "namespace.Labels")
    if name in world.spaces:
        raise already_exists(f'namespace "{name}"')
    world.space(name).labels.update(labels)
    event = payloads.NamespaceCreate(name=name, labels=dict(labels))
    world.publish(name, "/namespaces/create", event)
    return message(name, world.spaces[name])


def update(world: World, wanted: pb.Namespace, paths: Sequence[str]) -> None:
    """Publishes /namespaces/update, with the labels of the call. It makes the namespace, too."""
    labels = dict(world.look(wanted.name).labels)
    for path in paths or ("labels",):
        if path.partition(".")[0] != "labels":
            raise Refused("INVALID_ARGUMENT", f'cannot update "{path}" field')
        set_labels(labels, wanted.labels, [path])
    check_labels(labels, "namespace.Labels")
    world.space(wanted.name).labels = labels
    event = payloads.NamespaceUpdate(name=wanted.name, labels=dict(wanted.labels))
    world.publish(wanted.name, "/namespaces/update", event)


def delete(world: World, name: str) -> None:
    """Publishes /namespaces/delete. Raises Refused: FAILED_PRECONDITION unless it is empty."""
    space = world.spaces.get(name)
    if space is None:
        raise not_found(f'namespace "{name}"')
    kinds = {
        "images": space.images,
        "blobs": space.content,
        "containers": space.containers,
    }
    left = [kind for kind, items in kinds.items() if items]
    used = sorted({snapshotter for snapshotter, _ in space.snapshots})
    left += [f'snapshots on "{name}" snapshotter' for name in used]
    if left:
        raise failed_precondition(
            f'namespace "{name}" must be empty, but it still has {", ".join(left)}'
        )
    del world.spaces[name]
    world.publish(name, "/namespaces/delete", payloads.NamespaceDelete(name=name))


def message(name: str, space: Space) -> pb.Namespace:
    """As the service answers it."""
    return pb.Namespace(name=name, labels=space.labels)
