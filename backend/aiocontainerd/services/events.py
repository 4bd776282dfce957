"""containerd.services.events.v1: one stream for all namespaces, with no replay."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import NamedTuple

from google.protobuf.any_pb2 import Any

from aiocontainerd import convert
from aiocontainerd.channel import Channel
from aiocontainerd.pb import events_pb2 as pb
from aiocontainerd.pb import events_pb2_grpc


class Envelope(NamedTuple):
    """One event as it comes; `event` is read with `pb.typeurl`."""

    timestamp: datetime | None
    namespace: str
    topic: str
    event: Any


class Events:
    """Subscribe and publish."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stub = channel.stub(events_pb2_grpc.EventsStub)

    async def subscribe(self, filters: Iterable[str] = ()) -> AsyncIterator[Envelope]:
        """Every event from now on; drain it promptly, the daemon's queue has no bound.

        Raises Unavailable when the daemon goes. There is no sign that the subscription is live
        but a first event: publish one of a private topic and wait for it.
        """
        request = pb.SubscribeRequest(filters=filters)
        async for message in self._channel.stream(self._stub.Subscribe, request):
            yield Envelope(
                convert.time_of(message.timestamp),
                convert.shared(message.namespace),
                convert.shared(message.topic),
                message.event,
            )

    async def publish(self, topic: str, *, namespace: str) -> None:
        """Publish an empty event; the topic begins with "/"."""
        request = pb.PublishRequest(topic=topic)
        # 1.6 wants a known type inside; an Empty serves every version.
        request.event.type_url = "google.protobuf.Empty"
        await self._channel.unary(self._stub.Publish, request, subject=topic, namespace=namespace)
