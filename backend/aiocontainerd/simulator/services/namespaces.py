"""containerd.services.namespaces.v1."""

from google.protobuf.empty_pb2 import Empty

from aiocontainerd.pb import namespaces_pb2 as pb
from aiocontainerd.simulator import namespaces
from aiocontainerd.simulator.wire import Call
from aiocontainerd.simulator.world import World


class NamespacesServicer:
    """Needs no namespace header."""

    DESCRIPTOR = pb.DESCRIPTOR.services_by_name["Namespaces"]

    def __init__(self, world: World) -> None:
        self._world = world

    async def Get(self, request: pb.GetNamespaceRequest, call: Call) -> pb.GetNamespaceResponse:
        """One, with its labels; one that does not exist has none."""
        space = self._world.look(request.name)
        return pb.GetNamespaceResponse(namespace=namespaces.message(request.name, space))

    async def List(
        self, request: pb.ListNamespacesRequest, call: Call
    ) -> pb.ListNamespacesResponse:
        """All, sorted; the daemon ignores the filter."""
        spaces = sorted(self._world.spaces.items())
        return pb.ListNamespacesResponse(
            namespaces=[namespaces.message(name, space) for name, space in spaces]
        )

    async def Create(
        self, request: pb.CreateNamespaceRequest, call: Call
    ) -> pb.CreateNamespaceResponse:
        """Make one."""
        wanted = request.namespace
        made = namespaces.create(self._world, wanted.name, wanted.labels)
        return pb.CreateNamespaceResponse(namespace=made)

    async def Update(
        self, request: pb.UpdateNamespaceRequest, call: Call
    ) -> pb.UpdateNamespaceResponse:
        """Change labels; the answer is empty."""
        namespaces.update(self._world, request.namespace, request.update_mask.paths)
        return pb.UpdateNamespaceResponse()

    async def Delete(self, request: pb.DeleteNamespaceRequest, call: Call) -> Empty:
        """Remove an empty one."""
        namespaces.delete(self._world, request.name)
        return Empty()
