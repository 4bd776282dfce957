"""Pulls under way: each in a task of its own, joined by whoever wants the same image."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from aiocontainerd.audit import acting, at_hand
from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, FailedPrecondition
from aiocontainerd.models import Image

if TYPE_CHECKING:
    from aiocontainerd.platforms import Platform
    from aiocontainerd.pull.progress import PullProgress, Tracker
    from aiocontainerd.pull.wish import Wish
    from aiocontainerd.reference import Reference

_REMEMBERED = 20
_PACE = 0.05  # s between two pictures to one watcher


class PullJob:
    """One pull; made by `Pulls.start`. `joined` counts who has asked for it."""

    def __init__(self, reference: Reference, namespace: str, tracker: Tracker) -> None:
        self.reference = str(reference)
        self.namespace = namespace
        self.joined = 1
        self._tracker = tracker
        self._task: asyncio.Task[Image] | None = None
        self._cancelled = False

    @property
    def progress(self) -> PullProgress:
        """The newest picture."""
        return self._tracker.snapshot()

    @property
    def done(self) -> bool:
        """It has ended, well or not, and has cleaned up."""
        return self._task is not None and self._task.done()

    async def wait(self) -> Image:
        """Wait for the end and return the image record; giving up waiting does not stop the pull.

        Raises what made it fail (RegistryError, NotFound, …), FailedPrecondition if it was
        cancelled.
        """
        task = self._running()
        await asyncio.wait({task})
        if task.cancelled():
            raise FailedPrecondition("this pull was cancelled", subject=self.reference)
        return task.result()

    async def cancel(self) -> None:
        """Stop it, for all who joined it, and return when everything it made is gone.

        From its last step on it is too late: then it is done, and `progress` says so.
        """
        task = self._running()
        if not self._cancelled:  # a second time would cut the clean-up short
            self._cancelled = True
            task.cancel()
        await asyncio.wait({task})

    async def watch(self) -> AsyncIterator[PullProgress]:
        """The newest picture, again whenever it has changed; ends after the last one."""
        version = -1
        while True:
            version = await self._tracker.change(version)
            picture = self.progress
            yield picture
            if picture.ended:
                return
            await asyncio.sleep(_PACE)

    def begin(self, task: asyncio.Task[Image]) -> None:
        """Used by `Pulls`."""
        self._task = task
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Image]) -> None:
        """A callback, because a task that is cancelled before its first step runs none of it."""
        if task.cancelled():
            self._tracker.end("cancelled")
        elif (error := task.exception()) is None:
            self._tracker.end("done")
        else:
            ours = isinstance(error, ContainerdError)
            self._tracker.end("failed", str(error) if ours else "an error in ctdeck itself")

    def _running(self) -> asyncio.Task[Image]:
        assert self._task is not None, "the job was not started"
        return self._task


class Pulls:
    """The pulls of one client. `config_dirs` are folders like hosts.DEFAULT_DIRS, which are meant
    if there are none. With `daemon_only` no registry is ever asked by this process."""

    def __init__(
        self,
        client: Client,
        *,
        config_dirs: Iterable[Path] | None = None,
        daemon_only: bool = False,
    ) -> None:
        self._client = client
        self._daemon_only = daemon_only
        self._dirs = None if config_dirs is None else tuple(config_dirs)
        self._jobs: list[PullJob] = []
        self._by_key: dict[tuple[str, str, Platform], PullJob] = {}

    @property
    def jobs(self) -> tuple[PullJob, ...]:
        """Running ones and those that ended lately, in the order of their start."""
        return tuple(self._jobs)

    def start(
        self, reference: str, *, namespace: str, platform: str = "", plain_http: bool = False
    ) -> PullJob:
        """Begin a pull in the background, or join the one of the same image that is under way.

        `platform` is os/arch[/variant], "" for the host's. `plain_http` allows HTTP for a
        registry on another machine. Raises InvalidArgument for a bad reference or platform.
        """
        from aiocontainerd import platforms  # these with the first pull: see the package
        from aiocontainerd.pull.hosts import DEFAULT_DIRS
        from aiocontainerd.pull.progress import Tracker
        from aiocontainerd.pull.wish import Wish
        from aiocontainerd.reference import parse

        named, wanted = parse(reference), platforms.parse(platform)
        key = (namespace, str(named), wanted)
        running = self._by_key.get(key)
        if running is not None and not running.done:
            running.joined += 1
            return running
        job = self._by_key[key] = PullJob(named, namespace, tracker := Tracker(str(named)))
        dirs = DEFAULT_DIRS if self._dirs is None else self._dirs
        wish = Wish(named, namespace, wanted, dirs, plain_http, self._daemon_only)
        job.begin(asyncio.create_task(self._work(wish, tracker), name=f"pull {named}"))
        self._remember(job)
        return job

    def forget(self, job: PullJob) -> None:
        """Leave one that has ended out of `jobs` from now on."""
        if job.done and job in self._jobs:
            self._jobs.remove(job)

    async def close(self) -> None:
        """Cancel all that run and wait until they have cleaned up."""
        await asyncio.gather(*(job.cancel() for job in self._jobs))

    async def _work(self, wish: Wish, tracker: Tracker) -> Image:
        from aiocontainerd.pull.strategy import pull

        with acting(at_hand() or "pull"):
            return await pull(self._client, wish, tracker)

    def _remember(self, job: PullJob) -> None:
        """Keep all that run, and of the others the newest."""
        ended = [each for each in self._jobs if each.done]
        for old in ended[: max(0, len(ended) - _REMEMBERED + 1)]:
            self._jobs.remove(old)
        self._jobs.append(job)
        self._by_key = {key: each for key, each in self._by_key.items() if not each.done}
