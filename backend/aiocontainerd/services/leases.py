"""containerd.services.leases.v1: what keeps half-made things from the garbage collector."""

import os
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import field
from datetime import UTC, datetime, timedelta

from aiocontainerd.channel import UNARY_DEADLINE, Channel
from aiocontainerd.convert import as_bytes, labels_of, time_of
from aiocontainerd.errors import ContainerdError
from aiocontainerd.maker import DOING, MADE_BY, SUBJECT, maker
from aiocontainerd.models import NO_LABELS, no_labels
from aiocontainerd.pb import leases_pb2 as pb
from aiocontainerd.pb import leases_pb2_grpc
from aiocontainerd.quickdata import dataclass
from aiocontainerd.safe import safe
from aiocontainerd.settled import settled

EXPIRE_LABEL = "containerd.io/gc.expire"
DAY = timedelta(hours=24)
LEASE_PREFIX = "ctdeck-"


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease; its label containerd.io/gc.expire says when the daemon drops it by itself.

    `odd_id` is the stored id where `id`, which is it made safe, is not what is stored.
    """

    id: str
    created_at: datetime | None
    labels: Mapping[str, str] = field(default_factory=no_labels, hash=False)
    odd_id: bytes = b""

    @property
    def raw_id(self) -> bytes:
        """What the daemon stores and is sent back to it."""
        return self.odd_id or self.id.encode()


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing that a lease holds: type `content`, `ingests` or `snapshots/<name>`."""

    id: str
    type: str


class Leases:
    """Create, hold and drop leases."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stub = channel.stub(leases_pb2_grpc.LeasesStub)

    async def create(
        self,
        *,
        namespace: str,
        id: str = "",
        labels: Mapping[str, str] = NO_LABELS,
        expire: timedelta = DAY,
    ) -> str:
        """Make a lease that ends by itself after `expire`; returns its id.

        Its labels say who made it: after our death what it holds is known to be nobody's.
        """
        id = id or new_id()
        until = (datetime.now(UTC) + expire).isoformat(timespec="seconds")
        all_labels = {MADE_BY: maker(), **labels, EXPIRE_LABEL: until}
        request = pb.CreateRequest(id=id, labels=all_labels)
        await self._channel.unary(self._stub.Create, request, subject=id, namespace=namespace)
        return id

    async def delete(self, id: str | bytes, *, namespace: str, sync: bool = False) -> None:
        """Drop it; with `sync` return only after a garbage collection. Raises NotFound."""
        request = pb.DeleteRequest(id=as_bytes(id), sync=sync)
        timeout = 120.0 if sync else UNARY_DEADLINE
        await self._channel.unary(
            self._stub.Delete, request, subject=safe(id), namespace=namespace, timeout=timeout
        )

    async def list(self, *, namespace: str, filters: Iterable[str] = ()) -> list[Lease]:
        """All leases of the namespace, or those that any of the filters selects."""
        answer = await self._channel.unary(
            self._stub.List,
            pb.ListRequest(filters=filters),
            subject=namespace,
            namespace=namespace,
        )
        return [_lease(message) for message in answer.leases]

    async def resources(self, id: str | bytes, *, namespace: str) -> tuple[Resource, ...]:
        """What it holds."""
        answer = await self._channel.unary(
            self._stub.ListResources,
            pb.ListResourcesRequest(id=as_bytes(id)),
            subject=safe(id),
            namespace=namespace,
        )
        return tuple(Resource(safe(item.id), safe(item.type)) for item in answer.resources)

    @asynccontextmanager
    async def held(
        self,
        *,
        namespace: str,
        expire: timedelta = DAY,
        sync_on_error: bool = False,
        labels: Mapping[str, str] = NO_LABELS,
    ) -> AsyncIterator[str]:
        """A lease for the time of the block, dropped at its end, also when we are cancelled.

        `labels` say what for: see `purpose`. With `sync_on_error`, a block that fails waits until
        the garbage collector has taken what the lease held. If dropping fails (the daemon died),
        the lease ends by itself.
        """
        id = new_id()
        try:
            await settled(self.create(namespace=namespace, id=id, expire=expire, labels=labels))
        except BaseException:  # cancelled or not answered: it may be there
            await self._drop(id, namespace, sync=False)
            raise
        failed = True
        try:
            yield id
            failed = False
        finally:
            await self._drop(id, namespace, sync=failed and sync_on_error)

    async def _drop(self, id: str, namespace: str, *, sync: bool) -> None:
        with suppress(ContainerdError):
            await settled(self.delete(id, namespace=namespace, sync=sync))


def _lease(message: pb.Lease) -> Lease:
    id = safe(message.id)
    odd = b"" if id == message.id else as_bytes(message.id)
    return Lease(id, time_of(message.created_at), labels_of(message), odd)


def purpose(doing: str, subject: str) -> dict[str, str]:
    """The labels of a lease that is held for "run", "start" or "pull" of `subject`."""
    return {DOING: doing, SUBJECT: subject}


def new_id() -> str:
    """An id for a lease; all of ours begin with LEASE_PREFIX."""
    return f"{LEASE_PREFIX}{os.urandom(8).hex()}"
