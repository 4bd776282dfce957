"""One registry server during one pull: its scheme, its login, and requests with both."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from aiocontainerd import manifests
from aiocontainerd.errors import RegistryError
from aiocontainerd.models import NO_LABELS
from aiocontainerd.pull import bodies, challenge
from aiocontainerd.pull.hosts import RegistryHost
from aiocontainerd.pull.http import Http
from aiocontainerd.pull.refusals import BODY_LIMIT, Interrupted, refused
from aiocontainerd.pull.tokens import Authorization, authorize
from aiocontainerd.reference import Reference
from aiocontainerd.safe import safe

if TYPE_CHECKING:
    import aiohttp


class Server:
    """Asks one server about one repository; `silent` once it could not be reached."""

    def __init__(self, http: Http, host: RegistryHost, reference: Reference) -> None:
        self.host = host
        self.silent = False
        self._http = http
        self._reference = reference
        self._base = "" if host.either else host.base
        self._authorization: Authorization | None = None
        self._lock = asyncio.Lock()

    async def send(
        self, method: str, path: str, headers: Mapping[str, str] = NO_LABELS
    ) -> "aiohttp.ClientResponse":
        """One request, with a login if the server asks for one and we have it.

        `path` begins after the repository. The caller releases the answer, whatever it says.
        """
        base = await self._address()
        url = f"{base}/{self._reference.repository}/{path}"
        if self.host.netloc != self._reference.registry:  # a mirror of several must know which
            url += f"?ns={quote(self._reference.host)}"
        for last in (False, True):
            known = self._authorization
            response = await self._http.request(
                self.host, method, url, headers=self._headers(headers, known)
            )
            ours = _same(response, base)
            if response.status != 401 or last or not ours:
                break
            if not await self._log_in(response, known):
                break
            response.release()
        return response

    async def refusal(self, response: "aiohttp.ClientResponse", what: str) -> RegistryError:
        """The error for an answer that is not `what` was asked for; releases it."""
        async with response:
            body = await bodies.read(response, BODY_LIMIT, self._reference)
        return refused(
            response.status,
            body,
            response.headers,
            reference=self._reference,
            host=safe(response.url.authority),
            what=what,
            logged_in=self._authorization is not None and self._authorization.logged_in,
        )

    def _headers(
        self, headers: Mapping[str, str], authorization: Authorization | None
    ) -> dict[str, str]:
        sent = {"Accept": manifests.ACCEPT, **self.host.headers, **headers}
        if authorization is not None:
            sent["Authorization"] = authorization.header
        return sent

    async def _log_in(self, response: "aiohttp.ClientResponse", old: Authorization | None) -> bool:
        """Get a new authorization instead of `old`, once for all blobs that wait for it."""
        async with self._lock:
            if self._authorization is not old:
                return True
            asked = challenge.parse(response.headers.getall("WWW-Authenticate", []))
            found = await authorize(self._http, self.host, self._reference, asked)
            if found is not None:
                self._authorization = found
            return found is not None

    async def _address(self) -> str:
        """The server's base; on this machine, plain HTTP or TLS as it turns out to speak."""
        async with self._lock:
            if not self._base:
                self._base = await self._spoken()
        return self._base

    async def _spoken(self) -> str:
        try:
            if await self._ping(self.host.base) != 400:  # Go's TLS servers say that to plain HTTP
                return self.host.base
        except Interrupted:
            pass
        secure = self.host.base.replace("http://", "https://", 1)
        await self._ping(secure)
        return secure

    async def _ping(self, base: str) -> int:
        response = await self._http.request(self.host, "GET", f"{base}/", headers={})
        response.release()
        return response.status


def _same(response: "aiohttp.ClientResponse", base: str) -> bool:
    """Whether the answer is this server's own, and not that of one it has redirected us to."""
    parts = urlsplit(base)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    answered = response.url
    return (answered.host, answered.port) == (parts.hostname, port)
