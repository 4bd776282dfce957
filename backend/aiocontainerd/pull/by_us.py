"""A pull by ourselves: registry → content store → snapshots → image record, under one lease."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiocontainerd import imageinfo, manifests, platforms
from aiocontainerd.errors import FailedPrecondition, NotFound, ResourceExhausted
from aiocontainerd.manifests import Index, Manifest
from aiocontainerd.models import Descriptor, Image
from aiocontainerd.platforms import Platform
from aiocontainerd.pull.blobs import Blobs
from aiocontainerd.pull.place import Place
from aiocontainerd.pull.progress import Tracker
from aiocontainerd.pull.registry import Registry
from aiocontainerd.pull.unpack import bind_chain, unpack
from aiocontainerd.reference import Reference
from aiocontainerd.settled import settled

AT_ONCE = 3
_DEPTH = 4  # an index may hold indexes, but not without end


async def pull_by_us(
    place: Place, registry: Registry, reference: Reference, wanted: Platform, tracker: Tracker
) -> Image:
    """Pull and unpack; returns the image record, which is made last.

    `place.lease` holds everything meanwhile: dropping it takes away what a failed or cancelled
    pull has made. Raises RegistryError, NotFound (no such platform), FailedPrecondition.
    """
    pull = _Pull(place, registry, reference, wanted, tracker)
    target, manifest, checked = await pull.resolve()
    chain_id = await pull.content(manifest, checked=checked)
    await bind_chain(place, manifest.config.digest, chain_id)
    put = place.client.images.put(
        str(reference), target, namespace=place.namespace, lease=place.lease
    )
    return await _too_late_to_cancel(asyncio.ensure_future(put))


async def _too_late_to_cancel(last: "asyncio.Future[Image]") -> Image:
    """The last step is whole or not at all: with it all is there, and stays."""
    try:
        return await settled(last)
    except asyncio.CancelledError:
        if last.cancelled() or last.exception() is not None:
            raise
        return last.result()


@dataclass(frozen=True, slots=True)
class _Pull:
    place: Place
    registry: Registry
    reference: Reference
    wanted: Platform
    tracker: Tracker

    @property
    def blobs(self) -> Blobs:
        return Blobs(self.place, self.registry, self.reference)

    async def resolve(self) -> tuple[Descriptor, Manifest, bool]:
        """What the name points at, the manifest for our platform, and is the platform certain?"""
        at, data = await self._root()
        target, checked = None, False
        for _ in range(_DEPTH):
            parsed = manifests.parse(data, at.media_type, str(self.reference))
            at = Descriptor(parsed.media_type, at.digest, len(data))
            target = target or at
            await self.blobs.put(at, data, manifests.child_labels(parsed))
            if isinstance(parsed, Manifest):
                return target, parsed, checked
            at, checked = self._choose(parsed)
            data = await self._manifest(at)
        raise FailedPrecondition(
            "its indexes are nested too deep",
            subject=str(self.reference),
            remedy="The image is broken: it must be built or pushed again.",
        )

    async def content(self, manifest: Manifest, *, checked: bool) -> str:
        """Download the blobs and unpack the layers beside it; returns the chain id."""
        layers, subject = manifest.layers, str(self.reference)
        self.tracker.expect((layer.digest, layer.size) for layer in layers)
        turns = asyncio.Semaphore(AT_ONCE)
        async with _first_error(), asyncio.TaskGroup() as group:
            config = group.create_task(self._config(manifest, turns, checked=checked))
            if not checked:
                await config  # for another platform: nothing else is downloaded
            here = {
                layer.digest: group.create_task(self._layer(layer, turns))
                for layer in dict.fromkeys(layers)
            }
            return await unpack(
                self.place,
                layers,
                manifests.diff_ids(await config, layers, subject),
                subject=subject,
                ready=lambda position: here[layers[position].digest],
                report=self.tracker.layer,
            )
        raise AssertionError("the group has raised")  # for the type checker

    async def _root(self) -> tuple[Descriptor, bytes]:
        """The manifest or index that the reference names; from here, if we have it already."""
        name = self.reference.digest or self.reference.tag
        if self.reference.digest:
            known: Descriptor | None = Descriptor("", name, 0)
        else:
            known = await self.registry.head()
        if known is not None and (data := await self._local(known.digest)) is not None:
            return known, data
        fetched = await self.registry.manifest(name)
        return fetched.at, fetched.data

    async def _manifest(self, at: Descriptor) -> bytes:
        local = await self._local(at.digest)
        return local or (await self.registry.manifest(at.digest, at.media_type)).data

    async def _local(self, digest: str) -> bytes | None:
        content, namespace = self.place.client.content, self.place.namespace
        try:
            return await content.read_all(
                digest, namespace=namespace, limit=manifests.MANIFEST_LIMIT
            )
        except (NotFound, ResourceExhausted):
            return None

    def _choose(self, index: Index) -> tuple[Descriptor, bool]:
        """The entry to follow, and whether it was chosen by its platform."""
        best = platforms.choose(index.entries, self.wanted)
        if best is not None:
            return best, True
        unnamed = [at for platform, at in index.entries if platform is None]
        if len(unnamed) == 1:  # its config tells, or the index below it
            return unnamed[0], False
        offered = [platform for platform, _ in index.entries]
        raise imageinfo.no_platform(str(self.reference), self.wanted, offered)

    async def _config(
        self, manifest: Manifest, turns: asyncio.Semaphore, *, checked: bool
    ) -> dict[str, Any]:
        place, subject = self.place, str(self.reference)
        async with turns:
            await self.blobs.fetch(manifest.config, "config", lambda _: None)
        config = await imageinfo.read_config(
            place.client, manifest, namespace=place.namespace, subject=subject
        )
        platform = manifests.platform_of(config)
        if not checked and platforms.choose([(platform, True)], self.wanted) is None:
            raise imageinfo.no_platform(subject, self.wanted, [platform])
        return config

    async def _layer(self, layer: Descriptor, turns: asyncio.Semaphore) -> None:
        def report(offset: int) -> None:
            self.tracker.layer(layer.digest, "downloading", downloaded=offset)

        async with turns:
            fresh = await self.blobs.fetch(layer, "layer", report)
        self.tracker.layer(layer.digest, "downloaded" if fresh else "exists")


@asynccontextmanager
async def _first_error() -> AsyncIterator[None]:
    """Of several errors at once, the first is what happened; the others followed."""
    try:
        yield
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None
