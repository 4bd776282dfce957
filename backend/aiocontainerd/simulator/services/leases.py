"""containerd.services.leases.v1."""

from google.protobuf.empty_pb2 import Empty

from aiocontainerd.pb import leases_pb2 as pb
from aiocontainerd.simulator import leases
from aiocontainerd.simulator.wire import Call, text
from aiocontainerd.simulator.world import World


class LeasesServicer:
    """What keeps half-made things."""

    DESCRIPTOR = pb.DESCRIPTOR.services_by_name["Leases"]

    def __init__(self, world: World) -> None:
        self._world = world

    async def Create(self, request: pb.CreateRequest, call: Call) -> pb.CreateResponse:
        """Make one."""
        made = leases.create(self._world, call.namespace, request.id, request.labels)
        return pb.CreateResponse(lease=made)

    async def Delete(self, request: pb.DeleteRequest, call: Call) -> Empty:
        """End one."""
        leases.delete(self._world, call.namespace, text(request.id), sync=request.sync)
        return Empty()

    async def List(self, request: pb.ListRequest, call: Call) -> pb.ListResponse:
        """All."""
        found = leases.select(self._world, call.namespace, request.filters)
        return pb.ListResponse(leases=[stored.lease for stored in found])

    async def AddResource(self, request: pb.AddResourceRequest, call: Call) -> Empty:
        """Hold one more thing."""
        it, lease = request.resource, leases.get(self._world, call.namespace, request.id)
        leases.check_resource(it)
        lease.resources.add((it.type, it.id))
        return Empty()

    async def DeleteResource(self, request: pb.DeleteResourceRequest, call: Call) -> Empty:
        """Hold it no more."""
        it, lease = request.resource, leases.get(self._world, call.namespace, request.id)
        leases.check_resource(it)
        lease.resources.discard((it.type, it.id))
        return Empty()

    async def ListResources(
        self, request: pb.ListResourcesRequest, call: Call
    ) -> pb.ListResourcesResponse:
        """What it holds."""
        held = leases.get(self._world, call.namespace, text(request.id)).resources
        return pb.ListResourcesResponse(
            resources=[pb.Resource(id=id, type=kind) for kind, id in sorted(held)]
        )
