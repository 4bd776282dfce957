"""Container records: containerd `metadata/containers.go`."""

from collections.abc import Iterator, Sequence

from aiocontainerd.pb import containers_pb2 as pb
from aiocontainerd.pb import event_payloads_pb2 as payloads
from aiocontainerd.simulator import garbage
from aiocontainerd.simulator.filters import Adaptor
from aiocontainerd.simulator.refusals import already_exists, invalid, not_found
from aiocontainerd.simulator.rules import (
    adaptor,
    check_id,
    check_labels,
    chosen,
    drop_empty,
    set_labels,
)
from aiocontainerd.simulator.world import ContainerRecord, World

_MUTABLE = ("labels", "spec", "extensions", "image", "snapshotkey")


def get(world: World, namespace: str, id: str) -> ContainerRecord:
    """Raises Refused NOT_FOUND."""
    record = world.look(namespace).containers.get(id)
    if record is None:
        raise not_found(f'container "{id}" in namespace "{namespace}"')
    return record


def select(world: World, namespace: str, filters: Sequence[str]) -> Iterator[ContainerRecord]:
    """Sorted by id, as the daemon's own database is."""
    containers = world.look(namespace).containers
    records = [containers[id] for id in sorted(containers)]
    return chosen(records, filters, _adapted)


def create(world: World, namespace: str, wanted: pb.Container) -> ContainerRecord:
    """Publishes /containers/create. Raises Refused."""
    _check(wanted, "create container failed validation")
    space = world.space(namespace)
    if wanted.id in space.containers:
        raise already_exists(f'container "{wanted.id}"')
    message = pb.Container()
    message.CopyFrom(wanted)
    drop_empty(message.labels)
    stamp = world.stamp()
    message.created_at.CopyFrom(stamp)
    message.updated_at.CopyFrom(stamp)
    record = space.containers[message.id] = ContainerRecord.of(message)
    runtime = payloads.ContainerCreate.Runtime(name=message.runtime.name)
    if message.runtime.HasField("options"):
        runtime.options.CopyFrom(message.runtime.options)
    world.publish(
        namespace,
        "/containers/create",
        payloads.ContainerCreate(id=message.id, image=message.image, runtime=runtime),
    )
    return record


def update(
    world: World, namespace: str, wanted: pb.Container, paths: Sequence[str]
) -> ContainerRecord:
    """Publishes /containers/update. Without `paths`, all that may change. Raises Refused."""
    record = world.look(namespace).containers.get(wanted.id)
    if record is None:
        raise not_found(f'container "{wanted.id}"')
    keeps_spec = bool(paths) and "spec" not in paths
    message = record.without_spec if keeps_spec else record.message
    if not paths:
        _refuse_immutable(message, wanted)
    for path in paths or _MUTABLE:
        _set(message, wanted, path)
    _check(message, "update failed validation")
    message.updated_at.CopyFrom(world.stamp())
    record = ContainerRecord.of(message, record.spec if keeps_spec else None)
    world.space(namespace).containers[wanted.id] = record
    world.publish(
        namespace,
        "/containers/update",
        payloads.ContainerUpdate(
            id=message.id,
            image=message.image,
            labels=dict(message.labels),
            snapshot_key=message.snapshot_key,
        ),
    )
    return record


def delete(world: World, namespace: str, id: str) -> None:
    """Even while its task runs. Publishes /containers/delete. Raises Refused NOT_FOUND."""
    if namespace not in world.spaces:
        raise not_found(f'cannot delete container "{id}" in namespace "{namespace}"')
    if world.spaces[namespace].containers.pop(id, None) is None:
        raise not_found(f"container {id}")
    world.publish(namespace, "/containers/delete", payloads.ContainerDelete(id=id))
    garbage.soon(world, namespace)


def _check(message: pb.Container, what: str) -> None:
    check_id(message.id, f"{what}: container.ID")
    if "" in message.extensions:
        raise invalid(f"{what}: container.Extension keys must not be zero-length")
    check_labels(message.labels, f"{what}: containers.Labels")
    if not message.runtime.name:
        raise invalid(f"{what}: container.Runtime.Name must be set")
    if message.snapshot_key and not message.snapshotter:
        raise invalid(f"{what}: container.Snapshotter must be set if container.SnapshotKey is set")


def _refuse_immutable(message: pb.Container, wanted: pb.Container) -> None:
    if wanted.snapshotter != message.snapshotter:
        raise invalid("container.Snapshotter field is immutable")
    if wanted.runtime.name != message.runtime.name:
        raise invalid("container.Runtime.Name field is immutable")


def _set(message: pb.Container, wanted: pb.Container, path: str) -> None:
    if path.partition(".")[0] == "labels":
        set_labels(message.labels, wanted.labels, [path])
    elif path == "extensions":  # those that are there stay, whatever the mask seems to say
        for key, value in wanted.extensions.items():
            message.extensions[key].CopyFrom(value)
    elif path.startswith("extensions."):
        key = path[len("extensions.") :]
        message.extensions[key].CopyFrom(wanted.extensions[key])
    elif path == "spec":
        if wanted.HasField("spec"):  # none leaves the one that is stored
            message.spec.CopyFrom(wanted.spec)
    elif path == "image":
        message.image = wanted.image
    elif path == "snapshotkey":
        message.snapshot_key = wanted.snapshot_key
    else:
        raise invalid(f'cannot update "{path}" field on "{message.id}"')


def _adapted(record: ContainerRecord) -> Adaptor:
    message = record.without_spec
    values = {"id": message.id, "image": message.image, "runtime.name": message.runtime.name}
    return adaptor(values, message.labels)
