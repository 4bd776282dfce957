"""Puts the cast on a private daemon, and gives everything the age it pretends to have."""

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiocontainerd.client import Client
from aiocontainerd.models import Key, Snapshot, Task
from aiocontainerd.mounts import parse_volume
from aiocontainerd.operations.run import run
from aiocontainerd.run_options import RunOptions
from aiocontainerd.state import StateDirectory
from aiocontainerd.store import Store
from tests.live import images
from tests.live.daemons import Daemon

from .cast import PARTS, SAMPLES, Part

AGES = {Key(part.namespace, part.id): part.ago for part in PARTS}
AGES.update({Key(sample.namespace, sample.name): sample.ago for sample in SAMPLES})


class AgedStore(Store):
    """A store in which things are as old as the cast says, not made a moment ago."""

    def __init__(self) -> None:
        super().__init__()
        self._now = datetime.now(UTC)

    def publish(self, snapshot: Snapshot) -> Snapshot:
        """Publish it with other dates; nothing else is invented."""
        containers = {
            key: replace(each, created_at=self._then(key))
            for key, each in snapshot.containers.items()
        }
        tasks = {key: self._task(key, each) for key, each in snapshot.tasks.items()}
        made = {
            key: replace(each, created_at=self._then(key), updated_at=self._then(key))
            for key, each in snapshot.images.items()
        }
        return super().publish(replace(snapshot, containers=containers, tasks=tasks, images=made))

    def _task(self, key: Key, task: Task) -> Task:
        moment = self._then(key)
        return replace(task, since=moment, exited_at=moment if task.exited_at else None)

    def _then(self, key: Key) -> datetime:
        return self._now - AGES.get(key, timedelta())

    async def until(self, condition: Callable[[Snapshot], bool], patience: float = 30) -> None:
        """Wait for a snapshot that is so."""
        async with asyncio.timeout(patience):
            async for snapshot in self.watch():
                if condition(snapshot):
                    return


def import_samples(daemon: Daemon) -> None:
    """Import every image into its namespace."""
    for sample in SAMPLES:
        with tempfile.TemporaryDirectory() as folder:
            archive = images.save(Path(folder, "image.tar"), {sample.name: sample.image()})
            flags = () if sample.unpack else ("--no-unpack",)
            daemon.ctr("images", "import", *flags, str(archive), namespace=sample.namespace)


async def play(daemon: Daemon, client: Client, state: StateDirectory) -> None:
    """Make all containers: those in `default` by ctdeck itself, the others by `ctr`."""
    for part in PARTS:
        if part.state == "created":
            await _ctr(daemon, part, "containers", "create", part.image, part.id)
        elif part.id == part.name:
            await _run(client, part, state)
        else:
            await _ctr_run(daemon, part)
        if part.state == "paused":
            await _ctr(daemon, part, "tasks", "pause", part.id)


async def _run(client: Client, part: Part, state: StateDirectory) -> None:
    options = RunOptions(
        image=part.image,
        id=part.id,
        command=part.args,
        mounts=tuple(parse_volume(text) for text in part.mounts),
        labels=tuple(part.labels.items()),
    )
    await run(client, options, namespace=part.namespace, state=state)


async def _ctr_run(daemon: Daemon, part: Part) -> None:
    mounts = [("--mount", parse_volume(text).ctr_argument()) for text in part.mounts]
    flags = [word for pair in (*mounts, *_labels(part.labels)) for word in pair]
    await _ctr(
        daemon, part, "run", "--detach", "--null-io", *flags, part.image, part.id, *part.args
    )


def _labels(labels: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("--label", f"{key}={value}") for key, value in labels.items()]


async def _ctr(daemon: Daemon, part: Part, *args: str) -> None:
    await asyncio.to_thread(daemon.ctr, *args, namespace=part.namespace)
