"""containerd.services.version.v1."""

from google.protobuf.empty_pb2 import Empty

from aiocontainerd.pb import version_pb2 as pb
from aiocontainerd.simulator.wire import Call

REVISION = "simulated"


class VersionServicer:
    """Answers the version that the simulator was made with."""

    DESCRIPTOR = pb.DESCRIPTOR.services_by_name["Version"]

    def __init__(self, version: str) -> None:
        self._version = version

    async def Version(self, request: Empty, call: Call) -> pb.VersionResponse:
        """Needs no namespace."""
        return pb.VersionResponse(version=self._version, revision=REVISION)
