"""Prunes one item of a plan, after another look at it: others may have come to need it since."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from aiocontainerd.client import Client
from aiocontainerd.disk.holding import Holdings
from aiocontainerd.disk.plan import Group, Item, is_unused
from aiocontainerd.disk.survey import surveyed
from aiocontainerd.disk.things import Thing
from aiocontainerd.errors import FailedPrecondition, NotFound
from aiocontainerd.models import Container, Image
from aiocontainerd.operations.delete import delete_container
from aiocontainerd.operations.identity import Life, life_of
from aiocontainerd.operations.images import delete_image
from aiocontainerd.services.leases import Lease
from aiocontainerd.state import StateDirectory

_FRESH = 1.0  # seconds for which one look at who holds what is good


# Each deletion has the daemon collect its garbage, which takes what is to be told of item by item.
_ORDER = (Group.CONTENT, Group.LEASES, Group.CONTAINERS, Group.DANGLING, Group.UNUSED)


def in_order(items: Iterable[Item]) -> list[Item]:
    """As they are best pruned, one after the other."""
    return sorted(items, key=lambda item: _ORDER.index(item.group))


@dataclass
class Pruner:
    """Deletes one after the other; content only where nothing holds it at this moment.

    `others` gives all containers where one follows them, as `delete_container` has it.
    """

    client: Client
    state: StateDirectory
    others: Callable[[], Iterable[Container] | None] = lambda: None
    _looks: dict[str, tuple[float, Holdings]] = field(default_factory=dict)

    async def prune(self, item: Item, *, sync: bool = False) -> None:
        """With `sync` return when the space of an image or a lease is free again.

        Raises our errors: NotFound for what is gone, FailedPrecondition for what is needed.
        """
        match item.what:
            case Container():
                await self._container(item.what, life_of(item.task))
            case Image():
                await self._image(item.what, sync)
            case Thing() if item.node.kind == "lease":
                await self._lease(item.what, sync)
            case Thing():
                await self._content(item.what)

    async def _container(self, container: Container, seen: Life | None) -> None:
        await self.client.containers.get(container.id, namespace=container.namespace)
        await delete_container(
            self.client, container, state=self.state, seen=seen, others=self.others()
        )

    async def _image(self, image: Image, sync: bool) -> None:
        await self.client.images.get(image.raw_name, namespace=image.namespace)
        containers = self.others()
        if containers is None:
            containers = await self.client.containers.list(namespace=image.namespace)
        if not is_unused(image, containers):
            raise FailedPrecondition("a container uses it by now", subject=image.name)
        await delete_image(self.client, image, sync=sync)

    async def _lease(self, seen: Thing, sync: bool) -> None:
        namespace = seen.node.namespace
        leases = await self.client.leases.list(namespace=namespace)
        found = next((each for each in leases if each.raw_id == seen.raw_key), None)
        if found is None:
            raise NotFound("it is gone already", subject=seen.node.key)
        if found.created_at != seen.created_at or not _is_over(found):
            raise FailedPrecondition("it is another one by now, or lasts longer", subject=found.id)
        await self.client.leases.delete(seen.raw_key, namespace=namespace, sync=sync)

    async def _content(self, seen: Thing) -> None:
        namespace, _, digest = seen.node
        holdings = await self._look(namespace)
        now = holdings.survey.things.get(seen.node)
        if now is None:
            raise NotFound("it is gone already", subject=digest)
        if now.created_at != seen.created_at or holdings.is_kept(seen.node):
            raise FailedPrecondition("something holds it by now", subject=digest)
        await self.client.content.delete(digest, namespace=namespace)

    async def _look(self, namespace: str) -> Holdings:
        """Who holds what in a namespace, asked for at this moment, or just before."""
        looked = self._looks.get(namespace)
        if looked is None or monotonic() - looked[0] > _FRESH:
            began = monotonic()
            found = await surveyed(self.client, namespaces=[namespace], sizes=False)
            looked = (began, await asyncio.to_thread(Holdings, found))
            self._looks[namespace] = looked
        return looked[1]


def _is_over(lease: Lease) -> bool:
    from aiocontainerd.disk.labels import expiry

    until = expiry(lease.labels)
    return until is not None and until <= datetime.now(UTC)
