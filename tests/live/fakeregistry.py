"""A small registry that serves images from memory and fails as it is told to.

It records each request. For faults see `faults.py`; for a real registry `registry.py`.
"""

import asyncio
import re
import secrets
import ssl
from collections.abc import Mapping
from typing import Literal

from aiohttp import web

from .faults import Action, Corrupt, Hold, Ranges, Recorded, Redirect, Reply, Rule, Truncate
from .images import Blob, Image
from .processes import POLL
from .push import credentials
from .serving import Served


class FakeRegistry(Served):
    """A scriptable registry, as a context manager; `address` goes into image references.

    `auth` is None, "basic", or "bearer" with this server's own /token. `users` maps names to
    passwords; with `anonymous` the token server also serves those without. `realm` replaces the
    address of the token server in the challenge, `tls` makes it HTTPS.
    """

    def __init__(
        self,
        *,
        auth: Literal["basic", "bearer"] | None = None,
        users: Mapping[str, str] | None = None,
        anonymous: bool = False,
        realm: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(tls)
        self.auth = auth
        self.users = dict(users or {})
        self.anonymous = anonymous
        self.realm = realm
        self.requests: list[Recorded] = []
        self.tokens: set[str] = set()
        self._rules: list[Rule] = []
        self._tags: dict[tuple[str, str], Blob] = {}
        self._blobs: dict[str, Blob] = {}

    def add(self, repository: str, tag: str, image: Image) -> str:
        """Serve `image` and return its full reference."""
        for blob in (*image.contents(), *image.manifests()):
            self._blobs[blob.digest] = blob
        self._tags[repository, tag] = image.root
        return f"{self.address}/{repository}:{tag}"

    def on(self, path: str, action: Action, *, method: str = "", times: int | None = None) -> None:
        """Do `action` for requests whose path holds the regular expression `path`.

        The newest matching rule wins; one with `times` ends after so many requests.
        """
        self._rules.insert(0, Rule(path, action, method, times))

    def clear(self) -> None:
        """Forget all rules and recorded requests; let those go that are held."""
        self._release()
        self._rules.clear()
        self.requests.clear()

    def seen(self, path: str, method: str = "") -> list[Recorded]:
        """Return the recorded requests whose path holds the regular expression `path`."""
        wanted = [r for r in self.requests if re.search(path, r.path)]
        return [r for r in wanted if method in ("", r.method)]

    def stop(self) -> None:
        """Let held clients go and end the server."""
        self._release()
        super().stop()

    def application(self) -> web.Application:
        """Serve the reading half of the distribution API, and tokens."""
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._handle)
        return application

    def _release(self) -> None:
        """Let all held clients go."""
        for rule in self._rules:
            if isinstance(rule.action, Hold):
                rule.action.release()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """Record, then obey a rule, then ask for a login, then serve."""
        body = await request.read()
        query, headers = dict(request.query), request.headers.copy()
        self.requests.append(Recorded(request.method, request.path, query, headers, body))
        action = self._action(request)
        if isinstance(action, Reply):
            return _error(action)
        if isinstance(action, Redirect):
            target = action.base.rstrip("/") + request.path_qs
            return web.Response(status=action.status, headers={"Location": target})
        if isinstance(action, Hold) and action.mute:
            await _held(action)
            action = None
        if request.path == "/token":
            return await self._token(request)
        if not self._allowed(request):
            return self._challenge(request)
        if request.path == "/v2/":
            return web.json_response({})
        return await self._content(request, action)

    def _action(self, request: web.Request) -> Action | None:
        """Return what the newest matching rule says, and count it."""
        for rule in self._rules:
            fits = re.search(rule.path, request.path) and rule.method in ("", request.method)
            if fits and rule.times != 0:
                rule.times = None if rule.times is None else rule.times - 1
                return rule.action
        return None

    def _allowed(self, request: web.Request) -> bool:
        """Tell whether the request carries what `auth` wants."""
        header = request.headers.get("Authorization", "")
        if self.auth == "basic":
            user, password = credentials(header)
            return bool(user) and self.users.get(user) == password
        return self.auth is None or header.removeprefix("Bearer ") in self.tokens

    def _challenge(self, request: web.Request) -> web.Response:
        """Answer 401 with the way to log in."""
        challenge = 'Basic realm="fake"'
        if self.auth == "bearer":
            challenge = f'Bearer realm="{self.realm or self.url + "/token"}",service="fake"'
            if found := re.match(r"/v2/(.+)/(?:manifests|blobs)/", request.path):
                challenge += f',scope="repository:{found[1]}:pull"'
        headers = {"WWW-Authenticate": challenge}
        return _error(Reply(401, "UNAUTHORIZED", "authentication required", headers))

    async def _token(self, request: web.Request) -> web.Response:
        """Give an opaque token, by GET with basic authentication or by POST of a form."""
        user, password = credentials(request.headers.get("Authorization"))
        form = await request.post()
        user, password = str(form.get("username", user)), str(form.get("password", password))
        known = bool(user) and self.users.get(user) == password
        if not known and (user or not self.anonymous):
            return _error(Reply(401, "UNAUTHORIZED", "incorrect username or password"))
        token = secrets.token_hex(8)
        self.tokens.add(token)
        return web.json_response({"token": token, "access_token": token, "expires_in": 300})

    async def _content(self, request: web.Request, action: Action | None) -> web.StreamResponse:
        """Serve a manifest by tag or digest, or a blob by digest."""
        found = re.fullmatch(r"/v2/(.+)/(manifests|blobs)/([^/]+)", request.path)
        repository, kind, name = found.groups() if found else ("", "manifests", request.path)
        blob = self._blobs.get(name) or self._tags.get((repository, name))
        if blob is None:
            code = "MANIFEST_UNKNOWN" if kind == "manifests" else "BLOB_UNKNOWN"
            return _error(Reply(404, code, f"{kind} unknown: {name}"))
        return await _send(request, blob, action)


