"""What every measure stands on: a private daemon, an image, a namespace, and a client."""

import asyncio
import platform
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from os import sched_getaffinity
from pathlib import Path

from aiocontainerd.client import Client
from aiocontainerd.state import StateDirectory
from tests.live import images
from tests.live.daemons import Daemon
from tests.live.namespaces import clean, new_name
from tests.live.releases import release

IMAGE = "ctdeck.test/busybox:latest"
KEEP_RUNNING = "exec sleep 1000"


@dataclass(frozen=True)
class Ground:
    """A daemon with the sample image in `namespace`, and our client connected to it."""

    daemon: Daemon
    client: Client
    namespace: str
    folder: Path

    @property
    def state(self) -> StateDirectory:
        """Our files, gone with the bench."""
        return StateDirectory(self.folder / "state")

    async def ctr(self, *args: str, check: bool = True) -> str:
        """Run this daemon's `ctr` in the namespace."""
        return await asyncio.to_thread(
            self.daemon.ctr, *args, namespace=self.namespace, check=check
        )

    async def remove(self, name: str) -> None:
        """Delete a container, and its task if it has one."""
        await self.ctr("tasks", "rm", "--force", name, check=False)
        await self.ctr("containers", "rm", name)


@asynccontextmanager
async def ground(name: str) -> AsyncIterator[Ground]:
    """Start the daemon of a release ("1.6", "1.7", "2"), and end it with all it started."""
    with (
        tempfile.TemporaryDirectory(prefix="ctd-bench-") as folder,
        Daemon(release(name)) as daemon,
    ):
        namespace = new_name()
        archive = images.save(Path(folder, "busybox.tar"), {IMAGE: images.busybox()})
        await asyncio.to_thread(daemon.ctr, "images", "import", str(archive), namespace=namespace)
        async with Client(str(daemon.socket)) as client:
            await client.server_info()  # connected, as an app is that has been looked at
            yield Ground(daemon, client, namespace, Path(folder))
        await asyncio.to_thread(clean, daemon, namespace)


def machine() -> str:
    """What the figures were taken on, in one line."""
    parts = [
        f"{len(sched_getaffinity(0))} cores, {platform.machine()}",
        f"Linux {platform.release()}",
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in ("textual", "grpcio", "protobuf")),
    ]
    return " · ".join(parts)
