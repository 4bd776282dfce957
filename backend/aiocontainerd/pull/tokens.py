"""Logging in: what goes into the Authorization header after a registry has answered 401.

Source: distribution's token authentication specification (GET with basic authentication, POST
for refresh tokens). Secrets live here for one pull, and only in memory.
"""

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from aiocontainerd.errors import RegistryError
from aiocontainerd.pull import bodies
from aiocontainerd.pull.challenge import Challenge
from aiocontainerd.pull.docker_config import Login, login
from aiocontainerd.pull.hosts import RegistryHost
from aiocontainerd.pull.http import Http, is_loopback
from aiocontainerd.pull.reach import leads_inward
from aiocontainerd.pull.refusals import BODY_LIMIT, is_web_page, refused, web_page
from aiocontainerd.reference import Reference
from aiocontainerd.safe import safe

_ANSWER_LIMIT = 1 << 20  # bytes
_TOKEN = re.compile(r"[\x21-\x7e]{1,65536}")
_MOST_SCOPES = 8


@dataclass(frozen=True, slots=True)
class Authorization:
    """The header to send, never shown; `logged_in` tells whether a login stands behind it."""

    header: str = field(repr=False)
    logged_in: bool


async def authorize(
    http: Http, host: RegistryHost, reference: Reference, challenges: Iterable[Challenge]
) -> Authorization | None:
    """Answer a registry's challenges; None when we cannot (no login, or a way we do not know).

    Raises RegistryError when the token server refuses or must not be trusted.
    """
    known = {challenge.scheme: challenge for challenge in challenges}
    if "bearer" not in known and "basic" not in known:
        return None
    found = await login(host.netloc)
    if found is not None and found.registry_token and "bearer" in known:
        return Authorization(f"Bearer {found.registry_token}", logged_in=True)
    if bearer := known.get("bearer"):
        return await _bearer(http, host, reference, bearer, found)
    if found is None or not found.user:
        return None
    return Authorization(_basic(found), logged_in=True)


def narrowed(scope: str, reference: Reference) -> str:
    """What to ask a token for: what the registry wants, but never more than to pull.

    Its names are taken as they are: behind a mirror the repository may have another one.
    """
    wanted = [item.rpartition(":") for item in scope.split()[:_MOST_SCOPES]]
    readable = [
        f"{name}:pull"
        for name, _, actions in wanted
        if name.startswith("repository") and "pull" in actions.split(",")
    ]
    return " ".join(readable) or f"repository:{reference.repository}:pull"


async def _bearer(
    http: Http,
    host: RegistryHost,
    reference: Reference,
    challenge: Challenge,
    found: Login | None,
) -> Authorization:
    realm = challenge.parameters.get("realm", "")
    _check_realm(realm, host, reference, secret=found is not None)
    service = challenge.parameters.get("service", "")
    scope = narrowed(challenge.parameters.get("scope", ""), reference)
    query = {"service": service} if service else {}
    query["scope"] = scope
    form, headers, url = None, {}, realm
    if found is not None and found.refresh_token:
        form = {
            **query,
            "grant_type": "refresh_token",
            "client_id": "ctdeck",
            "refresh_token": found.refresh_token,
        }
    else:
        url = _with_query(realm, query)
        headers = {"Authorization": _basic(found)} if found else {}
    method = "GET" if form is None else "POST"
    server = safe(urlsplit(realm).netloc)
    response = await http.request(host, method, url, headers=headers, form=form)
    async with response:
        limit = _ANSWER_LIMIT if response.status == 200 else BODY_LIMIT
        body = await bodies.read(response, limit, reference)
        if response.status != 200:
            raise refused(
                response.status,
                body,
                response.headers,
                reference=reference,
                host=server,
                what="the token",
                logged_in=found is not None,
            )
    if is_web_page(response.content_type, body):
        raise web_page("a token", reference=reference, host=server)
    return Authorization(f"Bearer {_token(body, server, reference)}", found is not None)


def _check_realm(realm: str, host: RegistryHost, reference: Reference, *, secret: bool) -> None:
    """A registry may send us anywhere for a token, but secrets go only over safe ways.

    Plain HTTP is one on this machine, and where the user has allowed it for this very server.
    """
    try:
        parts = urlsplit(realm)
        _ = parts.port
    except ValueError:  # no address at all
        parts = urlsplit("")
    own = realm.startswith("http://") and host.base.startswith(f"http://{parts.netloc}/")
    plain = parts.scheme == "http" and (not secret or own or is_loopback(parts.netloc))
    # A plain address on this machine, named by a far server, is not ours to call.
    if plain and leads_inward(parts.netloc) and not leads_inward(host.netloc):
        plain = False
    if not parts.hostname or "@" in parts.netloc or not (parts.scheme == "https" or plain):
        shown = safe(f"{parts.scheme}://{parts.hostname or ''}"[:200])
        raise RegistryError(
            f"{host.netloc} sends logins to {shown}, which is not safe",
            subject=str(reference),
            remedy="Nothing was sent there. The registry must name an https:// token server.",
            status=401,
        )


def _with_query(realm: str, query: dict[str, str]) -> str:
    joint = "&" if urlsplit(realm).query else "?"
    return f"{realm}{joint}{urlencode(query)}"


def _token(body: bytes, server: str, reference: Reference) -> str:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    answer = answer if isinstance(answer, dict) else {}
    for value in (answer.get(key) for key in ("token", "access_token")):
        if isinstance(value, str) and _TOKEN.fullmatch(value):
            return value
    raise RegistryError(
        f"{server} gave no token",
        subject=str(reference),
        remedy="Try again later; if it stays so, tell who runs the registry.",
        status=200,
    )


def _basic(found: Login) -> str:
    packed = base64.b64encode(f"{found.user}:{found.password}".encode()).decode()
    return f"Basic {packed}"
