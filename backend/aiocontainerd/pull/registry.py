"""Manifests and blobs of one repository, from the first of its servers that gives them."""

import hashlib
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from aiocontainerd import manifests
from aiocontainerd.errors import RegistryError
from aiocontainerd.models import NO_LABELS, Descriptor
from aiocontainerd.pull import bodies
from aiocontainerd.pull.hosts import RegistryHost
from aiocontainerd.pull.http import Http
from aiocontainerd.pull.patience import Note, Patience
from aiocontainerd.pull.refusals import Unanswered, Unreachable, is_web_page, web_page
from aiocontainerd.pull.server import Server
from aiocontainerd.reference import Reference
from aiocontainerd.safe import safe

if TYPE_CHECKING:
    import aiohttp


@dataclass(frozen=True, slots=True)
class Fetched:
    """A manifest's bytes, already checked against the digest in `at`."""

    at: Descriptor
    data: bytes


class Registry:
    """The servers of a reference's repository, as a context manager; one for each pull.

    `note` is told what is waited for when a registry wants to be left alone for a while, `asks`
    which server is asked, and "" when it has answered.
    """

    def __init__(
        self,
        reference: Reference,
        hosts: Iterable[RegistryHost],
        note: Note = lambda _: None,
        asks: Note = lambda _: None,
    ) -> None:
        self.patience = Patience(note)
        self._reference = reference
        self._http = Http(reference, asks)
        self._servers = tuple(Server(self._http, host, reference) for host in hosts)

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *how: object) -> None:
        await self._http.__aexit__(*how)

    async def head(self) -> Descriptor | None:
        """What the reference's tag points at, None if the registry does not tell by HEAD.

        Saves the manifest itself, which registries count, when its content is already here.
        """
        for server in self._able("resolve"):
            try:
                response = await server.send("HEAD", f"manifests/{self._reference.tag}")
            except RegistryError as error:
                gone = isinstance(error, Unreachable | Unanswered)
                if gone and len(self._servers) == 1:
                    raise
                return None  # the GET that follows says why, or asks the others
            response.release()
            digest = response.headers.get("Docker-Content-Digest", "")
            if response.status == 200 and manifests.DIGEST.fullmatch(digest):
                return Descriptor(_media_type(response), digest, response.content_length or 0)
            if response.status != 404:
                return None
        return None

    async def manifest(self, name: str, media_type: str = "") -> Fetched:
        """The manifest or index with this tag or digest; `media_type` is what its index says.

        Raises RegistryError.
        """
        return await self.patience.insist(lambda: self._manifest(name, media_type))

    async def _manifest(self, name: str, media_type: str) -> Fetched:
        capability = "pull" if ":" in name else "resolve"
        what = f"the manifest {name}"
        response = await self._open(capability, f"manifests/{name}", what)
        async with response:
            data = await bodies.read(response, manifests.MANIFEST_LIMIT + 1, self._reference)
        authority = safe(response.url.authority)
        if is_web_page(_media_type(response), data):
            raise web_page(what, reference=self._reference, host=authority)
        packed = response.headers.get("Content-Encoding", "identity").strip().lower()
        if packed not in ("identity", ""):
            raise self._wrong(f"{authority} sent {what} packed ({safe(packed[:20])}), unasked")
        if len(data) > manifests.MANIFEST_LIMIT:
            raise self._wrong(f"{what} is larger than {manifests.MANIFEST_LIMIT >> 20} MiB")
        said = name if ":" in name else response.headers.get("Docker-Content-Digest", "")
        algorithm = said.partition(":")[0] if manifests.DIGEST.fullmatch(said) else "sha256"
        digest = f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"
        if ":" in said and digest != said:
            raise self._wrong(f"{authority} sent something else than {said}")
        return Fetched(Descriptor(media_type or _media_type(response), digest, len(data)), data)

    @asynccontextmanager
    async def blob(
        self, digest: str, offset: int
    ) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
        """The blob from `offset` on: (where it really starts, chunks of up to 512 KiB).

        It starts at 0 where the server cannot go on in the middle. Raises RegistryError,
        Interrupted when it breaks off.
        """
        response = await self._blob(digest, offset)
        try:
            if is_web_page(_media_type(response), b""):
                host = safe(response.url.authority)
                raise web_page(digest, reference=self._reference, host=host)
            start = _start(response)
            yield start, bodies.chunks(response, self._reference)
        finally:
            response.release()  # closes the connection if there is more to come

    async def _blob(self, digest: str, offset: int) -> "aiohttp.ClientResponse":
        """An answer that begins at `offset`, else one that begins at 0."""
        path = f"blobs/{digest}"
        if offset:
            try:
                response = await self._open("pull", path, digest, {"Range": f"bytes={offset}-"})
            except RegistryError as error:
                if error.status != 416:  # range not satisfiable
                    raise
            else:
                if _start(response) in (0, offset):
                    return response
                response.release()  # another part than was asked for, or it does not say which
        response = await self._open("pull", path, digest)
        if _start(response) != 0:
            response.release()
            host = safe(response.url.authority)
            raise self._wrong(f"{host} sent another part of {digest} than asked for")
        return response

    async def _open(
        self, capability: str, path: str, what: str, headers: Mapping[str, str] = NO_LABELS
    ) -> "aiohttp.ClientResponse":
        """A good answer, from the first server that gives one; the caller releases it."""
        errors: list[RegistryError] = []
        for server in self._able(capability):
            try:
                response = await server.send("GET", path, headers)
                if response.status in (200, 206):
                    return response
                errors.append(await server.refusal(response, what))
            except RegistryError as error:
                errors.append(error)
                server.silent = error.status == 0
        raise _worst(errors) if errors else self._wrong(f"no server is set up to {capability}")

    def _able(self, capability: str) -> list[Server]:
        """The servers for this, without those that did not answer before (if others are left)."""
        able = [server for server in self._servers if capability in server.host.capabilities]
        return [server for server in able if not server.silent] or able

    def _wrong(self, what: str) -> RegistryError:
        return RegistryError(
            what,
            subject=str(self._reference),
            remedy="Nothing was kept. The registry, or a proxy before it, is at fault.",
            status=200,
        )


def _media_type(response: "aiohttp.ClientResponse") -> str:
    return safe(response.headers.get("Content-Type", "").partition(";")[0].strip())


def _start(response: "aiohttp.ClientResponse") -> int:
    """Which byte of the blob the answer begins with; -1 when it is a part and does not say."""
    if response.status != 206:
        return 0
    found = re.match(r"bytes (\d{1,18})-", response.headers.get("Content-Range", ""))
    return int(found[1]) if found else -1


def _worst(errors: list[RegistryError]) -> RegistryError:
    """The last server is the registry itself: its error counts, the mirrors' are told too."""
    last = errors[-1]
    if len(errors) > 1:
        last.what += f" (and before it: {'; '.join(error.what for error in errors[:-1])})"
        last.args = (last.what,)
    return last
