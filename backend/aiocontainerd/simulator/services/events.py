"""containerd.services.events.v1."""

from collections.abc import AsyncIterator

from google.protobuf.empty_pb2 import Empty

from aiocontainerd.pb import events_pb2 as pb
from aiocontainerd.simulator.refusals import Refused, invalid
from aiocontainerd.simulator.rules import check_id
from aiocontainerd.simulator.wire import Call
from aiocontainerd.simulator.world import World


class EventsServicer:
    """One stream carries all namespaces; nothing is replayed."""

    DESCRIPTOR = pb.DESCRIPTOR.services_by_name["Events"]

    def __init__(self, world: World) -> None:
        self._world = world

    async def Publish(self, request: pb.PublishRequest, call: Call) -> Empty:
        """Under a topic of the caller's, in the caller's namespace."""
        try:
            namespace = call.namespace
        except Refused as refused:
            what = f"failed publishing event: {refused.text}"
            raise Refused(refused.code, what) from refused
        _check_topic(request.topic)
        self._world.bus.publish(
            pb.Envelope(
                timestamp=self._world.stamp(),
                namespace=namespace,
                topic=request.topic,
                event=request.event,
            )
        )
        return Empty()

    async def Forward(self, request: pb.ForwardRequest, call: Call) -> Empty:
        """An envelope as it is."""
        check_id(request.envelope.namespace, "event envelope namespace")
        _check_topic(request.envelope.topic)
        self._world.bus.publish(request.envelope)
        return Empty()

    def Subscribe(self, request: pb.SubscribeRequest, call: Call) -> AsyncIterator[bytes]:
        """Serialized envelopes from now on, until the caller goes."""
        return self._world.bus.subscribe(request.filters)


def _check_topic(topic: str) -> None:
    """Raises Refused INVALID_ARGUMENT."""
    what = f'envelope topic "{topic}"'
    if not topic:
        raise invalid(f"{what}: must not be empty")
    if not topic.startswith("/"):
        raise invalid(f"{what}: must start with '/'")
    if len(topic) == 1:
        raise invalid(f"{what}: must have at least one component")
    for part in topic[1:].split("/"):
        check_id(part, f'{what}: failed validation on component "{part}"')
