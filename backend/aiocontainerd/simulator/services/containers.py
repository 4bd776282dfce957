"""containerd.services.containers.v1."""

from collections.abc import AsyncIterator

from google.protobuf.empty_pb2 import Empty

from aiocontainerd.pb import containers_pb2 as pb
from aiocontainerd.simulator import containers
from aiocontainerd.simulator.refusals import Refused
from aiocontainerd.simulator.wire import Call, check_size, framed
from aiocontainerd.simulator.world import World

_FRAME = 3  # bytes round a record of believable size


class ContainersServicer:
    """Answers are put together from the records' own bytes: each is one Container in field 1."""

    DESCRIPTOR = pb.DESCRIPTOR.services_by_name["Containers"]

    def __init__(self, world: World) -> None:
        self._world = world

    async def Get(self, request: pb.GetContainerRequest, call: Call) -> bytes:
        """One."""
        return framed(1, containers.get(self._world, call.namespace, request.id).wire)

    async def List(self, request: pb.ListContainersRequest, call: Call) -> bytes:
        """All in one message, which may grow too large to send."""
        found = list(containers.select(self._world, call.namespace, request.filters))
        check_size(sum(len(record.head) + len(record.spec) + _FRAME for record in found))
        return b"".join(framed(1, record.wire) for record in found)

    async def ListStream(
        self, request: pb.ListContainersRequest, call: Call
    ) -> AsyncIterator[bytes]:
        """All, each in a message of its own."""
        for record in containers.select(self._world, call.namespace, request.filters):
            yield framed(1, record.wire)

    async def Create(self, request: pb.CreateContainerRequest, call: Call) -> bytes:
        """Make one."""
        return framed(1, containers.create(self._world, call.namespace, request.container).wire)

    async def Update(self, request: pb.UpdateContainerRequest, call: Call) -> bytes:
        """Change what the mask names."""
        if not request.container.id:
            raise Refused("INVALID_ARGUMENT", "Container.ID required")
        paths = request.update_mask.paths
        record = containers.update(self._world, call.namespace, request.container, paths)
        return framed(1, record.wire)

    async def Delete(self, request: pb.DeleteContainerRequest, call: Call) -> Empty:
        """Remove one."""
        containers.delete(self._world, call.namespace, request.id)
        return Empty()
