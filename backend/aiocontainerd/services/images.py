"""containerd.services.images.v1: names for descriptors. Names are bytes, see pb/images.proto."""

from collections.abc import Iterable, Mapping

from aiocontainerd import convert
from aiocontainerd.channel import Channel
from aiocontainerd.errors import AlreadyExists, NotFound
from aiocontainerd.models import NO_LABELS, Descriptor, Image
from aiocontainerd.pb import images_pb2 as pb
from aiocontainerd.pb import images_pb2_grpc
from aiocontainerd.safe import safe
from aiocontainerd.slices import sliced


class Images:
    """Create, read, list and delete image records."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stub = channel.stub(images_pb2_grpc.ImagesStub)

    async def list(self, *, namespace: str, filters: Iterable[str] = ()) -> list[Image]:
        """Every record, without details."""
        answer = await self._channel.unary(
            self._stub.List,
            pb.ListImagesRequest(filters=filters),
            subject=namespace,
            namespace=namespace,
        )
        return [convert.image(message, namespace) async for message in sliced(answer.images)]

    async def get(self, name: bytes | str, *, namespace: str) -> Image:
        """Raises NotFound."""
        answer = await self._channel.unary(
            self._stub.Get,
            pb.GetImageRequest(name=convert.as_bytes(name)),
            subject=safe(name),
            namespace=namespace,
        )
        return convert.image(answer.image, namespace)

    async def put(
        self,
        name: bytes | str,
        target: Descriptor,
        *,
        namespace: str,
        labels: Mapping[str, str] = NO_LABELS,
        lease: str = "",
    ) -> Image:
        """Create the record, or point the existing one at `target` and set its labels."""
        image = pb.Image(
            name=convert.as_bytes(name),
            target=convert.descriptor_to_pb(target),
            labels=dict(labels),
        )
        while True:
            try:
                return await self._create(image, namespace, lease)
            except AlreadyExists:
                pass
            try:
                return await self._update(image, namespace, lease)
            except NotFound:  # deleted between the two: create it after all
                continue

    async def _create(self, image: pb.Image, namespace: str, lease: str) -> Image:
        answer = await self._channel.unary(
            self._stub.Create,
            pb.CreateImageRequest(image=image),
            subject=safe(image.name),
            namespace=namespace,
            lease=lease,
        )
        return convert.image(answer.image, namespace)

    async def _update(self, image: pb.Image, namespace: str, lease: str) -> Image:
        request = pb.UpdateImageRequest(image=image)
        request.update_mask.paths.extend(["target", *(f"labels.{key}" for key in image.labels)])
        answer = await self._channel.unary(
            self._stub.Update,
            request,
            subject=safe(image.name),
            namespace=namespace,
            lease=lease,
        )
        return convert.image(answer.image, namespace)

    async def delete(
        self,
        name: bytes | str,
        *,
        namespace: str,
        target: Descriptor | None = None,
        sync: bool = False,
    ) -> None:
        """Delete one name; with `sync` return only after the garbage collection.

        `target` is honoured from 2.0 on: the name is deleted only while it still means that.
        """
        request = pb.DeleteImageRequest(name=convert.as_bytes(name), sync=sync)
        if target is not None:
            request.target.CopyFrom(convert.descriptor_to_pb(target))
        await self._channel.unary(
            self._stub.Delete, request, subject=safe(name), namespace=namespace, timeout=120.0
        )
