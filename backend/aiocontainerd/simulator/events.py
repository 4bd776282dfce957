"""The event bus: who publishes does not wait, who listens gets every event once, in order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence

from google.protobuf.message import Message

from aiocontainerd.pb import event_payloads_pb2, events_pb2, images_pb2, typeurl
from aiocontainerd.simulator.filters import Filter, Found, field_of, parse
from aiocontainerd.simulator.refusals import Refused

_KINDS: dict[str, type[Message]] = {
    f"{module.DESCRIPTOR.package}.{name}": getattr(module, name)
    for module in (event_payloads_pb2, images_pb2)
    for name in module.DESCRIPTOR.message_types_by_name
}


class _Subscription:
    """One stream: its queue has no bound, as the real daemon's, and goes with the call."""

    def __init__(self, wanted: Filter | None) -> None:
        self.wanted = wanted
        self.queue: deque[bytes] = deque()
        self.ready = asyncio.Event()

    def put(self, data: bytes) -> None:
        self.queue.append(data)
        self.ready.set()


class Bus:
    """Envelopes from publishers to subscribers, serialized once for all of them."""

    def __init__(self) -> None:
        self._subscriptions: set[_Subscription] = set()

    @property
    def subscribers(self) -> int:
        """How many streams listen."""
        return len(self._subscriptions)

    @property
    def backlog(self) -> int:
        """The longest queue of a stream that is not drained, in events."""
        return max((len(one.queue) for one in self._subscriptions), default=0)

    def publish(self, envelope: events_pb2.Envelope) -> None:
        """Hand it to everyone whose filter selects it."""
        if not self._subscriptions:
            return
        data = envelope.SerializeToString()
        for one in self._subscriptions:
            if one.wanted is None or one.wanted(_Paths(envelope)):
                one.put(data)

    async def subscribe(self, filters: Sequence[str] = ()) -> AsyncIterator[bytes]:
        """Serialized envelopes from now on. Raises Refused for a filter that cannot be read."""
        try:
            wanted = parse(filters)
        except Refused as refused:  # only here does the real daemon not classify it
            what = f"subscription error: failed parsing subscription filters: {refused.text}"
            raise Refused("UNKNOWN", what) from refused
        one = _Subscription(wanted)
        self._subscriptions.add(one)
        try:
            while True:
                await one.ready.wait()
                while one.queue:
                    yield one.queue.popleft()
                one.ready.clear()
        finally:
            self._subscriptions.discard(one)


class _Paths:
    """What an event filter can ask of an envelope; the payload is parsed when it is asked for."""

    def __init__(self, envelope: events_pb2.Envelope) -> None:
        self._envelope = envelope

    def __call__(self, path: Sequence[str]) -> Found:
        match path:
            case ["namespace"]:
                return self._envelope.namespace, bool(self._envelope.namespace)
            case ["topic"]:
                return self._envelope.topic, bool(self._envelope.topic)
            case ["event", *rest]:
                return self._payload(rest)
        return "", False

    def _payload(self, path: Sequence[str]) -> Found:
        packed = self._envelope.event
        kind = _KINDS.get(typeurl.name(packed))
        return field_of(typeurl.unpack(packed, kind), path) if kind else ("", False)
