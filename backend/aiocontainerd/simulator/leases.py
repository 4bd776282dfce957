"""Leases: containerd `metadata/leases.go`."""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence

from aiocontainerd.pb import leases_pb2 as pb
from aiocontainerd.simulator import garbage
from aiocontainerd.simulator.filters import Adaptor
from aiocontainerd.simulator.refusals import Refused, already_exists, invalid, not_found
from aiocontainerd.simulator.rules import adaptor, check_digest, chosen
from aiocontainerd.simulator.world import StoredLease, World


def get(world: World, namespace: str, id: str) -> StoredLease:
    """Raises Refused NOT_FOUND."""
    lease = world.look(namespace).leases.get(id)
    if lease is None:
        raise not_found(f'lease "{id}"')
    return lease


def select(world: World, namespace: str, filters: Sequence[str]) -> Iterator[StoredLease]:
    """Sorted by id."""
    leases = world.look(namespace).leases
    return chosen((leases[id] for id in sorted(leases)), filters, _adapted)


def create(world: World, namespace: str, id: str, labels: Mapping[str, str]) -> pb.Lease:
    """Without an id it gets one. Raises Refused ALREADY_EXISTS."""
    id = id or f"{time.time_ns() % 10**9}-{secrets.token_urlsafe(3)}"
    space = world.space(namespace)
    if id in space.leases:
        raise already_exists(f'lease "{id}"')
    lease = pb.Lease(id=id, created_at=world.stamp(), labels=dict(labels))
    space.leases[id] = StoredLease(lease)
    return lease


def delete(world: World, namespace: str, id: str, *, sync: bool = False) -> None:
    """What it alone held goes: at once with `sync`, else soon. Raises Refused NOT_FOUND."""
    get(world, namespace, id)
    del world.space(namespace).leases[id]
    if sync:
        garbage.collect(world, namespace)
    else:
        garbage.soon(world, namespace)


def hold(world: World, namespace: str, lease: str, kind: str, id: str) -> None:
    """Add a resource to the lease of a call. Raises Refused NOT_FOUND for an unknown lease."""
    check(world, namespace, lease)
    if lease:
        world.space(namespace).leases[lease].resources.add((kind, id))


def let_go(world: World, namespace: str, lease: str, kind: str, id: str) -> None:
    """Take a resource out of the lease of a call."""
    held = world.look(namespace).leases.get(lease)
    if held is not None:
        held.resources.discard((kind, id))


def check(world: World, namespace: str, lease: str) -> None:
    """Before anything is made under it. Raises Refused NOT_FOUND for an unknown lease."""
    if lease and lease not in world.look(namespace).leases:
        raise not_found("lease does not exist")


def check_resource(resource: pb.Resource) -> None:
    """Raises Refused for what a lease cannot hold."""
    kind, _, name = resource.type.partition("/")
    if kind not in {"content", "ingests", "snapshots"}:
        raise Refused(
            "UNIMPLEMENTED", f"resource type {resource.type} not supported yet: not implemented"
        )
    if kind == "snapshots" and not name:
        raise invalid(f"invalid snapshot resource type {resource.type}")
    if kind != "snapshots" and name:
        raise invalid(f"invalid resource type {resource.type}")
    if kind == "content":
        check_digest(resource.id, f"invalid content resource id {resource.id}")
    if not resource.id:
        raise Refused("UNKNOWN", "key required")


def _adapted(stored: StoredLease) -> Adaptor:
    return adaptor({"id": stored.lease.id}, stored.lease.labels)
