"""containerd.services.version.v1: needs no namespace, so it is the call to probe with."""

from google.protobuf.empty_pb2 import Empty

from aiocontainerd.channel import Channel
from aiocontainerd.pb import version_pb2_grpc
from aiocontainerd.safe import safe


class Version:
    """The daemon's version."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stub = channel.stub(version_pb2_grpc.VersionStub)

    async def get(self, *, timeout: float = 10.0) -> tuple[str, str]:
        """(version, revision), for example ("1.6.20~ds1", "…")."""
        answer = await self._channel.unary(self._stub.Version, Empty(), timeout=timeout)
        return safe(answer.version), safe(answer.revision)
