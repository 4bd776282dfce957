"""containerd.services.streaming.v1."""

import asyncio
from collections.abc import AsyncIterator

from google.protobuf.any_pb2 import Any
from google.protobuf.empty_pb2 import Empty

from aiocontainerd.pb import streaming_pb2 as pb
from aiocontainerd.pb import typeurl
from aiocontainerd.simulator.refusals import invalid
from aiocontainerd.simulator.streams import Streams
from aiocontainerd.simulator.wire import Call


class StreamingServicer:
    """Streams of progress; what callers send on them is read and not needed."""

    DESCRIPTOR = pb.DESCRIPTOR.services_by_name["Streaming"]

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    async def Stream(self, requests: AsyncIterator[Any], call: Call) -> AsyncIterator[Any]:
        """The id first, acknowledged; then whatever the call that names it sends."""
        namespace = call.namespace
        try:
            init = typeurl.unpack(await anext(requests), pb.StreamInit)
        except (typeurl.TypeUrlError, StopAsyncIteration) as error:
            raise invalid("expected StreamInit") from error
        stream = self._streams.open(namespace, init.id)
        reading = asyncio.create_task(_read(requests))
        try:
            yield typeurl.pack(Empty())
            async for message in stream.messages():
                yield message
        finally:
            self._streams.forget(namespace, init.id)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def _read(requests: AsyncIterator[Any]) -> None:
    async for _ in requests:
        pass
