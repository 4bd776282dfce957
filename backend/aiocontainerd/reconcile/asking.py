"""Asks the host's file system about paths; one that hangs (NFS) delays only itself."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")
Question = Callable[[str], T | None]

PATIENCE = 1.0  # s for one path
HUNG_LIMIT = 4  # threads that may hang in the kernel before we stop asking


class _Walk(threading.Thread, Generic[T]):
    """Asks about one path after the other, on a thread that may be left behind.

    Not the loop's executor: leaving the program would wait for a hung thread of that one.
    `answers` are those so far, in the order of the paths; `done` is set on the loop at the end.
    """

    def __init__(self, paths: Sequence[str], question: Question[T]) -> None:
        super().__init__(name="host-files", daemon=True)
        self.abandoned = False
        self.answers: list[T | None] = []
        self.done = asyncio.Event()
        self._paths = paths
        self._question = question
        self._loop = asyncio.get_running_loop()

    def run(self) -> None:
        for path in self._paths:
            answer = self._question(path)
            if self.abandoned:
                return
            self.answers.append(answer)
        try:
            self._loop.call_soon_threadsafe(self.done.set)
        except RuntimeError:  # the loop is closed: nobody asks any more
            return


class Asker(Generic[T]):
    """Asks about paths; remembers those that hang, and leaves them alone while they do."""

    def __init__(self) -> None:
        self._hung: dict[str, _Walk[T]] = {}

    async def ask(self, paths: Iterable[str], question: Question[T]) -> dict[str, T]:
        """The answer for each path; those without one (None) are left out.

        The question blocks on a thread, and may raise nothing.
        """
        self._hung = {path: walk for path, walk in self._hung.items() if walk.is_alive()}
        left = sorted(set(paths) - self._hung.keys())
        answers: dict[str, T] = {}
        while left and len(self._hung) < HUNG_LIMIT:
            left = await self._walk(left, question, answers)
        return answers

    async def _walk(
        self, paths: list[str], question: Question[T], answers: dict[str, T]
    ) -> list[str]:
        """Walk until all is done, or until one path hangs: then those behind it are left."""
        walk = _Walk(paths, question)
        walk.start()
        seen = -1
        while len(walk.answers) > seen and not walk.done.is_set():
            seen = len(walk.answers)
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await walk.done.wait()
        walk.abandoned = True
        found = tuple(walk.answers)
        answers.update({p: a for p, a in zip(paths, found, strict=False) if a is not None})
        if len(found) == len(paths):
            return []
        self._hung[paths[len(found)]] = walk
        return paths[len(found) + 1 :]