def _error(reply: Reply) -> web.Response:
    """Return the error answer that the distribution specification describes."""
    if reply.body is not None:
        return web.Response(status=reply.status, body=reply.body, headers=reply.headers)
    details = {"errors": [{"code": reply.code, "message": reply.message}]}
    return web.json_response(details, status=reply.status, headers=reply.headers)


async def _send(request: web.Request, blob: Blob, action: Action | None) -> web.StreamResponse:
    """Send a blob, from the Range's start on, with the fault that the rule asks for."""
    data, start = blob.data, 0
    headers = {"Docker-Content-Digest": blob.digest, "Accept-Ranges": "bytes"}
    if found := re.match(r"bytes=(\d+)-", request.headers.get("Range", "")):
        start = int(found[1])
        headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
    status = 206 if start else 200
    if isinstance(action, Ranges) and start:
        if action.way == "refused":
            return web.Response(status=416)
        status, start, headers["Content-Range"] = _odd_range(action, start, len(data))
        if action.way == "wrong":
            data = data[:start] + data[: len(data) - start]
        headers = {name: value for name, value in headers.items() if value}
    if isinstance(action, Corrupt):
        data = data[:-1] + bytes([data[-1] ^ 1])
    answer = web.StreamResponse(status=status, headers=headers)
    answer.content_type, answer.content_length = blob.media_type, len(data) - start
    await answer.prepare(request)
    if request.method == "HEAD":
        return answer
    if isinstance(action, Truncate | Hold):
        await answer.write(data[start : start + action.after])
        if isinstance(action, Truncate):
            if request.transport is not None:
                request.transport.close()
            return answer
        await _held(action)
        start += action.after
    await answer.write(data[start:])
    return answer


async def _held(action: Hold) -> None:
    """Wait until another thread lets us go on."""
    action.reached.set()
    while not action.released.is_set():
        await asyncio.sleep(POLL)


def _odd_range(action: Ranges, start: int, size: int) -> tuple[int, int, str]:
    """Status, first byte and Content-Range of an answer to a request for the bytes from `start`."""
    first = {"whole": 0, "zero": 0, "other": start + 1}.get(action.way, start)
    said = "" if action.way in ("whole", "silent") else f"bytes {first}-{size - 1}/{size}"
    return 200 if action.way == "whole" else 206, first, said
