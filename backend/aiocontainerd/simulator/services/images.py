"""containerd.services.images.v1."""

from google.protobuf.empty_pb2 import Empty

from aiocontainerd.pb import images_pb2 as pb
from aiocontainerd.simulator import images
from aiocontainerd.simulator.wire import Call
from aiocontainerd.simulator.world import World


class ImagesServicer:
    """Names for descriptors."""

    DESCRIPTOR = pb.DESCRIPTOR.services_by_name["Images"]

    def __init__(self, world: World) -> None:
        self._world = world

    async def Get(self, request: pb.GetImageRequest, call: Call) -> pb.GetImageResponse:
        """One."""
        return pb.GetImageResponse(image=images.get(self._world, call.namespace, request.name))

    async def List(self, request: pb.ListImagesRequest, call: Call) -> pb.ListImagesResponse:
        """All in one message."""
        found = images.select(self._world, call.namespace, request.filters)
        return pb.ListImagesResponse(images=found)

    async def Create(self, request: pb.CreateImageRequest, call: Call) -> pb.CreateImageResponse:
        """Make one; the lease header is checked, and holds nothing of it."""
        namespace, _ = call.namespace, call.lease
        return pb.CreateImageResponse(image=images.create(self._world, namespace, request.image))

    async def Update(self, request: pb.UpdateImageRequest, call: Call) -> pb.UpdateImageResponse:
        """Change what the mask names."""
        paths = request.update_mask.paths
        image = images.update(self._world, call.namespace, request.image, paths)
        return pb.UpdateImageResponse(image=image)

    async def Delete(self, request: pb.DeleteImageRequest, call: Call) -> Empty:
        """Remove one name."""
        target = request.target if request.HasField("target") else None
        images.delete(self._world, call.namespace, request.name, sync=request.sync, target=target)
        return Empty()
