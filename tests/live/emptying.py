"""Emptying a namespace by the daemon's own services: a dozen `ctr`s take ten times as long."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from aiocontainerd.convert import as_bytes
from aiocontainerd.pb import (
    containers_pb2,
    containers_pb2_grpc,
    content_pb2,
    content_pb2_grpc,
    images_pb2,
    images_pb2_grpc,
    leases_pb2,
    leases_pb2_grpc,
    namespaces_pb2,
    namespaces_pb2_grpc,
    snapshots_pb2,
    snapshots_pb2_grpc,
    tasks_pb2,
    tasks_pb2_grpc,
)

from .daemons import Daemon

_SECONDS = 60.0


class Emptying:
    """What a daemon has in one namespace, and its removal. Calls raise grpc.RpcError."""

    def __init__(self, channel: Any, namespace: str) -> None:
        self._channel = channel
        self._namespace = namespace

    def is_there(self) -> bool:
        """Whether there is such a namespace."""
        stub = namespaces_pb2_grpc.NamespacesStub(self._channel)
        answer = self._ask(stub.List, namespaces_pb2.ListNamespacesRequest())
        return self._namespace in {each.name for each in answer.namespaces}

    def has_tasks(self) -> bool:
        """Whether there is a task, in whatever state."""
        stub = tasks_pb2_grpc.TasksStub(self._channel)
        return bool(self._ask(stub.List, tasks_pb2.ListTasksRequest()).tasks)

    def records(self) -> None:
        """Remove the containers and the images; what they held is for the collector."""
        containers = containers_pb2_grpc.ContainersStub(self._channel)
        found = self._ask(containers.List, containers_pb2.ListContainersRequest())
        for container in found.containers:
            self._ask(containers.Delete, containers_pb2.DeleteContainerRequest(id=container.id))
        images = images_pb2_grpc.ImagesStub(self._channel)
        for image in self._ask(images.List, images_pb2.ListImagesRequest()).images:
            self._ask(images.Delete, images_pb2.DeleteImageRequest(name=as_bytes(image.name)))

    def leases(self) -> None:
        """Remove all leases, and return when the garbage collector has been through."""
        stub = leases_pb2_grpc.LeasesStub(self._channel)
        self._ask(stub.Create, leases_pb2.CreateRequest(id="last"))
        for lease in self._ask(stub.List, leases_pb2.ListRequest()).leases:
            if lease.id != "last":
                self._ask(stub.Delete, leases_pb2.DeleteRequest(id=as_bytes(lease.id)))
        self._ask(stub.Delete, leases_pb2.DeleteRequest(id=b"last", sync=True))

    def snapshots(self, snapshotter: str) -> None:
        """Remove what the garbage collector was told to keep, children before parents."""
        stub = snapshots_pb2_grpc.SnapshotsStub(self._channel)
        wanted = snapshots_pb2.ListSnapshotsRequest(snapshotter=snapshotter)
        left = {
            info.name: info.parent for page in self._ask(stub.List, wanted) for info in page.info
        }
        while left:
            for name in set(left) - set(left.values()):
                request = snapshots_pb2.RemoveSnapshotRequest(
                    snapshotter=snapshotter, key=as_bytes(name)
                )
                self._ask(stub.Remove, request)
                del left[name]

    def content(self) -> None:
        """Remove the blobs that are left."""
        stub = content_pb2_grpc.ContentStub(self._channel)
        pages = self._ask(stub.List, content_pb2.ListContentRequest())
        for digest in [info.digest for page in pages for info in page.info]:
            self._ask(stub.Delete, content_pb2.DeleteContentRequest(digest=digest))

    def itself(self) -> None:
        """Remove the namespace."""
        stub = namespaces_pb2_grpc.NamespacesStub(self._channel)
        self._ask(stub.Delete, namespaces_pb2.DeleteNamespaceRequest(name=self._namespace))

    def _ask(self, method: Any, request: object) -> Any:
        metadata = (("containerd-namespace", self._namespace),)
        return method(request, metadata=metadata, timeout=_SECONDS)


@contextmanager
def emptying(daemon: Daemon, namespace: str) -> Iterator[Emptying]:
    """One for the time of the block."""
    with grpc.insecure_channel(f"unix:{daemon.socket}") as channel:
        yield Emptying(channel, namespace)
