"""The thread that copies; and what ends it when the container is started meanwhile.

Two overlays that write to one folder are undefined behaviour to the kernel, which lets them be:
it says so in its own log only (Linux, filesystems/overlayfs). A root that is held keeps even the
file system of a process that has ended.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TypeVar

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, FailedPrecondition
from aiocontainerd.models import Container, Task, TaskStatus
from aiocontainerd.operations.copytree import Copied, Stopped
from aiocontainerd.operations.identity import task_of

T = TypeVar("T")
EVERY = 1.0  # s from one look to the next


async def owned_thread(work: Callable[[], T], report: Copied) -> T:
    """Do it in a thread that ends with it, and its mounts with that; waits for its end always."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def answer(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, failed = None, None
        try:
            result = work()
        except BaseException as error:
            failed = error
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(answer, result, failed)

    threading.Thread(target=run, name="copy", daemon=True).start()
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        report.stop = True
        with suppress(Exception):
            await done
        raise


class OneLife:
    """The life that the copy began in: `seen` is its task then. Stops the copy after it."""

    def __init__(
        self, client: Client, container: Container, seen: Task | None, report: Copied
    ) -> None:
        self._client, self._container, self._seen = client, container, seen
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._is_over = False

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Looks again and again. Raises FailedPrecondition if it was started meanwhile."""
        looking = asyncio.create_task(self._look_on())
        try:
            yield
        except Stopped:
            if not self._is_over:
                raise
        finally:
            looking.cancel()
        if self._is_over:
            raise self._started()

    @contextmanager
    def checked(self) -> Iterator[None]:
        """Around what the copying thread does: a look before anything is written, and after it.

        Raises Stopped, ContainerdError when the first look fails.
        """
        self._look_from_thread()
        if self._is_over:
            raise Stopped
        yield
        with suppress(ContainerdError):  # as below
            self._look_from_thread()

    def _look_from_thread(self) -> None:
        asyncio.run_coroutine_threadsafe(self._look(), self._loop).result()

    async def _look_on(self) -> None:
        while not self._is_over:
            await asyncio.sleep(EVERY)
            with suppress(ContainerdError):  # a daemon that is away starts nothing
                await self._look()

    async def _look(self) -> None:
        now, seen = await task_of(self._client, self._container), self._seen
        if now is None or now.status is TaskStatus.UNKNOWN:
            return
        if seen is None or now.pid != seen.pid or (_runs(now) and not _runs(seen)):
            self._is_over = self._report.stop = True

    def _started(self) -> FailedPrecondition:
        return FailedPrecondition(
            "it was started while files were copied into it, so the copy was ended",
            subject=self._container.id,
            remedy=f"{self._report.so_far()} Restart it so that it surely sees what is there, then"
            " copy again.",
        )


def _runs(task: Task) -> bool:
    return task.status is not TaskStatus.STOPPED
