"""The run form in a bare app, with a daemon that only notes what it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from textual.pilot import Pilot

from aiocontainerd.bind_sources import look_at
from aiocontainerd.equivalent import ctr_run
from aiocontainerd.errors import ContainerdError
from aiocontainerd.models import Container
from aiocontainerd.operations import RunResult
from aiocontainerd.run_options import RunOptions
from ctdeck.forms.drafts import Draft
from ctdeck.forms.risks import Facts
from ctdeck.screens.run import RunScreen
from tests.tui.apps import screen_text
from tests.tui.hosts import Host, hosted

IMAGE = "docker.io/library/nginx:1.27"
RECORD = Container("default", "web1", IMAGE, "runc", "overlayfs", "web1")


@dataclass
class Runs:
    """What the form asked for; each call fails with the next error, or succeeds."""

    errors: list[ContainerdError] = field(default_factory=list)
    asked: list[RunOptions] = field(default_factory=list)
    hold: asyncio.Event | None = None
    cancelled: bool = False

    async def __call__(self, options: RunOptions, facts: Facts) -> RunResult:
        self.asked.append(options)
        try:
            if self.hold:
                await self.hold.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if self.errors:
            raise self.errors.pop(0)
        return RunResult(options.id, 7, Path("/o"), RECORD)


@asynccontextmanager
async def form(
    runs: Runs | None = None,
    *,
    size: tuple[int, int] = (80, 24),
    drafts: dict[Hashable, Draft] | None = None,
    kept_as: Hashable = IMAGE,
    base: RunOptions | None = None,
    examine: Callable[[RunOptions], Awaitable[Facts]] | None = None,
) -> AsyncIterator[tuple[Host, Pilot[None]]]:
    screen = RunScreen(
        base or RunOptions(IMAGE, "nginx-7f3a"),
        namespace="default",
        run=runs or Runs(),
        equivalent=lambda options: ctr_run(options, address="/s.sock", namespace="default"),
        drafts={} if drafts is None else drafts,
        kept_as=kept_as,
        examine=examine or looked,
        agree=looked,
    )
    async with hosted(screen, size) as (app, pilot):
        yield app, pilot


async def looked(options: RunOptions) -> Facts:
    return {mount.source: look_at(mount.source) for mount in options.mounts}


def shows(app: Host, *words: str) -> Callable[[], bool]:
    return lambda: all(word in " ".join(screen_text(app).split()) for word in words)
