"""containerd.services.diff.v1: Apply only, and only as far as its answer goes."""

import gzip
import zlib

from aiocontainerd.pb import diff_pb2 as pb
from aiocontainerd.pb.types_pb2 import Descriptor
from aiocontainerd.simulator import content
from aiocontainerd.simulator.refusals import Refused
from aiocontainerd.simulator.wire import Call
from aiocontainerd.simulator.world import World

_GZIP = b"\x1f\x8b"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


class DiffServicer:
    """Nothing is unpacked: no file of an image reaches the host."""

    DESCRIPTOR = pb.DESCRIPTOR.services_by_name["Diff"]

    def __init__(self, world: World) -> None:
        self._world = world

    async def Apply(self, request: pb.ApplyRequest, call: Call) -> pb.ApplyResponse:
        """The uncompressed layer's descriptor, reckoned from the blob. Raises Refused."""
        try:
            blob = content.get(self._world, call.namespace, request.diff.digest)
        except Refused as refused:
            what = f"failed to get reader from content store: {refused.text}"
            raise Refused(refused.code, what) from refused
        uncompressed = blob.info.labels.get("containerd.io/uncompressed", "")
        size = blob.info.size
        if blob.data is not None:
            data = _uncompressed(blob.data, request.diff.media_type)
            uncompressed, size = content.digest_of(data), len(data)
        digest = uncompressed or request.diff.digest
        return pb.ApplyResponse(applied=Descriptor(media_type=_LAYER, digest=digest, size=size))


def _uncompressed(data: bytes, media_type: str) -> bytes:
    if not data.startswith(_GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise Refused("UNKNOWN", f"failed to extract layer: {media_type}: {error}") from error
