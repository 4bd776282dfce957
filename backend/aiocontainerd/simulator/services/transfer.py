"""containerd.services.transfer.v1: from a registry into the image store, nothing else."""

from google.protobuf.any_pb2 import Any
from google.protobuf.empty_pb2 import Empty

from aiocontainerd import reference
from aiocontainerd.errors import InvalidArgument
from aiocontainerd.pb import transfer_pb2 as pb
from aiocontainerd.pb import transfer_types_pb2, typeurl
from aiocontainerd.platforms import normalised
from aiocontainerd.simulator.pulling import Pull, Speed, Wish
from aiocontainerd.simulator.refusals import Refused, invalid
from aiocontainerd.simulator.streams import Outgoing, Streams
from aiocontainerd.simulator.wire import Call
from aiocontainerd.simulator.world import World

_UNPACKS = "overlayfs"  # what a daemon unpacks for unless it is configured otherwise


class TransferServicer:
    """Pulls; `speed` may be changed while they run."""

    DESCRIPTOR = pb.DESCRIPTOR.services_by_name["Transfer"]

    def __init__(self, world: World, streams: Streams, speed: Speed) -> None:
        self._world = world
        self._streams = streams
        self._speed = speed

    async def Transfer(self, request: pb.TransferRequest, call: Call) -> Empty:
        """Answer when all is done; a call that is cancelled leaves nothing behind."""
        progress = self._progress(request, call.namespace)
        try:
            await Pull(self._world, _wish(request, call), self._speed, progress).run()
        finally:
            if progress is not None:
                progress.close()
        return Empty()

    def _progress(self, request: pb.TransferRequest, namespace: str) -> Outgoing | None:
        id = request.options.progress_stream
        if not id:
            return None
        stream = self._streams.get(namespace, id)
        if stream is None:
            raise Refused("NOT_FOUND", "not found")
        return stream


def _wish(request: pb.TransferRequest, call: Call) -> Wish:
    try:
        source = typeurl.unpack(request.source, transfer_types_pb2.OCIRegistry)
        store = typeurl.unpack(request.destination, transfer_types_pb2.ImageStore)
    except typeurl.TypeUrlError as error:
        raise Refused("UNIMPLEMENTED", _unknown(request)) from error
    try:
        named = reference.parse(source.reference)
    except InvalidArgument as error:
        raise Refused("UNKNOWN", f"failed to resolve image: {error.what}") from error
    if str(named) != source.reference:
        raise Refused("UNKNOWN", "failed to resolve image: object required")
    snapshotters = {unpack.snapshotter or _UNPACKS for unpack in store.unpacks}
    if snapshotters - {_UNPACKS}:
        raise invalid("unable to initialize unpacker: no unpack platforms defined")
    return Wish(
        namespace=call.namespace,
        reference=named,
        name=store.name,
        labels=store.labels,
        platforms=tuple(normalised(it.os, it.architecture, it.variant) for it in store.platforms),
        snapshotter=_UNPACKS if snapshotters else "",
        lease=call.lease,
    )


def _unknown(request: pb.TransferRequest) -> str:
    def kind(packed: Any) -> str:
        return typeurl.name(packed).rpartition(".")[2] or "nothing"

    return f"transfer from {kind(request.source)} to {kind(request.destination)}: not implemented"
