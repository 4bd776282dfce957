"""Reads what the content store says of images, in the background, few at a time."""

import asyncio
from collections.abc import Awaitable, Callable

from aiocontainerd.client import Client
from aiocontainerd.models import Image, ImageDetails
from aiocontainerd.reconcile.fetch import TROUBLE
from aiocontainerd.reconcile.findings import Slot, target_of
from aiocontainerd.reconcile.topics import Kind
from aiocontainerd.reconcile.world import World
from aiocontainerd.slices import sliced

AT_ONCE = 4
EAGER = 200  # images that are read as fast as can be; with more, others get most of the time
REST_SHARE = 2  # the rest after a read that took one second, in seconds
FIRST_REST = 0.05  # s
SETTLE = 1.0  # s: blobs and layers come in flocks
SETTLE_DELETED = 5.0  # s: so do those that the garbage collection takes, and they seldom matter
PATIENCE = 30.0  # s until an incomplete image is looked at again; doubled each time it still is
PATIENCE_LIMIT = 3600.0

Read = Callable[[Client, Image], Awaitable[ImageDetails]]


class Details:
    """A queue of images to read, each target in it once; failures are tried again later."""

    def __init__(self, client: Client, world: World, read: Read) -> None:
        self._client = client
        self._world = world
        self._read = read
        self._queue: asyncio.Queue[Slot] = asyncio.Queue()
        self._queued: dict[Slot, Image] = {}
        self._timers: dict[tuple[str, bool], asyncio.TimerHandle] = {}
        self._settled: asyncio.Queue[tuple[str, bool]] = asyncio.Queue()
        self._patience: dict[Slot, tuple[float, float]] = {}  # when next, and how long after that

    def look(self, image: Image) -> None:
        """Read this image's target unless it is known."""
        if target_of(image) not in self._world.findings.details:
            self._want(image)

    async def look_all(self, namespace: str) -> None:
        """Read what is not known yet of this namespace's images."""
        async for image in sliced(self._images(namespace)):
            self.look(image)

    def touched(self, namespace: str, *, deleted: bool) -> None:
        """Content or layers came, or (`deleted`) content went: look again when that settles."""
        if (namespace, deleted) not in self._timers:
            self._timers[namespace, deleted] = asyncio.get_running_loop().call_later(
                SETTLE_DELETED if deleted else SETTLE,
                self._settled.put_nowait,
                (namespace, deleted),
            )

    async def revisit(self) -> None:
        """Look again at incomplete images whose time has come: not all changes are announced."""
        now = asyncio.get_running_loop().time()
        for namespace in self._world.namespaces:
            async for image in sliced(self._images(namespace)):
                slot = target_of(image)
                if not self._is_incomplete(slot):
                    continue
                due, wait = self._patience.get(slot, (0.0, PATIENCE))
                if due <= now:
                    self._patience[slot] = (now + wait, min(2 * wait, PATIENCE_LIMIT))
                    self._want(image)
        alive = self._world.findings.details
        self._patience = {slot: at for slot, at in self._patience.items() if slot in alive}

    async def run(self) -> None:
        """Work until cancelled; the lists are drawn first."""
        try:
            await asyncio.sleep(FIRST_REST)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._sweep())
                for _ in range(AT_ONCE):
                    group.create_task(self._work())
        finally:
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()

    async def _sweep(self) -> None:
        while True:
            namespace, deleted = await self._settled.get()
            self._timers.pop((namespace, deleted), None)
            async for image in sliced(self._images(namespace)):
                if deleted or self._is_incomplete(target_of(image)):
                    self._want(image)

    async def _work(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            slot = await self._queue.get()
            image = self._queued.pop(slot)
            if not self._world.findings.pointing_at(slot):
                continue  # it has gone while it waited
            begun = clock()
            try:
                details = await self._read(self._client, image)
            except TROUBLE:
                continue  # it stays unknown until the next look
            self._world.put_details(*slot, details)
            if self._queue.qsize() > EAGER:
                await asyncio.sleep(REST_SHARE * (clock() - begun))

    def _is_incomplete(self, slot: Slot) -> bool:
        details = self._world.findings.details.get(slot)
        return details is None or details.missing or not details.chain_id

    def _want(self, image: Image) -> None:
        slot = target_of(image)
        if slot not in self._queued:
            self._queued[slot] = image
            self._queue.put_nowait(slot)

    def _images(self, namespace: str) -> list[Image]:
        images = self._world.records.of(Kind.IMAGES, namespace).values()
        return [image for image in images if isinstance(image, Image)]
