"""containerd.services.introspection.v1: what a 2.x daemon says about itself, as far as it is so."""

import os
from pathlib import Path

from google.protobuf.empty_pb2 import Empty

from aiocontainerd.pb import introspection_pb2 as pb
from aiocontainerd.simulator.filters import Adaptor, parse
from aiocontainerd.simulator.refusals import Refused, not_found
from aiocontainerd.simulator.rules import adaptor
from aiocontainerd.simulator.wire import Call
from aiocontainerd.simulator.world import SNAPSHOTTERS, World

_GRPC = (
    "containers",
    "content",
    "diff",
    "events",
    "images",
    "introspection",
    "leases",
    "namespaces",
    "snapshots",
    "streaming",
    "tasks",
    "transfer",
    "version",
)
_SINCE_1_7 = frozenset({"streaming", "transfer"})
_RESTART_POLICIES = ("no", "always", "on-failure", "unless-stopped")


class IntrospectionServicer:
    """Plugins and identity; needs no namespace."""

    DESCRIPTOR = pb.DESCRIPTOR.services_by_name["Introspection"]

    def __init__(self, world: World, version: str) -> None:
        self._world = world
        self._version = version
        self._pidns = _pid_namespace()

    async def Plugins(self, request: pb.PluginsRequest, call: Call) -> pb.PluginsResponse:
        """Those that any filter selects."""
        try:
            wanted = parse(request.filters)
        except Refused as refused:  # here the class comes first
            raise Refused(refused.code, f"invalid argument: {refused.text}") from refused
        found = (p for p in self._plugins() if wanted is None or wanted(_adapted(p)))
        return pb.PluginsResponse(plugins=found)

    async def Server(self, request: Empty, call: Call) -> pb.ServerResponse:
        """Its uuid lives as long as the world; its pid is this process's."""
        return pb.ServerResponse(uuid=self._world.uuid, pid=os.getpid(), pidns=self._pidns)

    async def PluginInfo(self, request: pb.PluginInfoRequest, call: Call) -> pb.PluginInfoResponse:
        """Without `extra`: there is no runtime that could tell more. Not before 2.0."""
        if self._version.startswith("1."):
            method = f"unknown method PluginInfo for service {self.DESCRIPTOR.full_name}"
            raise Refused("UNIMPLEMENTED", method)
        for plugin in self._plugins():
            if (plugin.type, plugin.id) == (request.type, request.id):
                return pb.PluginInfoResponse(plugin=plugin)
        raise not_found(f"plugin {request.type}.{request.id} not found")

    def _plugins(self) -> list[pb.Plugin]:
        root = f"{self._world.root}/" if self._world.root else "/var/lib/containerd/"
        snapshotters = [
            pb.Plugin(
                type="io.containerd.snapshotter.v1",
                id=name,
                exports={"root": f"{root}io.containerd.snapshotter.v1.{name}"},
            )
            for name in SNAPSHOTTERS
        ]
        old, first = self._version.startswith("1."), self._version.startswith("1.6")
        services = [id for id in _GRPC if not first or id not in _SINCE_1_7]
        monitor = "io.containerd.internal.v1" if old else "io.containerd.monitor.container.v1"
        policies = () if first else _RESTART_POLICIES
        return [
            *(pb.Plugin(type="io.containerd.grpc.v1", id=id) for id in services),
            *snapshotters,
            *([] if first else [pb.Plugin(type="io.containerd.transfer.v1", id="local")]),
            pb.Plugin(type=monitor, id="restart", capabilities=policies),
        ]


def _pid_namespace() -> int:
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:  # no Linux
        return 0


def _adapted(plugin: pb.Plugin) -> Adaptor:
    return adaptor({"type": plugin.type, "id": plugin.id}, {})
