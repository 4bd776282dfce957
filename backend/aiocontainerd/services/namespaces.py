"""containerd.services.namespaces.v1."""

from collections.abc import Mapping

from aiocontainerd.channel import Channel
from aiocontainerd.convert import labels_of
from aiocontainerd.pb import namespaces_pb2 as pb
from aiocontainerd.pb import namespaces_pb2_grpc
from aiocontainerd.safe import safe

# Labels of a namespace that say what its containers get.
SNAPSHOTTER_LABEL = "containerd.io/defaults/snapshotter"
RUNTIME_LABEL = "containerd.io/defaults/runtime"


class Namespaces:
    """Namespaces exist from their first write on; an unknown one lists as empty."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stub = channel.stub(namespaces_pb2_grpc.NamespacesStub)

    async def list(self) -> tuple[str, ...]:
        """All names, sorted."""
        answer = await self._channel.unary(self._stub.List, pb.ListNamespacesRequest())
        return tuple(sorted(safe(namespace.name) for namespace in answer.namespaces))

    async def labels(self, name: str) -> Mapping[str, str]:
        """Its labels, for example SNAPSHOTTER_LABEL. Raises NotFound."""
        request = pb.GetNamespaceRequest(name=name)
        answer = await self._channel.unary(self._stub.Get, request, subject=name, namespace=name)
        return labels_of(answer.namespace)

    async def create(self, name: str) -> None:
        """Raises AlreadyExists or InvalidArgument."""
        request = pb.CreateNamespaceRequest(namespace=pb.Namespace(name=name))
        await self._channel.unary(self._stub.Create, request, subject=name, namespace=name)

    async def delete(self, name: str) -> None:
        """Raises FailedPrecondition while anything is in it."""
        request = pb.DeleteNamespaceRequest(name=name)
        await self._channel.unary(self._stub.Delete, request, subject=name, namespace=name)
