"""containerd.services.streaming.v1 (1.7+): two-way streams that other services refer to by id."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from grpc import aio

from aiocontainerd.channel import Channel
from aiocontainerd.errors import DaemonError, translated
from aiocontainerd.pb import streaming_pb2 as pb
from aiocontainerd.pb import streaming_pb2_grpc, typeurl

StreamCall: TypeAlias = "aio.StreamStreamCall[Any, Any]"


class Stream:
    """One open stream; iterating yields what the daemon sends until it closes it."""

    def __init__(self, id: str, call: StreamCall) -> None:
        self.id = id
        self._call = call

    async def send(self, message: Message) -> None:
        """Send a message, packed as containerd packs it."""
        with translated(self.id), suppress(asyncio.InvalidStateError):  # closed: the reader sees it
            await self._call.write(typeurl.pack(message))

    async def __aiter__(self) -> AsyncIterator[Any]:
        with translated(self.id):
            while isinstance(message := await self._call.read(), Any):
                yield message


class Streaming:
    """Opens streams."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stub = channel.stub(streaming_pb2_grpc.StreamingStub)

    @asynccontextmanager
    async def open(self, name: str, *, namespace: str) -> AsyncIterator[Stream]:
        """A stream whose id begins with `name`, ready to be named in a call; closed at the end."""
        id = f"ctdeck-{name}-{secrets.token_hex(8)}"
        call = self._channel.bidi(self._stub.Stream, namespace=namespace)
        try:
            stream = Stream(id, call)
            await stream.send(pb.StreamInit(id=id))
            with translated(id):
                answer = await call.read()  # the id counts only from this Empty on
            if not isinstance(answer, Any):
                raise DaemonError("the daemon ended the stream", subject=id)
            yield stream
        finally:
            call.cancel()
