"""Image references: what people write, and the one full name that containerd keeps.

The grammar is that of the distribution project (`distribution/reference`), which Docker,
nerdctl and containerd's CRI share: `[HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST]`.
"""

import ipaddress
import re
from dataclasses import dataclass

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.safe import safe

DEFAULT_HOST = "docker.io"
DEFAULT_TAG = "latest"
NAME_MAX = 255
TAG_MAX = 128
DIGEST_HEX = {"sha256": 64, "sha384": 96, "sha512": 128}

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[A-Fa-f0-9:]+\])(?::([0-9]{{1,5}}))?")
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*")
_TAG = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_.-]{{0,{TAG_MAX - 1}}}")
_HEX = re.compile(r"[0-9a-f]+")
_IMAGE_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
_EXAMPLE = "Write it like nginx:1.27 or ghcr.io/owner/name:tag."


@dataclass(frozen=True, slots=True)
class Reference:
    """One image, fully named. `host` has its port, `tag` or `digest` is empty, never both."""

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        """The name under which containerd stores the image: docker.io/library/nginx:1.27."""
        return self.name + self._suffix

    @property
    def name(self) -> str:
        """Host and repository, without tag and digest."""
        return f"{self.host}/{self.repository}"

    @property
    def familiar(self) -> str:
        """The shortest form that still means the same image: nginx:1.27."""
        if self.host != DEFAULT_HOST:
            return str(self)
        first, _, rest = self.repository.partition("/")
        if first == "library" and rest and "/" not in rest:
            return rest + self._suffix
        # docker.io/foo.bar/x keeps its host: the short form would name the host foo.bar.
        return self.repository + self._suffix if rest and not _is_host(first) else str(self)

    @property
    def registry(self) -> str:
        """The host (with its port) that answers for this name; Docker Hub has another one."""
        return "registry-1.docker.io" if self.host == DEFAULT_HOST else self.host

    @property
    def is_loopback(self) -> bool:
        """The registry is this machine, so plain HTTP does not leave it."""
        host = self.host.lower()
        host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def _suffix(self) -> str:
        return f"@{self.digest}" if self.digest else f":{self.tag}"


def parse(text: str) -> Reference:
    """Read an image reference as Docker and containerd do and make it whole.

    The host defaults to docker.io, a lone name there to library/NAME, the tag to `latest`;
    with both a tag and a digest the digest counts. Raises InvalidArgument, which says what
    is wrong. Source: distribution/reference `ParseDockerRef`.
    """
    _check_shape(text)
    rest, _, digest = text.partition("@")
    if "@" in text:
        _check_digest(digest, text)
    host, path = _split_host(rest)
    path, tag = _split_tag(path)
    _check_path(path, text)
    if ":" in rest[rest.rfind("/") + 1 :] and not _TAG.fullmatch(tag):
        raise _bad(text, _tag_fault(tag), "Use letters, digits, '_', '.' and '-' in the tag.")
    _check_host(host, text)
    if host == DEFAULT_HOST and "/" not in path:
        path = f"library/{path}"
    if len(host) + 1 + len(path) > NAME_MAX:
        raise _bad(text, f"the name is longer than {NAME_MAX} characters", "Use a shorter one.")
    return Reference(host, path, "" if digest else tag or DEFAULT_TAG, digest)


def _bad(text: str, what: str, remedy: str) -> InvalidArgument:
    shown = safe(text) if len(text) <= 80 else safe(text[:79]) + "…"
    return InvalidArgument(what, subject=f"image reference '{shown}'", remedy=remedy)


def _check_shape(text: str) -> None:
    """Refuse early what the grammar could only call a bad name."""
    if not text.strip():
        raise InvalidArgument("no image reference was given", remedy=_EXAMPLE)
    if "://" in text:
        raise _bad(text, "a reference has no scheme", "Leave out everything up to '://'.")
    if not text.isascii() or any(c <= " " or c == "\x7f" for c in text):
        raise _bad(text, "it holds a blank or a character outside ASCII", _EXAMPLE)
    if _IMAGE_ID.fullmatch(text):
        raise _bad(text, "this is a bare digest, not a name", "Write NAME@sha256:… instead.")


def _is_host(first: str) -> bool:
    """The first of several path components names a registry."""
    return "." in first or ":" in first or first == "localhost" or first != first.lower()


def _split_host(rest: str) -> tuple[str, str]:
    first, slash, path = rest.partition("/")
    if not slash or not _is_host(first):
        return DEFAULT_HOST, rest
    return (DEFAULT_HOST if first == "index.docker.io" else first), path


def _check_host(host: str, text: str) -> None:
    found = _HOST.fullmatch(host)
    if not found:
        raise _bad(text, f"'{safe(host)}' is not a registry host", _EXAMPLE)
    if found[1] is not None and not 0 < int(found[1]) < 1 << 16:
        raise _bad(text, f"the port {found[1]} is not one", "Use 1 to 65535.")


def _split_tag(path: str) -> tuple[str, str]:
    """Cut at the colon of the last component; earlier ones are left to the path's check."""
    head, slash, last = path.rpartition("/")
    name, _, tag = last.partition(":")
    return head + slash + name, tag


def _check_path(path: str, text: str) -> None:
    if path != path.lower():
        remedy = f"Write '{safe(path.lower()[:80])}'."
        raise _bad(text, "the repository name must be in lower case", remedy)
    for component in path.split("/"):
        if not component:
            raise _bad(text, "a part of the repository name is empty", _EXAMPLE)
        if not _COMPONENT.fullmatch(component):
            what = f"'{component[:80]}' is not a repository name"
            raise _bad(text, what, "Use a-z and 0-9, with single '.', '_' or '-' between them.")


def _tag_fault(tag: str) -> str:
    if not tag:
        return "the tag after ':' is missing"
    if len(tag) > TAG_MAX:
        return f"the tag is longer than {TAG_MAX} characters"
    return f"'{tag}' is not a tag"


def _check_digest(digest: str, text: str) -> None:
    algorithm, _, value = digest.partition(":")
    length = DIGEST_HEX.get(algorithm)
    if length is None:
        raise _bad(text, "the digest's algorithm is not known", f"Use {', '.join(DIGEST_HEX)}.")
    if len(value) != length or not _HEX.fullmatch(value):
        remedy = f"{algorithm} has {length} characters out of 0-9 and a-f."
        raise _bad(text, "the digest is not whole", remedy)
