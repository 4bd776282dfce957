"""Requests to one registry server: TLS, proxies, redirects. No login is known here.

Redirects are followed by hand, because what a registry may see must not reach the servers that
it sends us to (CVE-2020-15157): across hosts only the request's bare needs go along.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin, urlsplit

from aiocontainerd.errors import FailedPrecondition, RegistryError
from aiocontainerd.pull.hosts import RegistryHost
from aiocontainerd.pull.refusals import unreachable
from aiocontainerd.reference import Reference
from aiocontainerd.safe import safe

if TYPE_CHECKING:
    import ssl

    import aiohttp

CHUNK = 512 << 10  # bytes; the best for Content.Write, see LIMITS.md
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 6
_CONNECT_SECONDS = 15.0
_SILENCE_SECONDS = 30.0
HEAD_SECONDS = 60.0  # until the answer's head is whole: drops of it are no silence
_BARE = frozenset({"accept", "accept-encoding", "range", "user-agent"})


class Http:
    """One session for one pull of `reference`, as a context manager."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._session: aiohttp.ClientSession | None = None
        self._contexts: dict[RegistryHost, ssl.SSLContext] = {}

    async def __aenter__(self) -> Self:
        import aiohttp  # 150 ms: not before the first pull

        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            headers={"User-Agent": "ctdeck", "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENCE_SECONDS
            ),
            read_bufsize=2 * CHUNK,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def request(
        self,
        host: RegistryHost,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None = None,
    ) -> "aiohttp.ClientResponse":
        """Send one request to this address and follow its redirects; the caller releases it.

        `form` makes it a POST of secrets, which is never redirected. Raises RegistryError
        (Interrupted when trying again may help) without an answer.
        """
        sent = dict(headers)
        for _ in range(_MOST_REDIRECTS):
            response = await self._once(host, method, url, sent, form)
            if form is not None or response.status not in _REDIRECTS:
                return response
            response.release()
            target = self._target(url, response.headers.get("Location", ""))
            if urlsplit(target).netloc != urlsplit(url).netloc:
                sent = {name: value for name, value in sent.items() if name.lower() in _BARE}
            url = target
        raise RegistryError(
            f"{host.netloc} redirects without end",
            subject=str(self._reference),
            remedy="The registry, or a proxy before it, is set up wrongly.",
            status=310,
        )

    async def _once(
        self,
        host: RegistryHost,
        method: str,
        url: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None,
    ) -> "aiohttp.ClientResponse":
        import aiohttp
        from yarl import URL

        assert self._session is not None, "the session is not open"
        netloc = urlsplit(url).netloc
        try:
            tls = await self._tls(host, netloc) if url.startswith("https:") else True
            async with asyncio.timeout(HEAD_SECONDS):
                return await self._session.request(
                    method,
                    URL(url, encoded=True),  # as it is: a signed address must not be quoted anew
                    headers=headers,
                    data=form,
                    allow_redirects=False,
                    proxy=_proxy(url),
                    ssl=tls,
                )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise unreachable(error, reference=self._reference, host=safe(netloc)) from error

    def _target(self, url: str, location: str) -> str:
        """Where a redirect leads. Raises RegistryError when that is no address, or not safe."""
        try:
            target = urljoin(url, location)
            self._check_redirect(url, target)
        except ValueError as error:  # urllib's word for an address that is none
            raise self._unsafe(url, "something that is no address") from error
        return target

    def _check_redirect(self, url: str, target: str) -> None:
        """HTTPS never becomes HTTP, and plain HTTP never leads from afar to this machine."""
        parts, here = urlsplit(target), urlsplit(url)
        allowed = ("https",) if here.scheme == "https" else ("http", "https")
        _ = parts.port  # raises ValueError for one that is none
        inward = leads_inward(parts.netloc) and not leads_inward(here.netloc)
        named = parts.hostname and "@" not in parts.netloc
        if parts.scheme not in allowed or not named or (inward and parts.scheme == "http"):
            raise self._unsafe(url, f"{parts.scheme}://{parts.hostname or ''}")

    def _unsafe(self, url: str, target: str) -> RegistryError:
        host = safe(urlsplit(url).netloc)
        return RegistryError(
            f"{host} redirects to {safe(target[:200])}, which is not safe to follow",
            subject=str(self._reference),
            remedy="Nothing was sent there. The registry, or a proxy before it, is at fault.",
            status=307,
        )

    async def _tls(self, host: RegistryHost, netloc: str) -> "ssl.SSLContext":
        """The settings of this host; servers that it redirects to get the system's."""
        if netloc != host.netloc:
            host = RegistryHost(f"https://{netloc}")
        if host not in self._contexts:
            self._contexts[host] = await asyncio.to_thread(_context, host)
        return self._contexts[host]


def _context(host: RegistryHost) -> "ssl.SSLContext":
    import ssl

    context = ssl.create_default_context()
    if host.skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        for file in host.ca:
            context.load_verify_locations(cafile=file)
        for certificate, key in host.client:
            context.load_cert_chain(certificate, key)
    except OSError as error:  # ssl.SSLError is one
        raise FailedPrecondition(
            f"cannot read its certificates: {safe(error.strerror or 'not in PEM form')}",
            subject=host.netloc,
            remedy="Mend the paths in hosts.toml, or the files.",
        ) from error
    return context


def _proxy(url: str) -> str | None:
    """The proxy that the environment names, as Go programs take it: none for this machine."""
    from urllib import request  # 12 ms: not before the first pull

    parts = urlsplit(url)
    proxies = request.getproxies_environment()
    proxy = proxies.get(parts.scheme, proxies.get("all"))
    if not proxy or is_loopback(parts.netloc):
        return None
    if request.proxy_bypass_environment(parts.netloc, proxies):  # type: ignore[attr-defined]
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def is_loopback(netloc: str) -> bool:
    """Whether a host (with its port) is this machine."""
    return Reference(netloc, "").is_loopback


def leads_inward(netloc: str) -> bool:
    """Whether this names our machine or its own link, in whichever way; names are not looked up."""
    host = (urlsplit(f"//{netloc}").hostname or "").rstrip(".")
    if host == "localhost" or host.endswith((".localhost", "-localhost", "-loopback")):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            address = ipaddress.ip_address(socket.inet_aton(host))  # 127.1, 2130706433, 0x7f.1
        except (OSError, ValueError):
            return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified or address.is_link_local
