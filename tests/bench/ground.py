"""What every measure stands on: a private daemon, an image, namespaces, and a client."""

import asyncio
import platform
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from os import getloadavg, sched_getaffinity
from pathlib import Path

from aiocontainerd.client import Client
from aiocontainerd.state import StateDirectory
from tests.live import images
from tests.live.daemons import Daemon
from tests.live.namespaces import clean, new_name
from tests.live.releases import release

from .filling import fill

IMAGE = "ctdeck.test/busybox:latest"
KEEP_RUNNING = "exec sleep 1000"
TEMPLATE = "template"
CTDECK = str(Path(sys.executable).with_name("ctdeck"))


@dataclass(frozen=True)
class Site:
    """A daemon that a ctdeck can look at: what to start for it, and the daemon's process."""

    ctdeck: list[str]
    env: dict[str, str]
    pid: int


@dataclass(frozen=True)
class Ground:
    """A daemon with the sample image in `namespace`, and our client connected to it."""

    daemon: Daemon
    client: Client
    namespace: str
    folder: Path
    _more: AsyncExitStack
    _filled: dict[int, "Ground"] = field(default_factory=dict)

    @property
    def state(self) -> StateDirectory:
        """Our files, gone with the bench."""
        return StateDirectory(self.folder / "state")

    @property
    def env(self) -> dict[str, str]:
        """The environment of a ctdeck that keeps its files here."""
        return {"XDG_STATE_HOME": str(self.folder)}

    @property
    def ctdeck(self) -> list[str]:
        """The command line of a ctdeck that looks at the namespace."""
        return [CTDECK, "--address", str(self.daemon.socket), "--namespace", self.namespace]

    @property
    def site(self) -> Site:
        """For measures that only look."""
        return Site(self.ctdeck, self.env, self.daemon.pid)

    async def rows(self, count: int) -> "Ground":
        """Another daemon, whose namespace has `count` containers, `row00000` upwards; no tasks.

        Started when first asked for, and filled in about a second for 1,000. All measures share
        it, so whoever adds or removes a container undoes it.
        """
        if count not in self._filled:
            other = await self._more.enter_async_context(ground(self.daemon.name, count))
            self._filled[count] = other
        return self._filled[count]

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
async def ground(name: str, count: int = 0) -> AsyncIterator[Ground]:
    """Start the daemon of a release ("1.6", "1.7", "2"), and end it with all it started.

    `count` containers are created in its namespace, which are records and nothing else.
    """
    with (
        tempfile.TemporaryDirectory(prefix="ctd-bench-") as folder,
        Daemon(release(name)) as daemon,
    ):
        namespace = new_name()
        archive = images.save(Path(folder, "busybox.tar"), {IMAGE: images.busybox()})
        await asyncio.to_thread(daemon.ctr, "images", "import", str(archive), namespace=namespace)
        async with Client(str(daemon.socket)) as client, AsyncExitStack() as more:
            await client.server_info()  # connected, as an app is that has been looked at
            made = Ground(daemon, client, namespace, Path(folder), more)
            await _fill(made, count)
            yield made
        if not count:  # records go with the daemon's folder, tasks do not
            await asyncio.to_thread(clean, daemon, namespace)


async def _fill(ground: Ground, count: int) -> None:
    """Create so many records like the one that `ctr` makes."""
    if count:
        await ground.ctr("containers", "create", IMAGE, TEMPLATE)
        containers, namespace = ground.client.containers, ground.namespace
        template = await containers.get_record(TEMPLATE, namespace=namespace)
        await fill(containers, template, namespace, count)
        await ground.ctr("containers", "rm", TEMPLATE)


def machine() -> str:
    """What the figures are taken on and what runs beside, in a line; not whose machine it is."""
    kernel = re.match(r"[\d.]*\d", platform.release())
    parts = [
        f"{len(sched_getaffinity(0))} cores, {processor()}",
        f"load {getloadavg()[0]:.1f}",
        f"Linux {kernel[0] if kernel else ''}",
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in ("textual", "grpcio", "protobuf")),
    ]
    return " · ".join(parts)


def processor() -> str:
    """The model as the kernel names it, or the architecture."""
    with suppress(OSError):
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        if found:
            return found[1]
    return platform.machine()
