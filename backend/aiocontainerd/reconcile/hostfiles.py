"""What the daemon's host has in its files about containers: bind sources, and dockerd's books."""

import asyncio
from functools import partial
from pathlib import Path

from aiocontainerd.reconcile.asking import Asker
from aiocontainerd.reconcile.dockerd import Page, page_of
from aiocontainerd.reconcile.world import World

REST = 0.1  # s between two rounds: containers come in flocks
REST_SHARE = 200  # a look at all of them that took t seconds is followed by so many t without one
LONGEST_REST = 3600.0  # s: we may have been stopped meanwhile


def exists(path: Path) -> bool | None:
    """Whether the path leads to something; None if we may not know."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return None
    return True


class HostFiles:
    """Keeps what the world knows of them up to date: new ones soon, all of them when told to.

    `root` leads from this host's files to the daemon's; with None they are out of reach.
    """

    def __init__(self, world: World) -> None:
        self.root: str | None = None
        self._world = world
        self._sources = Asker[bool]()
        self._dockerd = Asker[Page]()
        self._pages: dict[str, Page | None] = {}  # None: there is none, or not for us
        self._due = asyncio.Event()
        self._everything = False
        self._rested = 0.0  # when everything may be looked at again

    def look(self, *, everything: bool = False) -> None:
        """Containers have changed; with `everything`, what is known is checked again too."""
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
        await self._look_at_sources(root, everything)
        await self._look_at_dockerd(root, everything)
        if everything:
            self._rested = clock() + min(REST_SHARE * (clock() - begun), LONGEST_REST)

    async def _look_at_sources(self, root: str, everything: bool) -> None:
        paths = set(self._world.binds.paths)
        known = {} if everything else self._world.sources
        if wanted := paths - known.keys():
            asked = await self._sources.ask(wanted, lambda path: exists(Path(root + path)))
            known = {**known, **asked}
        if known.keys() != paths:
            known = {path: known[path] for path in known.keys() & paths}
        self._world.put_sources(known)

    async def _look_at_dockerd(self, root: str, everything: bool) -> None:
        """A name that is changed there is no event of containerd's."""
        books = dict(self._world.findings.books)
        paths = {*books.values()}
        if everything:  # before that they stay: a restart deletes a container and makes it anew
            self._pages = {path: page for path, page in self._pages.items() if path in paths}
        if wanted := paths if everything else paths - self._pages.keys():
            pages = await self._dockerd.ask(wanted, partial(page_of, self._pages.copy(), root))
            # Without an answer (a file system hangs) what is known stays; files go with containers.
            self._pages |= {path: pages.get(path) or self._pages.get(path) for path in wanted}
        self._world.put_told(
            {key: page.told for key, path in books.items() if (page := self._pages.get(path))}
        )
