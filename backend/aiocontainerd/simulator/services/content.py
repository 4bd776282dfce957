"""containerd.services.content.v1."""

from collections.abc import AsyncIterator

from google.protobuf.empty_pb2 import Empty

from aiocontainerd.pb import content_pb2 as pb
from aiocontainerd.simulator import content, ingests
from aiocontainerd.simulator.wire import Call
from aiocontainerd.simulator.world import World

_LIST_CHUNK = 100  # infos in one answer


class ContentServicer:
    """Blobs and ingests."""

    DESCRIPTOR = pb.DESCRIPTOR.services_by_name["Content"]

    def __init__(self, world: World) -> None:
        self._world = world

    async def Info(self, request: pb.InfoRequest, call: Call) -> pb.InfoResponse:
        """One."""
        return pb.InfoResponse(info=content.get(self._world, call.namespace, request.digest).info)

    async def Update(self, request: pb.UpdateRequest, call: Call) -> pb.UpdateResponse:
        """Change labels."""
        paths = request.update_mask.paths
        return pb.UpdateResponse(
            info=content.update(self._world, call.namespace, request.info, paths)
        )

    async def List(
        self, request: pb.ListContentRequest, call: Call
    ) -> AsyncIterator[pb.ListContentResponse]:
        """All, a hundred in each message."""
        blobs = list(content.select(self._world, call.namespace, request.filters))
        for start in range(0, len(blobs), _LIST_CHUNK):
            infos = [blob.info for blob in blobs[start : start + _LIST_CHUNK]]
            yield pb.ListContentResponse(info=infos)

    async def Delete(self, request: pb.DeleteContentRequest, call: Call) -> Empty:
        """Remove one."""
        content.delete(self._world, call.namespace, request.digest)
        return Empty()

    async def Read(
        self, request: pb.ReadContentRequest, call: Call
    ) -> AsyncIterator[pb.ReadContentResponse]:
        """In chunks of 1 MiB."""
        blob = content.get(self._world, call.namespace, request.digest)
        for offset, data in content.read(blob, request.offset, request.size):
            yield pb.ReadContentResponse(offset=offset, data=data)

    async def Status(self, request: pb.StatusRequest, call: Call) -> pb.StatusResponse:
        """One ingest."""
        return pb.StatusResponse(status=ingests.status(self._world, call.namespace, request.ref))

    async def ListStatuses(
        self, request: pb.ListStatusesRequest, call: Call
    ) -> pb.ListStatusesResponse:
        """All ingests."""
        found = ingests.select(self._world, call.namespace, request.filters)
        return pb.ListStatusesResponse(statuses=found)

    async def Write(
        self, requests: AsyncIterator[pb.WriteContentRequest], call: Call
    ) -> AsyncIterator[pb.WriteContentResponse]:
        """One answer for each message, two for a commit, which ends the stream."""
        writing = ingests.Writing(self._world, call.namespace, call.lease)
        try:
            async for request in requests:
                for answer in writing.answers(request):
                    yield answer
                if request.action == pb.WRITE_ACTION_COMMIT:
                    return
        finally:
            writing.close()

    async def Abort(self, request: pb.AbortRequest, call: Call) -> Empty:
        """Drop an ingest."""
        ingests.abort(self._world, call.namespace, request.ref, call.lease)
        return Empty()
