"""A `stage`: one client in one namespace of a daemon, with the sample image and a state folder."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from aiocontainerd.client import Client
from aiocontainerd.logs.formats import cri_part
from aiocontainerd.models import Container, Snapshot
from aiocontainerd.operations import RunResult, run
from aiocontainerd.run_options import RunOptions
from aiocontainerd.state import OUTPUT, StateDirectory

from ..daemons import Daemon
from ..processes import POLL

T = TypeVar("T")


@dataclass
class Stage:
    """What the tests of this folder act on."""

    client: Client
    daemon: Daemon
    namespace: str
    image: str
    state: StateDirectory

    def ctr(self, *args: str, check: bool = True) -> str:
        """This release's `ctr` in our namespace."""
        return self.daemon.ctr(*args, namespace=self.namespace, check=check)

    async def run(self, id: str, script: str = "sleep 1000", **options: Any) -> RunResult:
        """Run a shell script in the sample image."""
        command = options.pop("command", ("/bin/sh", "-c", script))
        chosen = RunOptions(
            image=options.pop("image", self.image), id=id, command=command, **options
        )
        return await run(self.client, chosen, namespace=self.namespace, state=self.state)

    async def container(self, id: str) -> Container:
        """The record as the lists show it."""
        return await self.client.containers.get(id, namespace=self.namespace)

    def task(self, id: str) -> str:
        """The status that `ctr tasks ls` shows, "" without a task."""
        lines = [line.split() for line in self.ctr("tasks", "ls").splitlines()[1:]]
        return next((words[2] for words in lines if words[0] == id), "")

    def everything(self) -> dict[str, list[str]]:
        """What there is in the namespace and on our disk, for comparison before and after."""
        listings = {
            "containers": ("containers", "ls", "-q"),
            "tasks": ("tasks", "ls", "-q"),
            "leases": ("leases", "ls", "-q"),
            "snapshots": ("snapshots", "--snapshotter", self.daemon.snapshotter, "ls"),
        }
        with ThreadPoolExecutor() as at_once:
            texts = at_once.map(lambda args: self.ctr(*args), listings.values())
            found = {kind: sorted(t.splitlines()) for kind, t in zip(listings, texts, strict=True)}
        files = (path for path in self.state.root.rglob("*") if path.is_file())
        bundles = self.daemon.state.glob(f"io.containerd.runtime.v2.task/{self.namespace}/*")
        return {**found, "files": sorted(map(str, files)), "bundles": sorted(map(str, bundles))}

    async def snapshot(self) -> Snapshot:
        """The world as the store would hold it, of this namespace only."""
        images = await self.client.images.list(namespace=self.namespace)
        containers = await self.client.containers.list(namespace=self.namespace)
        return Snapshot(
            images={image.key: image for image in images},
            containers={container.key: container for container in containers},
        )


async def until(condition: Callable[[], T], what: str, timeout: float = 15.0) -> T:
    """Poll without blocking the loop until the condition is true; returns its value."""
    async with asyncio.timeout(timeout):
        while not (value := condition()):
            await asyncio.sleep(POLL)
    assert value, what
    return value


def output_of(log: Path, stream: str = "") -> str:
    """What the container wrote (to one `stream`), without what its log knows beside that."""
    raw = log.read_bytes()
    if not log.name.startswith(OUTPUT):
        return raw.decode(errors="replace")  # no newline is translated
    parts = [part for line in raw.split(b"\n")[:-1] if (part := cri_part(line))]
    texts = [text + b"\n" * is_last for name, _, text, is_last in parts if stream in ("", name)]
    return b"".join(texts).decode(errors="replace")


async def written(log: Path, text: str, stream: str = "") -> str:
    """As `output_of`, as soon as `text` is in it."""
    await until(lambda: text in output_of(log, stream), f"{text!r} in {log}")
    return output_of(log, stream)


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    """A state directory whose path needs quoting in shells, CSV, URLs and sh scripts."""
    return StateDirectory(tmp_path / "st'a te,a:b;c&d+%2f$HOME")


@pytest.fixture
async def stage(
    containerd: Daemon, namespace: str, busybox: str, state: StateDirectory
) -> AsyncIterator[Stage]:
    """A client and all it needs, on each release."""
    async with Client(str(containerd.socket)) as client:
        yield Stage(client, containerd, namespace, busybox, state)
