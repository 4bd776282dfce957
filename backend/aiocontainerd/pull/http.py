"""Requests to one registry server: TLS, proxies, redirects. No login is known here.

Redirects are followed by hand, because what a registry may see must not reach the servers that
it sends us to (CVE-2020-15157): across hosts only the request's bare needs go along.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin, urlsplit

from aiocontainerd.errors import FailedPrecondition, RegistryError
from aiocontainerd.pull.hosts import RegistryHost
from aiocontainerd.pull.reach import Bounds, LedInwardError, leads_inward
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
    """The connections of one pull of `reference`, as a context manager.

    `asks` is told which server is asked, and "" when it has answered.
    """

    def __init__(self, reference: Reference, asks: Callable[[str], None] = lambda _: None) -> None:
        self._asks = asks
        self._reference = reference
        self._bounds: dict[str, Bounds] = {}
        self._sessions: dict[tuple[str, bool], aiohttp.ClientSession] = {}
        self._contexts: dict[RegistryHost, ssl.SSLContext] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for session in self._sessions.values():
            await session.close()

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

        `host` is the server of the user's on whose word we go there: what it leads us to is no
        further inside than it is itself. `form` makes it a POST of secrets, which is never
        redirected. Raises RegistryError (Interrupted when trying again may help) without an answer.
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
            f"{safe(urlsplit(url).netloc)} redirects without end",
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

        netloc, proxy = urlsplit(url).netloc, _proxy(url)
        try:
            self._bounds_of(host).check(netloc)
            session = self._session(host, proxied=proxy is not None)
            tls = await self._tls(host, netloc) if url.startswith("https:") else True
            self._asks(safe(netloc))
            async with asyncio.timeout(HEAD_SECONDS):
                response = await session.request(
                    method,
                    URL(url, encoded=True),  # as it is: a signed address must not be quoted anew
                    headers=headers,
                    data=form,
                    allow_redirects=False,
                    proxy=proxy,
                    ssl=tls,
                )
            self._asks("")
            return response
        except LedInwardError as error:
            raise self._led_inward(host, netloc, error.address) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise unreachable(error, reference=self._reference, host=safe(netloc)) from error

    def _bounds_of(self, host: RegistryHost) -> Bounds:
        name = urlsplit(host.base).hostname or ""
        return self._bounds.setdefault(name, Bounds(name))

    def _session(self, host: RegistryHost, *, proxied: bool) -> "aiohttp.ClientSession":
        """One for each server of the user's: its resolver knows who leads us. None behind a proxy.

        The proxy looks up the names itself, and its own is the user's choice.
        """
        import aiohttp  # 150 ms: not before the first pull

        from aiocontainerd.pull.resolver import BoundedResolver

        key = host.netloc, proxied
        if key not in self._sessions:
            resolver = None if proxied else BoundedResolver(self._bounds_of(host))
            self._sessions[key] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver),
                auto_decompress=False,
                headers={"User-Agent": "ctdeck", "Accept-Encoding": "identity"},
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENCE_SECONDS
                ),
                read_bufsize=2 * CHUNK,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._sessions[key]

    def _target(self, url: str, location: str) -> str:
        """Where a redirect leads. Raises RegistryError when that is no address, or not safe."""
        try:
            target = urljoin(url, location)
            self._check_redirect(url, target)
        except ValueError as error:  # urllib's word for an address that is none
            raise self._redirects(url, "something that is no address") from error
        return target

    def _check_redirect(self, url: str, target: str) -> None:
        """HTTPS never becomes HTTP, and plain HTTP never leads from afar to this machine."""
        parts, here = urlsplit(target), urlsplit(url)
        allowed = ("https",) if here.scheme == "https" else ("http", "https")
        _ = parts.port  # raises ValueError for one that is none
        inward = leads_inward(parts.netloc) and not leads_inward(here.netloc)
        named = parts.hostname and "@" not in parts.netloc
        if parts.scheme not in allowed or not named or (inward and parts.scheme == "http"):
            raise self._redirects(url, f"{parts.scheme}://{parts.hostname or ''}")

    def _led_inward(self, host: RegistryHost, netloc: str, address: str) -> RegistryError:
        at = "" if address in netloc else f" ({address})"
        said = f"leads to {safe(netloc + at)}, which is further inside than itself:"
        return self._unsafe(host.netloc, said)

    def _redirects(self, url: str, target: str) -> RegistryError:
        said = f"redirects to {safe(target[:200])}, which is"
        return self._unsafe(urlsplit(url).netloc, said)

    def _unsafe(self, netloc: str, does: str) -> RegistryError:
        return RegistryError(
            f"{safe(netloc)} {does} not safe to follow",
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
