"""containerd.services.containers.v1: container records, not processes."""

from collections.abc import AsyncIterator, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from aiocontainerd import convert
from aiocontainerd.channel import Channel
from aiocontainerd.errors import Unimplemented
from aiocontainerd.models import Container
from aiocontainerd.pb import containers_pb2 as pb
from aiocontainerd.pb import containers_pb2_grpc
from aiocontainerd.slices import sliced

_NONE: Mapping[str, Container] = MappingProxyType({})


class Containers:
    """Create, read, list and delete container records."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stub = channel.stub(containers_pb2_grpc.ContainersStub)
        self._streams = True

    async def list(self, *, namespace: str, filters: Iterable[str] = ()) -> list[Container]:
        """Every record."""
        return [record async for record in self.each(namespace=namespace, filters=filters)]

    async def each(
        self,
        *,
        namespace: str,
        filters: Iterable[str] = (),
        known: Mapping[str, Container] = _NONE,
    ) -> AsyncIterator[Container]:
        """Every record as it comes, while others are still on their way.

        A record of `known` (by id) that has not changed since is yielded itself: reading the
        specs is most of the work.
        """
        async for message in self._messages(namespace, pb.ListContainersRequest(filters=filters)):
            held = known.get(message.id)
            if held is not None and convert.same_container(message, held):
                yield held
            else:
                yield convert.container(message, namespace)

    async def _messages(
        self, namespace: str, request: pb.ListContainersRequest
    ) -> AsyncIterator[pb.Container]:
        """Streamed, because one List answer stops at 16 MiB (about 2,600 records)."""
        if self._streams:
            stream = self._channel.stream(
                self._stub.ListStream, request, subject=namespace, namespace=namespace, timeout=60.0
            )
            try:
                async for item in stream:
                    yield item.container
            except Unimplemented:
                self._streams = False
            else:
                return
        answer = await self._channel.unary(
            self._stub.List, request, subject=namespace, namespace=namespace
        )
        async for message in sliced(answer.containers):
            yield message

    async def get(self, id: str, *, namespace: str) -> Container:
        """Raises NotFound."""
        return convert.container(await self.get_record(id, namespace=namespace), namespace)

    async def get_record(self, id: str, *, namespace: str) -> pb.Container:
        """The record as the daemon sends it, spec included. Raises NotFound."""
        answer = await self._channel.unary(
            self._stub.Get, pb.GetContainerRequest(id=id), subject=id, namespace=namespace
        )
        return answer.container

    async def spec(self, id: str, *, namespace: str) -> dict[str, Any]:
        """Its OCI runtime spec, {} if it has none that can be read; strings are raw."""
        return convert.spec_of(await self.get_record(id, namespace=namespace))

    async def create(
        self, container: pb.Container, *, namespace: str, lease: str = ""
    ) -> Container:
        """Raises AlreadyExists."""
        request = pb.CreateContainerRequest(container=container)
        answer = await self._channel.unary(
            self._stub.Create, request, subject=container.id, namespace=namespace, lease=lease
        )
        return convert.container(answer.container, namespace)

    async def set_labels(self, id: str, labels: Mapping[str, str], *, namespace: str) -> None:
        """Set these labels and leave the others; an empty value deletes one."""
        request = pb.UpdateContainerRequest(container=pb.Container(id=id, labels=dict(labels)))
        # Without a mask all labels would be replaced, those of the garbage collector as well.
        request.update_mask.paths.extend(f"labels.{key}" for key in labels)
        await self._channel.unary(self._stub.Update, request, subject=id, namespace=namespace)

    async def delete(self, id: str, *, namespace: str) -> None:
        """Delete the record, even while its task runs: the daemon guards nothing."""
        request = pb.DeleteContainerRequest(id=id)
        await self._channel.unary(self._stub.Delete, request, subject=id, namespace=namespace)
