"""Finds out which bind sources exist on this host; a hung file system delays only itself."""

import asyncio
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from aiocontainerd.reconcile.binds import sources_of
from aiocontainerd.reconcile.world import World

__all__ = ["SourceWatch", "Sources", "exists", "sources_of"]

PATIENCE = 1.0  # s for one path
REST = 0.1  # s between two rounds: containers come in flocks
REST_SHARE = 200  # a look at all of them that took t seconds is followed by so many t without one
LONGEST_REST = 3600.0  # s: we may have been stopped meanwhile
HUNG_LIMIT = 4  # threads that may hang in the kernel before we stop asking


class _Walk(threading.Thread):
    """Looks at one path after the other, on a thread that may be left behind.

    Not the loop's executor: leaving the program would wait for a hung thread of that one.
    `answers` are those so far, in the order of the paths; `done` is set on the loop at the end.
    """

    def __init__(self, paths: Sequence[str], root: str) -> None:
        super().__init__(name="bind-sources", daemon=True)
        self.abandoned = False
        self.answers: list[bool | None] = []
        self.done = asyncio.Event()
        self._paths = paths
        self._root = root
        self._loop = asyncio.get_running_loop()

    def run(self) -> None:
        for path in self._paths:
            answer = exists(Path(self._root + path))
            if self.abandoned:
                return
            self.answers.append(answer)
        try:
            self._loop.call_soon_threadsafe(self.done.set)
        except RuntimeError:  # the loop is closed: nobody asks any more
            return


def exists(path: Path) -> bool | None:
    """Whether the path leads to something; None if we may not know."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return None
    return True


class Sources:
    """Checks paths; remembers those that hang, and leaves them alone while they do."""

    def __init__(self) -> None:
        self._hung: dict[str, _Walk] = {}

    async def check(self, paths: Iterable[str], root: str = "") -> dict[str, bool]:
        """Which of the paths exist under `root`; those that cannot be told are left out."""
        self._hung = {path: walk for path, walk in self._hung.items() if walk.is_alive()}
        left = sorted(set(paths) - self._hung.keys())
        answers: dict[str, bool] = {}
        while left and len(self._hung) < HUNG_LIMIT:
            left = await self._walk(left, root, answers)
        return answers

    async def _walk(self, paths: list[str], root: str, answers: dict[str, bool]) -> list[str]:
        """Walk until all is done, or until one path hangs: then those behind it are left."""
        walk = _Walk(paths, root)
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


class SourceWatch:
    """Keeps the world's `sources` up to date: new ones soon, all of them when told to.

    `root` leads from this host's files to the daemon's; with None they are out of reach.
    """

    def __init__(self, world: World) -> None:
        self.root: str | None = None
        self._world = world
        self._sources = Sources()
        self._due = asyncio.Event()
        self._everything = False
        self._rested = 0.0  # when everything may be looked at again

    def look(self, *, everything: bool = False) -> None:
        """Containers have changed; with `everything`, known sources are checked again too."""
        self._everything |= everything and asyncio.get_running_loop().time() >= self._rested
        self._due.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self._due.wait()
            self._due.clear()
            if self.root is not None:
                await self._look(self.root)
            await asyncio.sleep(REST)

    async def _look(self, root: str) -> None:
        clock = asyncio.get_running_loop().time
        begun = clock()
        everything, self._everything = self._everything, False
        paths = set(self._world.binds.paths)
        known = {} if everything else self._world.sources
        if wanted := paths - known.keys():
            known = {**known, **await self._sources.check(wanted, root)}
        if known.keys() != paths:
            known = {path: known[path] for path in known.keys() & paths}
        self._world.put_sources(known)
        if everything:
            self._rested = clock() + min(REST_SHARE * (clock() - begun), LONGEST_REST)
