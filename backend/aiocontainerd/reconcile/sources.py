"""Finds out which bind sources exist on this host; a hung file system delays only itself."""

import asyncio
import threading
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from aiocontainerd.models import Container
from aiocontainerd.reconcile.topics import Kind
from aiocontainerd.reconcile.world import World

PATIENCE = 1.0  # s for one path
REST = 0.1  # s between two rounds: containers come in flocks
HUNG_LIMIT = 4  # threads that may hang in the kernel before we stop asking

# What `safe` puts in place of a character: the real path is not known then.
_REPLACED = {"\ufffd", *map(chr, range(0x2400, 0x2422))}


_Found = tuple[str, bool | None]


class _Walk(threading.Thread):
    """Looks at one path after the other, on a thread that may be left behind.

    Not the loop's executor: leaving the program would wait for a hung thread of that one.
    """

    def __init__(self, paths: Iterable[str], root: str, found: asyncio.Queue[_Found]) -> None:
        super().__init__(name="bind-sources", daemon=True)
        self.abandoned = False
        self._paths = tuple(paths)
        self._root = root
        self._found = found
        self._loop = asyncio.get_running_loop()

    def run(self) -> None:
        for path in self._paths:
            answer = exists(Path(self._root + path))
            if self.abandoned or self._loop.is_closed():
                return
            try:
                self._loop.call_soon_threadsafe(self._found.put_nowait, (path, answer))
            except RuntimeError:  # closed in this moment: nobody asks any more
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


def sources_of(containers: Iterable[Container]) -> set[str]:
    """The absolute paths on the host that these containers bind."""
    return {
        mount.source
        for container in containers
        for mount in container.mounts
        if mount.is_bind and mount.source.startswith("/") and not _REPLACED & set(mount.source)
    }


class Sources:
    """Checks paths; remembers those that hang, and leaves them alone while they do."""

    def __init__(self) -> None:
        self._hung: dict[str, _Walk] = {}

    async def check(self, paths: Iterable[str], root: str = "") -> dict[str, bool]:
        """Which of the paths exist under `root`; those that cannot be told are left out."""
        self._hung = {path: walk for path, walk in self._hung.items() if walk.is_alive()}
        left = deque(sorted(set(paths) - self._hung.keys()))
        answers: dict[str, bool] = {}
        while left and len(self._hung) < HUNG_LIMIT:
            await self._walk(left, root, answers)
        return answers

    async def _walk(self, left: deque[str], root: str, answers: dict[str, bool]) -> None:
        """Walk until all is done, or until one path hangs: then `left` holds the others."""
        found: asyncio.Queue[_Found] = asyncio.Queue()
        walk = _Walk(left, root, found)
        walk.start()
        while left:
            try:
                async with asyncio.timeout(PATIENCE):
                    path, answer = await found.get()
            except TimeoutError:
                walk.abandoned = True
                self._hung[left.popleft()] = walk
                return
            left.popleft()
            if answer is not None:
                answers[path] = answer


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

    def look(self, *, everything: bool = False) -> None:
        """Containers have changed; with `everything`, known sources are checked again too."""
        self._everything |= everything
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
        containers = self._world.records.all(Kind.CONTAINERS)
        paths = sources_of(record for record in containers if isinstance(record, Container))
        known = {} if self._everything else self._world.sources
        self._everything = False
        answers = await self._sources.check(paths - known.keys(), root)
        answers = {**known, **answers}
        self._world.put_sources({path: answers[path] for path in answers.keys() & paths})
