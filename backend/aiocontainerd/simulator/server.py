"""The simulated daemon on its socket."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Self

from grpc import aio

from aiocontainerd.channel import target
from aiocontainerd.simulator import ground, wire
from aiocontainerd.simulator.lives import Lives
from aiocontainerd.simulator.pulling import Speed
from aiocontainerd.simulator.services.containers import ContainersServicer
from aiocontainerd.simulator.services.content import ContentServicer
from aiocontainerd.simulator.services.diff import DiffServicer
from aiocontainerd.simulator.services.events import EventsServicer
from aiocontainerd.simulator.services.images import ImagesServicer
from aiocontainerd.simulator.services.introspection import IntrospectionServicer
from aiocontainerd.simulator.services.leases import LeasesServicer
from aiocontainerd.simulator.services.namespaces import NamespacesServicer
from aiocontainerd.simulator.services.snapshots import SnapshotsServicer
from aiocontainerd.simulator.services.streaming import StreamingServicer
from aiocontainerd.simulator.services.tasks import TasksServicer
from aiocontainerd.simulator.services.transfer import TransferServicer
from aiocontainerd.simulator.services.version import VersionServicer
from aiocontainerd.simulator.streams import Streams
from aiocontainerd.simulator.temporaries import Temporary
from aiocontainerd.simulator.world import World

if TYPE_CHECKING:
    from aiocontainerd.simulator.faults import Faults

VERSION = "2.1.9"


class Simulator:
    """`async with Simulator(address, world) as sim:` serves until the block ends.

    `address` is a socket path; its folder is made (0700) if it is missing. `calls` counts calls by
    full method name. `lives` says what tasks do by themselves, `speed` how fast pulls go. After
    `stop` it can be started again with the same world: a restart.
    """

    def __init__(
        self,
        address: str | Path,
        world: World | None = None,
        *,
        version: str = VERSION,
        faults: "Faults | None" = None,
    ) -> None:
        self.address = str(address).removeprefix("unix://")
        self.world = world if world is not None else World()
        self.lives = Lives(self.world)
        self.speed = Speed()
        self.version = version
        self.faults = faults
        self.calls: Counter[str] = Counter()
        self._server: aio.Server | None = None
        self._folder: Temporary | None = None
        self._monitor: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Serve. Raises OSError when the socket cannot be made, or somebody serves on it."""
        ground.claim(self.address)
        server = aio.server(
            interceptors=[self.faults] if self.faults is not None else None,
            options=[
                ("grpc.max_receive_message_length", wire.MAX_MESSAGE),
                ("grpc.max_send_message_length", wire.MAX_MESSAGE),
            ],
        )
        server.add_generic_rpc_handlers(
            tuple(wire.handler(one, self.calls) for one in self._servicers())
        )
        with ground.private():
            try:
                server.add_insecure_port(target(self.address))
            except RuntimeError as error:  # gRPC does not say why
                raise OSError(f"no socket can be made at {self.address}") from error
        self._folder = ground.folder()
        self.world.root = Path(self._folder.name)
        await server.start()
        self._server = server
        self._monitor = asyncio.create_task(self.lives.monitor())

    async def stop(self, grace: float | None = None) -> None:
        """End: calls under way fail UNAVAILABLE, the socket goes, the world stays."""
        if self._monitor is not None:
            self._monitor.cancel()
            await asyncio.gather(self._monitor, return_exceptions=True)
            self._monitor = None
        if self._server is not None:
            await self._server.stop(grace)
            self._server = None
            ground.leave(self.address)
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _servicers(self) -> list[wire.Servicer]:
        """Every service. A new one is added here, and nowhere else."""
        world, streams = self.world, Streams()
        newer: list[wire.Servicer] = [
            StreamingServicer(streams),
            TransferServicer(world, streams, self.speed),
        ]
        return [
            VersionServicer(self.version),
            IntrospectionServicer(world, self.version),
            NamespacesServicer(world),
            ContainersServicer(world),
            ImagesServicer(world),
            ContentServicer(world),
            SnapshotsServicer(world),
            DiffServicer(world),
            LeasesServicer(world),
            EventsServicer(world),
            TasksServicer(world, self.lives),
            *(newer if not self.version.startswith("1.6") else []),
        ]
