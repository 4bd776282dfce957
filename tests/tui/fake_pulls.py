"""Pulls that a test drives by hand: the names are those of aiocontainerd.pull."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiocontainerd.pull.progress import LayerProgress, PullProgress, Stage
from aiocontainerd.reference import parse


class FakeJob:
    """A PullJob whose progress is what the test says."""

    def __init__(self, reference: str, namespace: str = "default") -> None:
        self.reference = reference
        self.progress = PullProgress(reference)
        self.namespace = namespace
        self.joined = 1
        self.cancelled = False
        self._changed = asyncio.Event()

    @property
    def done(self) -> bool:
        return self.progress.ended

    def set(self, stage: Stage, *layers: LayerProgress, error: str = "", waiting: str = "") -> None:
        self.progress = PullProgress(self.reference, stage, layers, error, waiting=waiting)
        self._changed.set()

    async def watch(self) -> AsyncIterator[PullProgress]:
        while not self.done:
            await self._changed.wait()
            self._changed.clear()
            yield self.progress

    async def cancel(self) -> None:
        self.cancelled = True
        self.set("cancelled", *self.progress.layers)


@dataclass
class FakePulls:
    """Pulls that never ask a registry; `started` has what was asked for."""

    jobs: tuple[FakeJob, ...] = ()
    started: list[tuple[str, str, str, bool]] = field(default_factory=list)

    def start(
        self, reference: str, *, namespace: str, platform: str = "", plain_http: bool = False
    ) -> FakeJob:
        job = FakeJob(str(parse(reference)), namespace)
        self.started.append((job.reference, namespace, platform, plain_http))
        self.jobs = (*self.jobs, job)
        return job

    def forget(self, job: FakeJob) -> None:
        assert job.done
        self.jobs = tuple(each for each in self.jobs if each is not job)
