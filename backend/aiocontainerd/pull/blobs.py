"""Blobs into the content store: resumed where they broke off, bound by labels, never unchecked.

The daemon computes the digest; a blob whose digest is not the one that its manifest names never
becomes content. Source: containerd's `core/remotes/docker` and `core/content` helpers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from aiocontainerd.errors import (
    AlreadyExists,
    FailedPrecondition,
    NotFound,
    RegistryError,
    Unavailable,
)
from aiocontainerd.models import NO_LABELS, Descriptor
from aiocontainerd.pull.place import Place
from aiocontainerd.pull.refusals import Interrupted, Throttled
from aiocontainerd.pull.registry import Registry
from aiocontainerd.reference import Reference
from aiocontainerd.services.content import Content
from aiocontainerd.services.writer import Writer

_SOURCE = "containerd.io/distribution.source."
_LABEL_LIMIT = 4096  # bytes of key and value, the daemon's
_MOST_TRIES = 64
_WORTH = 64 << 10  # bytes that a try must bring to have been worth it: drops would never end
_LOCKED_SECONDS = 0.1

Report = Callable[[int], None]
Fill = Callable[[Writer, int], Awaitable[bool]]  # was any of it a resumed part?


class _DamagedError(Exception):
    """The bytes do not have the digest; `resumed` if some were there before."""

    def __init__(self, resumed: bool) -> None:
        self.resumed = resumed


@dataclass(frozen=True, slots=True)
class Blobs:
    """Writes the blobs of one reference to one place."""

    place: Place
    registry: Registry
    reference: Reference

    async def put(self, at: Descriptor, data: bytes, labels: Mapping[str, str]) -> None:
        """Make `data`, whose digest is `at.digest`, content with these labels."""

        async def fill(writer: Writer, _: int) -> bool:
            await writer.write(data, 0)
            return False

        await self._write(f"manifest-{at.digest}", at, labels, fill)

    async def fetch(self, at: Descriptor, kind: str, report: Report) -> bool:
        """Get a blob (`kind` is config or layer); `report` hears how many bytes are here.

        Returns False when nothing had to be downloaded. Raises RegistryError.
        """

        async def fill(writer: Writer, offset: int) -> bool:
            return await self._download(writer, at, offset, report)

        ref = f"{kind}-{at.digest}"
        try:
            return await self._write(ref, at, NO_LABELS, fill)
        except _DamagedError as damage:
            await self._abort(ref)
            if not damage.resumed:
                raise self._damaged(at) from None
        try:  # what was there before may have been the bad part
            return await self._write(ref, at, NO_LABELS, fill)
        except _DamagedError:
            await self._abort(ref)
            raise self._damaged(at) from None

    async def _write(self, ref: str, at: Descriptor, labels: Mapping[str, str], fill: Fill) -> bool:
        """Bring one ingest to its end, or wait for another's; False when the blob was here."""
        content, namespace, lease = self._content, self.place.namespace, self.place.lease
        while True:
            try:
                async with content.writer(ref, namespace=namespace, lease=lease) as writer:
                    offset = await writer.status(at.size, at.digest)
                    resumed = offset > 0
                    if offset != at.size:  # equal: another namespace has it already
                        resumed |= await fill(writer, offset if offset < at.size else 0)
                    await self._commit(writer, at, labels, resumed=resumed)
                    return True
            except AlreadyExists:
                await self._label(at.digest, labels)
                return False
            except Unavailable as error:
                if "locked" not in error.what:
                    raise
            await asyncio.sleep(_LOCKED_SECONDS)  # another pull writes it just now

    async def _commit(
        self, writer: Writer, at: Descriptor, labels: Mapping[str, str], *, resumed: bool
    ) -> None:
        try:
            await writer.commit(at.size, at.digest, {**self._source(""), **labels})
        except FailedPrecondition as error:
            raise _DamagedError(resumed) from error

    async def _download(self, writer: Writer, at: Descriptor, offset: int, report: Report) -> bool:
        """Append the rest of the blob, going on where it broke off while that brings more.

        Returns whether any of it went on in the middle.
        """
        report(offset)
        furthest, fruitless, tries, resumed = offset, 0, 0, False
        while offset < at.size:
            try:
                async with self.registry.blob(at.digest, offset) as (start, chunks):
                    offset, resumed = start, resumed or start > 0
                    async for chunk in chunks:
                        if offset + len(chunk) > at.size:
                            raise _DamagedError(resumed)
                        offset = await writer.write(chunk, offset)
                        report(offset)
                if offset < at.size:
                    raise self._short(at)
            except (Interrupted, Throttled) as error:
                if offset - furthest >= _WORTH:
                    furthest, fruitless = offset, 0
                tries += 1
                if tries >= _MOST_TRIES:
                    raise
                fruitless = await self.registry.patience.before_another(error, fruitless)
        return resumed

    async def _label(self, digest: str, labels: Mapping[str, str]) -> None:
        """Give a blob that was here already what it lacks."""
        namespace = self.place.namespace
        has = (await self._content.info(digest, namespace=namespace)).labels
        wanted = {**self._source(has.get(self._source_key, "")), **labels}
        missing = {key: value for key, value in wanted.items() if has.get(key) != value}
        if missing:
            await self._content.update_labels(
                digest, missing, namespace=namespace, lease=self.place.lease
            )

    async def _abort(self, ref: str) -> None:
        with suppress(NotFound):
            await self._content.abort(ref, namespace=self.place.namespace, lease=self.place.lease)

    def _source(self, known: str) -> dict[str, str]:
        """The label by which containerd finds a blob's other repositories of the same host."""
        names = sorted({*filter(None, known.split(",")), self.reference.repository})
        value = ",".join(names)
        fits = len(self._source_key) + len(value) <= _LABEL_LIMIT
        return {self._source_key: value} if fits else {}

    @property
    def _source_key(self) -> str:
        host, _, port = self.reference.host.rpartition(":")
        return _SOURCE + (host if host and port.isdigit() else self.reference.host)

    @property
    def _content(self) -> Content:
        return self.place.client.content

    def _damaged(self, at: Descriptor) -> RegistryError:
        return RegistryError(
            f"what the registry sent is not {at.digest}",
            subject=str(self.reference),
            remedy="Nothing of it was kept. The registry, or a proxy before it, damages the data.",
            status=200,
        )

    def _short(self, at: Descriptor) -> Interrupted:
        return Interrupted(
            f"the registry sent less of {at.digest} than it has",
            subject=str(self.reference),
            remedy="Nothing of it was kept. Try again.",
            status=200,
        )
