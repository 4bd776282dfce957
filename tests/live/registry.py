"""Debian's docker-registry on a free loopback port, with storage of its own."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import folders
from .certs import Authority
from .images import Image
from .processes import Startable, end, spawn, wait_for
from .push import Pusher, basic
from .tokens import ISSUER, SERVICE, TokenServer

SALT = "$2b$05$ctdeckctdeckctdeckctde"  # bcrypt, the only kind that docker-registry takes


class Registry(Startable):
    """A real registry, as a context manager.

    `users` turns basic authentication on, `tokens` (a running TokenServer) bearer tokens, and
    `tls` makes it speak HTTPS with that certificate. `address` is "127.0.0.1:<port>".
    """

    def __init__(
        self,
        *,
        users: Mapping[str, str] | None = None,
        tokens: TokenServer | None = None,
        tls: Authority | None = None,
    ) -> None:
        self.users = dict(users or {})
        self.tokens = tokens
        self.tls = tls
        self.folder = folders.new_folder()
        self.log = self.folder / "registry.log"
        self.address = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The base address, without a slash at the end."""
        return f"{'https' if self.tls else 'http'}://{self.address}"

    def start(self) -> None:
        """Start the registry and return when it listens."""
        config = self.folder / "config.json"  # JSON is YAML too
        config.write_text(json.dumps(self._config()))
        self._process = spawn(["docker-registry", "serve", str(config)], self.log)
        self.address = wait_for(self._listening, "docker-registry listens")

    def stop(self) -> None:
        """End the registry and remove its storage."""
        if self._process is not None:
            end(self._process)
        if self.folder.exists():
            folders.remove(self.folder)

    def push(self, repository: str, tag: str, image: Image) -> str:
        """Push as the first user, or with a token of our own, and return the full reference."""
        headers: dict[str, str] = {}
        if self.tokens:
            token = self.tokens.token([f"repository:{repository}:pull,push"])
            headers = {"Authorization": f"Bearer {token}"}
        elif self.users:
            headers = basic(*next(iter(self.users.items())))
        context = self.tls.client() if self.tls else None
        Pusher(self.url, headers, context).push(repository, tag, image)
        return f"{self.address}/{repository}:{tag}"

    def _listening(self) -> str:
        """Return the address in the registry's log, once it is there."""
        assert self._process is not None
        text = self.log.read_text()
        if self._process.poll() is not None:
            raise AssertionError(f"docker-registry ended: {text[-2000:]}")
        found = re.search(r"listening on (127\.0\.0\.1:\d+)", text)
        return found[1] if found else ""

    def _config(self) -> dict[str, Any]:
        """Return the registry's configuration."""
        http: dict[str, Any] = {"addr": "127.0.0.1:0", "secret": "not one"}
        if self.tls:
            http["tls"] = {"certificate": str(self.tls.certificate), "key": str(self.tls.key)}
        config: dict[str, Any] = {
            "version": "0.1",
            "log": {"level": "info", "accesslog": {"disabled": True}},
            "storage": {
                "filesystem": {"rootdirectory": str(self.folder / "storage")},
                "delete": {"enabled": True},
            },
            "http": http,
        }
        if self.tokens:
            config["auth"] = {"token": _token_settings(self.tokens)}
        elif self.users:
            config["auth"] = {"htpasswd": {"realm": "ctdeck", "path": str(self._htpasswd())}}
        return config

    def _htpasswd(self) -> Path:
        """Write the users' file; perl's crypt knows bcrypt, Python's standard library does not."""
        path = self.folder / "htpasswd"
        lines = []
        for user, password in self.users.items():
            command = ["perl", "-e", "print crypt(<STDIN>, $ARGV[0])", SALT]
            hashed = subprocess.run(command, input=password, capture_output=True, text=True)
            lines.append(f"{user}:{hashed.stdout}\n")
        path.write_text("".join(lines))
        return path


def _token_settings(tokens: TokenServer) -> dict[str, str]:
    """Return what the registry must know of its token server."""
    return {
        "realm": tokens.realm,
        "service": SERVICE,
        "issuer": ISSUER,
        "rootcertbundle": str(tokens.authority.certificate),
    }
