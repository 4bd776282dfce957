"""Pushing images into a registry through its HTTP API, without any other tool."""

import base64
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

from .images import Image


def basic(user: str, password: str) -> dict[str, str]:
    """Return the header of HTTP basic authentication."""
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


def credentials(header: str | None) -> tuple[str, str]:
    """Return user and password of a basic authentication header; empty if there is none."""
    kind, _, token = (header or "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    user, _, password = base64.b64decode(token).decode().partition(":")
    return user, password


@dataclass(frozen=True)
class Pusher:
    """A registry to push to: its base address, headers for each request, and TLS settings."""

    base: str
    headers: Mapping[str, str] = field(default_factory=dict)
    context: ssl.SSLContext | None = None

    def push(self, repository: str, tag: str, image: Image) -> str:
        """Upload `image` under `repository` and `tag` and return its digest.

        Raises urllib.error.HTTPError with the registry's answer.
        """
        root = f"{self.base}/v2/{repository}"
        for blob in {b.digest: b for b in image.contents()}.values():
            if not self._has(f"{root}/blobs/{blob.digest}"):
                place = self._call("POST", f"{root}/blobs/uploads/", b"")
                mark = "&" if "?" in place else "?"
                self._call("PUT", f"{place}{mark}digest={blob.digest}", blob.data)
        for manifest in image.manifests():
            name = tag if manifest is image.root else manifest.digest
            self._call("PUT", f"{root}/manifests/{name}", manifest.data, manifest.media_type)
        return image.digest

    def _has(self, url: str) -> bool:
        """Tell whether the registry holds this blob already."""
        try:
            self._call("HEAD", url)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 404:
                raise
            return False
        return True

    def _call(
        self, method: str, url: str, body: bytes | None = None, kind: str = "application/x-blob"
    ) -> str:
        """Make one request and return the address in its Location header, if it has one."""
        headers = {"Content-Type": kind, **self.headers}
        request = urllib.request.Request(url, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=60, context=self.context) as answer:
            return urljoin(url, str(answer.headers.get("Location", "")))
