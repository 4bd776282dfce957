"""containerd.services.introspection.v1: which plugins this daemon has, and which of them work."""

from collections.abc import Iterable
from dataclasses import field
from types import MappingProxyType

from google.protobuf.empty_pb2 import Empty

from aiocontainerd.channel import Channel
from aiocontainerd.errors import NotFound, Unimplemented
from aiocontainerd.models import ServerInfo
from aiocontainerd.pb import introspection_pb2, introspection_pb2_grpc
from aiocontainerd.quickdata import dataclass
from aiocontainerd.safe import safe

GRPC = "io.containerd.grpc.v1"
SNAPSHOTTER = "io.containerd.snapshotter.v1"
TRANSFER = "io.containerd.transfer.v1"


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plugin: `error` is empty when it works."""

    type: str
    id: str
    error: str = ""
    capabilities: tuple[str, ...] = ()
    exports: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Introspection:
    """Plugins and identity of the daemon; needs no namespace."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stub = channel.stub(introspection_pb2_grpc.IntrospectionStub)

    async def plugins(self, filters: Iterable[str] = ()) -> list[Plugin]:
        """All plugins, or those that any of the filters selects."""
        request = introspection_pb2.PluginsRequest(filters=filters)
        answer = await self._channel.unary(self._stub.Plugins, request)
        return [_plugin(message) for message in answer.plugins]

    async def describes(self, type: str, id: str) -> bool:
        """Whether PluginInfo serves and knows this plugin; up to 1.7 it is not implemented."""
        request = introspection_pb2.PluginInfoRequest(type=type, id=id)
        try:
            await self._channel.unary(self._stub.PluginInfo, request, subject=id)
        except (Unimplemented, NotFound):
            return False
        return True

    async def server(self) -> tuple[str, int]:
        """(uuid, pid); the pid is 0 where the daemon does not tell it (1.6.20)."""
        answer = await self._channel.unary(self._stub.Server, Empty())
        return safe(answer.uuid), answer.pid

    async def deprecations(self) -> tuple[str, ...]:
        """What it was asked to do and will not do for long, in its own words (1.6.2x, 1.7.12)."""
        answer = await self._channel.unary(self._stub.Server, Empty())
        return tuple(safe(each.message or each.id) for each in answer.deprecations)


def server_info(version: tuple[str, str], plugins: list[Plugin], uuid: str, pid: int) -> ServerInfo:
    """What the rest of the library asks about a daemon, from three answers of it."""
    working = [plugin for plugin in plugins if not plugin.error]
    return ServerInfo(
        version=version[0],
        revision=version[1],
        uuid=uuid,
        pid=pid,
        services=frozenset(plugin.id for plugin in working if plugin.type == GRPC),
        snapshotters=MappingProxyType(
            {
                plugin.id: plugin.exports.get("root", "")
                for plugin in working
                if plugin.type == SNAPSHOTTER
            }
        ),
    )


def _plugin(message: introspection_pb2.Plugin) -> Plugin:
    failed = message.HasField("init_err") and message.init_err.code != 0
    return Plugin(
        type=safe(message.type),
        id=safe(message.id),
        error=safe(message.init_err.message) or "failed to start" if failed else "",
        capabilities=tuple(safe(item) for item in message.capabilities),
        exports=MappingProxyType({safe(k): safe(v) for k, v in message.exports.items()}),
    )
