"""containerd.services.content.v1: blobs by digest, and ingests on their way to become one."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import field
from datetime import datetime

from aiocontainerd.channel import Channel
from aiocontainerd.convert import labels_of, time_of
from aiocontainerd.errors import ResourceExhausted
from aiocontainerd.models import no_labels
from aiocontainerd.pb import content_pb2 as pb
from aiocontainerd.pb import content_pb2_grpc
from aiocontainerd.quickdata import dataclass
from aiocontainerd.safe import safe
from aiocontainerd.services.writer import Writer

READ_LIMIT = 8 << 20  # bytes; manifests and configs are far below


@dataclass(frozen=True, slots=True)
class ContentInfo:
    """A committed blob; size in bytes."""

    digest: str
    size: int
    labels: Mapping[str, str] = field(default_factory=no_labels, hash=False)
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ingest:
    """A blob being written: how far it is, in bytes."""

    ref: str
    offset: int
    total: int
    expected: str = ""
    started_at: datetime | None = None
    updated_at: datetime | None = None


class Content:
    """Read, write, list and label blobs."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stub = channel.stub(content_pb2_grpc.ContentStub)

    async def info(self, digest: str, *, namespace: str) -> ContentInfo:
        """Raises NotFound."""
        answer = await self._channel.unary(
            self._stub.Info, pb.InfoRequest(digest=digest), subject=digest, namespace=namespace
        )
        return _info(answer.info)

    async def list(
        self, *, namespace: str, filters: Iterable[str] = ()
    ) -> AsyncIterator[ContentInfo]:
        """Every blob of the namespace."""
        request = pb.ListContentRequest(filters=filters)
        stream = self._channel.stream(
            self._stub.List, request, subject=namespace, namespace=namespace, timeout=60.0
        )
        async for message in stream:
            for info in message.info:
                yield _info(info)

    async def update_labels(
        self, digest: str, labels: Mapping[str, str], *, namespace: str, lease: str = ""
    ) -> None:
        """Set these labels and leave the others; an empty value deletes one."""
        request = pb.UpdateRequest(info=pb.Info(digest=digest, labels=dict(labels)))
        request.update_mask.paths.extend(f"labels.{key}" for key in labels)
        await self._channel.unary(
            self._stub.Update, request, subject=digest, namespace=namespace, lease=lease
        )

    async def delete(self, digest: str, *, namespace: str) -> None:
        """Delete the blob in this namespace, whatever refers to it. Raises NotFound."""
        request = pb.DeleteContentRequest(digest=digest)
        await self._channel.unary(self._stub.Delete, request, subject=digest, namespace=namespace)

    async def read(
        self, digest: str, *, namespace: str, offset: int = 0, size: int = 0
    ) -> AsyncIterator[bytes]:
        """The blob's bytes in chunks of up to 1 MiB; size 0 means to the end. Raises NotFound."""
        request = pb.ReadContentRequest(digest=digest, offset=offset, size=size)
        stream = self._channel.stream(self._stub.Read, request, subject=digest, namespace=namespace)
        async for message in stream:
            yield message.data

    async def read_all(self, digest: str, *, namespace: str, limit: int = READ_LIMIT) -> bytes:
        """A small blob whole. Raises NotFound, or ResourceExhausted past `limit` bytes."""
        parts: list[bytes] = []
        size = 0
        async for data in self.read(digest, namespace=namespace):
            size += len(data)
            if size > limit:
                raise ResourceExhausted(f"is larger than {limit} bytes", subject=digest)
            parts.append(data)
        return b"".join(parts)

    async def status(self, ref: str, *, namespace: str) -> Ingest:
        """Raises NotFound."""
        answer = await self._channel.unary(
            self._stub.Status, pb.StatusRequest(ref=ref), subject=ref, namespace=namespace
        )
        return _ingest(answer.status)

    async def list_statuses(self, *, namespace: str) -> tuple[Ingest, ...]:
        """All ingests under way or left over."""
        answer = await self._channel.unary(
            self._stub.ListStatuses,
            pb.ListStatusesRequest(),
            subject=namespace,
            namespace=namespace,
        )
        return tuple(_ingest(status) for status in answer.statuses)

    async def abort(self, ref: str, *, namespace: str, lease: str = "") -> None:
        """Drop an ingest and its bytes. Raises NotFound."""
        await self._channel.unary(
            self._stub.Abort,
            pb.AbortRequest(ref=ref),
            subject=ref,
            namespace=namespace,
            lease=lease,
        )

    @asynccontextmanager
    async def writer(self, ref: str, *, namespace: str, lease: str = "") -> "AsyncIterator[Writer]":
        """Open the ingest `ref`; leaving without commit keeps what was written, for a resume."""
        call = self._channel.bidi(self._stub.Write, namespace=namespace, lease=lease)
        try:
            yield Writer(call, ref)
        finally:
            call.cancel()


def _info(message: pb.Info) -> ContentInfo:
    return ContentInfo(
        safe(message.digest),
        message.size,
        labels_of(message),
        time_of(message.created_at),
        time_of(message.updated_at),
    )


def _ingest(message: pb.Status) -> Ingest:
    return Ingest(
        safe(message.ref),
        message.offset,
        message.total,
        safe(message.expected),
        time_of(message.started_at),
        time_of(message.updated_at),
    )
