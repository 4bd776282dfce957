"""containerd.services.transfer.v1 (1.7+): pulls by the daemon itself."""

from dataclasses import dataclass

from aiocontainerd.channel import Channel
from aiocontainerd.pb import transfer_pb2 as pb
from aiocontainerd.pb import transfer_pb2_grpc, transfer_types_pb2, types_pb2, typeurl
from aiocontainerd.platforms import Platform


@dataclass(frozen=True, slots=True)
class Source:
    """A registry's image, fully named; the streams are ids of open ones.

    `host_dir` is a folder like /etc/containerd/certs.d on the daemon's side, `scheme` "http" for
    a registry without TLS; 1.7 knows neither and ignores them.
    """

    reference: str
    auth_stream: str = ""
    host_dir: str = ""
    scheme: str = ""


class Transfer:
    """Asks the daemon to move an image."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stub = channel.stub(transfer_pb2_grpc.TransferStub)

    async def pull(
        self,
        source: Source,
        *,
        namespace: str,
        platform: Platform,
        snapshotter: str,
        progress_stream: str = "",
        lease: str = "",
    ) -> None:
        """Fetch one platform of an image, unpack it and make its record; ends when all is done.

        There is no deadline: cancel it. Raises what the registry said as the daemon words it,
        and InvalidArgument when the daemon does not unpack for this snapshotter.
        """
        resolver = transfer_types_pb2.RegistryResolver(
            auth_stream=source.auth_stream,
            host_dir=source.host_dir,
            default_scheme=source.scheme,
        )
        registry = transfer_types_pb2.OCIRegistry(reference=source.reference, resolver=resolver)
        wanted = types_pb2.Platform(
            os=platform.os, architecture=platform.architecture, variant=platform.variant
        )
        unpacks = transfer_types_pb2.UnpackConfiguration(platform=wanted, snapshotter=snapshotter)
        store = transfer_types_pb2.ImageStore(
            name=source.reference, platforms=[wanted], unpacks=[unpacks]
        )
        request = pb.TransferRequest(
            source=typeurl.pack(registry),
            destination=typeurl.pack(store),
            options=pb.TransferOptions(progress_stream=progress_stream),
        )
        await self._channel.unary(
            self._stub.Transfer,
            request,
            subject=source.reference,
            namespace=namespace,
            lease=lease,
            timeout=None,
        )
