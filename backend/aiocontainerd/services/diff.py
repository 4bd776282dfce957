"""containerd.services.diff.v1: the daemon, not we, untars layers."""

from collections.abc import Iterable

from aiocontainerd import convert
from aiocontainerd.channel import Channel
from aiocontainerd.models import Descriptor
from aiocontainerd.pb import diff_pb2, diff_pb2_grpc
from aiocontainerd.services.snapshots import MountSpec


class Diff:
    """Apply a layer's blob to a snapshot."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stub = channel.stub(diff_pb2_grpc.DiffStub)

    async def apply(
        self,
        layer: Descriptor,
        mounts: Iterable[MountSpec],
        *,
        namespace: str,
        lease: str = "",
        timeout: float = 900.0,
    ) -> Descriptor:
        """Unpack `layer` onto `mounts`; returns the uncompressed layer (its digest is the diff id).

        Large layers on slow disks take minutes: `timeout` is in seconds.
        """
        request = diff_pb2.ApplyRequest(
            diff=convert.descriptor_to_pb(layer), mounts=[mount.to_pb() for mount in mounts]
        )
        answer = await self._channel.unary(
            self._stub.Apply,
            request,
            subject=layer.digest,
            namespace=namespace,
            lease=lease,
            timeout=timeout,
        )
        return convert.descriptor(answer.applied)
