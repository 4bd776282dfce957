"""Streams that other calls refer to by their id: containerd `plugins/services/streaming`."""

import asyncio
from collections.abc import AsyncIterator

from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message

from aiocontainerd.pb import typeurl
from aiocontainerd.simulator.refusals import already_exists


class Outgoing:
    """What the daemon sends over one stream."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Any | None] = asyncio.Queue()

    def send(self, message: Message) -> None:
        """Whether somebody reads it or not."""
        self._queue.put_nowait(typeurl.pack(message))

    def close(self) -> None:
        """What was sent is read still, then it ends."""
        self._queue.put_nowait(None)

    async def messages(self) -> AsyncIterator[Any]:
        """All that is sent."""
        while (message := await self._queue.get()) is not None:
            yield message


class Streams:
    """The open ones, by (namespace, id)."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], Outgoing] = {}

    def open(self, namespace: str, id: str) -> Outgoing:
        """Raises Refused ALREADY_EXISTS."""
        if (namespace, id) in self._open:
            raise already_exists("stream")
        stream = self._open[namespace, id] = Outgoing()
        return stream

    def get(self, namespace: str, id: str) -> Outgoing | None:
        """The one of this id; None if there is none."""
        return self._open.get((namespace, id))

    def forget(self, namespace: str, id: str) -> None:
        """Its caller is gone."""
        self._open.pop((namespace, id), None)
