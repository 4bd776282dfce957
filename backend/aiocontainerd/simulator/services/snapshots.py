"""containerd.services.snapshots.v1."""

from collections.abc import AsyncIterator

from google.protobuf.empty_pb2 import Empty

from aiocontainerd.pb import snapshots_pb2 as pb
from aiocontainerd.pb.types_pb2 import Mount
from aiocontainerd.simulator import snapshots
from aiocontainerd.simulator.wire import Call, text
from aiocontainerd.simulator.world import World

_LIST_CHUNK = 100  # infos in one answer


class SnapshotsServicer:
    """Every request names its snapshotter."""

    DESCRIPTOR = pb.DESCRIPTOR.services_by_name["Snapshots"]

    def __init__(self, world: World) -> None:
        self._world = world

    async def Prepare(
        self, request: pb.PrepareSnapshotRequest, call: Call
    ) -> pb.PrepareSnapshotResponse:
        """A writable one."""
        mounts = self._make(request, call, pb.KIND_ACTIVE)
        return pb.PrepareSnapshotResponse(mounts=mounts)

    async def View(self, request: pb.ViewSnapshotRequest, call: Call) -> pb.ViewSnapshotResponse:
        """A read-only one."""
        return pb.ViewSnapshotResponse(mounts=self._make(request, call, pb.KIND_VIEW))

    async def Mounts(self, request: pb.MountsRequest, call: Call) -> pb.MountsResponse:
        """How to mount an active one."""
        at = call.namespace, request.snapshotter, request.key
        return pb.MountsResponse(mounts=snapshots.mounts(self._world, *at))

    async def Commit(self, request: pb.CommitSnapshotRequest, call: Call) -> Empty:
        """Active to committed."""
        snapshots.commit(
            self._world,
            call.namespace,
            request.snapshotter,
            request.name,
            request.key,
            labels=request.labels,
            lease=call.lease,
        )
        return Empty()

    async def Remove(self, request: pb.RemoveSnapshotRequest, call: Call) -> Empty:
        """Remove one without children."""
        snapshots.remove(self._world, call.namespace, request.snapshotter, text(request.key))
        return Empty()

    async def Stat(self, request: pb.StatSnapshotRequest, call: Call) -> pb.StatSnapshotResponse:
        """One."""
        at = call.namespace, request.snapshotter, text(request.key)
        return pb.StatSnapshotResponse(info=snapshots.get(self._world, *at).info)

    async def Update(
        self, request: pb.UpdateSnapshotRequest, call: Call
    ) -> pb.UpdateSnapshotResponse:
        """Change labels."""
        paths = request.update_mask.paths
        changed = snapshots.update(
            self._world, call.namespace, request.snapshotter, request.info, paths
        )
        return pb.UpdateSnapshotResponse(info=changed.info)

    async def List(
        self, request: pb.ListSnapshotsRequest, call: Call
    ) -> AsyncIterator[pb.ListSnapshotsResponse]:
        """All of a snapshotter, a hundred in each message."""
        at = call.namespace, request.snapshotter
        found = list(snapshots.select(self._world, *at, request.filters))
        for start in range(0, len(found), _LIST_CHUNK):
            infos = [snapshot.info for snapshot in found[start : start + _LIST_CHUNK]]
            yield pb.ListSnapshotsResponse(info=infos)

    async def Usage(self, request: pb.UsageRequest, call: Call) -> pb.UsageResponse:
        """Of its own layer alone."""
        at = call.namespace, request.snapshotter, text(request.key)
        found = snapshots.get(self._world, *at)
        return pb.UsageResponse(size=found.size, inodes=found.inodes)

    async def Cleanup(self, request: pb.CleanupRequest, call: Call) -> Empty:
        """There is never anything left over."""
        snapshots.clean_up(request.snapshotter)
        return Empty()

    def _make(
        self,
        request: pb.PrepareSnapshotRequest | pb.ViewSnapshotRequest,
        call: Call,
        kind: pb.Kind.ValueType,
    ) -> list[Mount]:
        return snapshots.make(
            self._world,
            call.namespace,
            request.snapshotter,
            request.key,
            request.parent,
            labels=request.labels,
            lease=call.lease,
            kind=kind,
        )
