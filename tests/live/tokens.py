"""A token server as `docker-registry` wants it: signed JWTs, for users or for anyone."""

import base64
import json
import secrets
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from .certs import Authority
from .push import credentials
from .serving import Served

SERVICE, ISSUER = "ctdeck-registry", "ctdeck-tokens"


def encode(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class TokenServer(Served):
    """Gives tokens at `realm`; with users only to them, with none to anyone.

    Users may pull and push; anyone may pull when `anonymous` is set, and do all without users.
    """

    def __init__(
        self,
        authority: Authority,
        users: Mapping[str, str] | None = None,
        *,
        anonymous: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(tls)
        self.authority = authority
        self.users = dict(users or {})
        self.anonymous = anonymous

    @property
    def realm(self) -> str:
        """The address that a registry names in its challenge."""
        return f"{self.url}/token"

    def application(self) -> web.Application:
        """Serve the two forms of the token protocol at one address."""
        application = web.Application()
        application.router.add_get("/token", self._get)
        application.router.add_post("/token", self._post)
        return application

    def token(self, scopes: Sequence[str], user: str = "", *, push: bool = True) -> str:
        """Return a JWT for scopes such as "repository:a/b:pull,push"."""
        access = []
        for scope in scopes:
            kind, _, rest = scope.partition(":")
            name, _, actions = rest.rpartition(":")
            granted = [a for a in actions.split(",") if push or a == "pull"]
            access.append({"type": kind, "name": name, "actions": granted})
        now = int(time.time())
        times = {"iat": now, "nbf": now - 10, "exp": now + 300}
        identity = {"iss": ISSUER, "sub": user, "aud": SERVICE, "jti": secrets.token_hex(8)}
        return self._jwt({**identity, **times, "access": access})

    def _jwt(self, claims: Mapping[str, Any]) -> str:
        """Sign claims; the certificate travels in the header, where the registry looks for it."""
        chain = ssl.PEM_cert_to_DER_cert(self.authority.certificate.read_text())
        header = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(chain).decode()]}
        text = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
        return f"{text}.{encode(self.authority.sign(text.encode()))}"

    async def _get(self, request: web.Request) -> web.Response:
        user, password = credentials(request.headers.get("Authorization"))
        return self._answer(request.query.getall("scope", []), user, password)

    async def _post(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        scopes = form.get("scope", "").split()
        return self._answer(scopes, form.get("username", ""), form.get("password", ""))

    def _answer(self, scopes: Sequence[str], user: str, password: str) -> web.Response:
        known = bool(user) and self.users.get(user) == password
        if not known and (user or (self.users and not self.anonymous)):
            details = {"errors": [{"code": "UNAUTHORIZED", "message": "wrong user or password"}]}
            return web.json_response(details, status=401)
        token = self.token(scopes, user, push=known or not self.users)
        return web.json_response({"token": token, "access_token": token, "expires_in": 300})
