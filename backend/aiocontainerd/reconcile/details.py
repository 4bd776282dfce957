"""Reads what the content store says of images, in the background, few at a time."""

import asyncio
from collections.abc import Awaitable, Callable

from aiocontainerd.client import Client
from aiocontainerd.models import Image, ImageDetails
from aiocontainerd.reconcile.fetch import TROUBLE
from aiocontainerd.reconcile.topics import Kind
from aiocontainerd.reconcile.world import World

AT_ONCE = 4
FIRST_REST = 0.05  # s
SETTLE = 1.0  # s: blobs and layers come in flocks
SETTLE_DELETED = 5.0  # s: so do those that the garbage collection takes, and they seldom matter
PATIENCE = 30.0  # s until an incomplete image is looked at again; doubled each time it still is
PATIENCE_LIMIT = 3600.0

Read = Callable[[Client, Image], Awaitable[ImageDetails]]
_Slot = tuple[str, str]  # namespace and target digest


class Details:
    """A queue of images to read, each target in it once; failures are tried again later."""

    def __init__(self, client: Client, world: World, read: Read) -> None:
        self._client = client
        self._world = world
        self._read = read
        self._queue: asyncio.Queue[_Slot] = asyncio.Queue()
        self._queued: dict[_Slot, Image] = {}
        self._timers: dict[tuple[str, bool], asyncio.TimerHandle] = {}
        self._patience: dict[_Slot, tuple[float, float]] = {}  # when next, and how long after that

    def look(self, image: Image) -> None:
        """Read this image's target unless it is known."""
        if (image.namespace, image.target.digest) not in self._world.details:
            self._want(image)

    def look_all(self, namespace: str) -> None:
        """Read what is not known yet of this namespace's images."""
        for image in self._images(namespace):
            self.look(image)

    def touched(self, namespace: str, *, deleted: bool) -> None:
        """Content or layers came, or (`deleted`) content went: look again when that settles."""
        if (namespace, deleted) not in self._timers:
            self._timers[namespace, deleted] = asyncio.get_running_loop().call_later(
                SETTLE_DELETED if deleted else SETTLE, self._settled, namespace, deleted
            )

    def revisit(self) -> None:
        """Look again at incomplete images whose time has come: not all changes are announced."""
        now = asyncio.get_running_loop().time()
        for namespace in self._world.namespaces:
            for image in self._images(namespace):
                slot = (namespace, image.target.digest)
                due, wait = self._patience.get(slot, (0.0, PATIENCE))
                if self._is_incomplete(slot) and due <= now:
                    self._patience[slot] = (now + wait, min(2 * wait, PATIENCE_LIMIT))
                    self._want(image)
        alive = self._world.details
        self._patience = {slot: at for slot, at in self._patience.items() if slot in alive}

    async def run(self) -> None:
        """Work until cancelled; the lists are drawn first."""
        try:
            await asyncio.sleep(FIRST_REST)
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(self._work())
        finally:
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()

    async def _work(self) -> None:
        while True:
            slot = await self._queue.get()
            image = self._queued.pop(slot)
            try:
                details = await self._read(self._client, image)
            except TROUBLE:
                continue  # it stays unknown until the next look
            self._world.put_details(*slot, details)

    def _settled(self, namespace: str, deleted: bool) -> None:
        del self._timers[namespace, deleted]
        for image in self._images(namespace):
            if deleted or self._is_incomplete((namespace, image.target.digest)):
                self._want(image)

    def _is_incomplete(self, slot: _Slot) -> bool:
        details = self._world.details.get(slot)
        return details is None or details.missing or not details.chain_id

    def _want(self, image: Image) -> None:
        slot = (image.namespace, image.target.digest)
        if slot not in self._queued:
            self._queued[slot] = image
            self._queue.put_nowait(slot)

    def _images(self, namespace: str) -> list[Image]:
        images = self._world.records.of(Kind.IMAGES, namespace).values()
        return [image for image in images if isinstance(image, Image)]
