"""Where to pull from: hosts.toml and certificate folders, as containerd reads them.

Source: containerd's `docs/hosts.md` and `core/remotes/docker/config`. A folder for a registry
holds `hosts.toml`, or only certificates in Docker's way (`*.crt`, `*.cert` with `*.key`).
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.pull import settings_file
from aiocontainerd.reference import Reference
from aiocontainerd.safe import safe

DEFAULT_DIRS = (Path("/etc/containerd/certs.d"),)
_ALL: frozenset[str] = frozenset({"pull", "resolve", "push"})


@dataclass(frozen=True, slots=True)
class RegistryHost:
    """One server that may hold the image.

    `base` is its address with the API's path and no slash at the end: https://host/v2.
    `either` means: plain HTTP first and HTTPS if that is not what it speaks (loopback only).
    `ca` holds certificate files, `client` pairs of (certificate, key or None).
    """

    base: str
    capabilities: frozenset[str] = _ALL
    ca: tuple[Path, ...] = ()
    client: tuple[tuple[Path, Path | None], ...] = ()
    skip_verify: bool = False
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    either: bool = False

    @property
    def netloc(self) -> str:
        """Host and port."""
        return urlsplit(self.base).netloc


def find_dir(dirs: Iterable[Path], host: str) -> tuple[Path, Path] | None:
    """The first folder (root, root/NAME) that says something about this registry host."""
    name, colon, port = host.rpartition(":")
    names = [f"{name}_{port}_"] if colon and name and port.isdigit() else []
    for root in dirs:
        for each in (*names, host, "_default"):
            if (root / each).is_dir():
                return root, root / each
    return None


def hosts_for(
    reference: Reference, *, dirs: Iterable[Path] = DEFAULT_DIRS, plain_http: bool = False
) -> tuple[RegistryHost, ...]:
    """The servers to try for this reference, in order. Raises FailedPrecondition for bad files."""
    default = _default(reference, plain_http)
    found = find_dir(dirs, reference.host)
    if found is None:
        return (default,)
    folder = found[1]
    try:
        file = folder / "hosts.toml"
        if os.path.lexists(file):  # one that is no file, or leads nowhere, is told
            return tuple(_parse(_read(file), file, default))
        return (_with_certificates(default, folder),)
    except OSError as error:
        raise _bad(Path(error.filename or folder), error.strerror or "it cannot be read") from error


def _default(reference: Reference, plain_http: bool) -> RegistryHost:
    loopback = reference.is_loopback
    either = loopback and not plain_http and not reference.registry.endswith(":443")
    scheme = "http" if plain_http or either else "https"
    return RegistryHost(f"{scheme}://{reference.registry}/v2", either=either)


def _read(file: Path) -> dict[str, Any]:
    data = settings_file.read(file)
    import tomllib  # few hosts have such files

    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise _bad(file, f"it is not TOML: {error}") from error


def _parse(table: dict[str, Any], file: Path, default: RegistryHost) -> Iterable[RegistryHost]:
    """The [host] tables in the order of the file, then the server itself."""
    hosts = table.get("host") or {}
    if not isinstance(hosts, dict):
        raise _bad(file, "host is not a table")
    for address, settings in hosts.items():
        if not isinstance(settings, dict):
            raise _bad(file, f"host '{address}' is not a table")
        yield _host(address, settings, file)
    server = table.get("server") or ""
    if not isinstance(server, str):
        raise _bad(file, "server is not a text")
    root = _host(server or default.base, table, file)
    # Without `server` the registry itself is the last; a loopback one is still found out.
    yield root if server else _with_base(root, default)


def _with_base(host: RegistryHost, default: RegistryHost) -> RegistryHost:
    return RegistryHost(
        default.base,
        host.capabilities,
        host.ca,
        host.client,
        host.skip_verify,
        host.headers,
        default.either and not (host.ca or host.client or host.skip_verify),
    )


def _host(address: str, settings: dict[str, Any], file: Path) -> RegistryHost:
    capabilities = _texts(settings.get("capabilities"), file, "capabilities")
    if unknown := set(capabilities) - _ALL - {"referrers"}:
        raise _bad(file, f"unknown capability '{min(unknown)}'")
    return RegistryHost(
        base=_base(address, settings.get("override_path") is True, file),
        capabilities=frozenset(capabilities) or _ALL,
        ca=tuple(file.parent / name for name in _texts(settings.get("ca"), file, "ca")),
        client=tuple(_pairs(settings.get("client"), file)),
        skip_verify=settings.get("skip_verify") is True,
        headers=MappingProxyType(_headers(settings.get("header"), file)),
    )


def _base(address: str, override_path: bool, file: Path) -> str:
    """The address with its scheme and the API's path."""
    if not address.startswith(("http://", "https://")):
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise _bad(file, f"'{address}' is not an address") from error
    if not host or parts.username or parts.query or parts.fragment:
        raise _bad(file, f"'{address}' is not the address of a registry")
    path = parts.path.rstrip("/")
    if not override_path and not path.endswith("/v2"):
        path += "/v2"
    return f"{parts.scheme}://{parts.netloc}{path}"


def _texts(value: object, file: Path, name: str) -> tuple[str, ...]:
    if value is None:
        return ()
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise _bad(file, f"{name} is not a text or a list of texts")
    return tuple(items)


def _pairs(value: object, file: Path) -> Iterable[tuple[Path, Path | None]]:
    """`client` is one file, a list of files that hold both parts, or a list of pairs."""
    items = [value] if isinstance(value, str) else value or []
    if not isinstance(items, list):
        raise _bad(file, "client is not a text or a list")
    for item in items:
        names = _texts(item, file, "client")
        if not 1 <= len(names) <= 2:
            raise _bad(file, "client is not a certificate, or a pair of certificate and key")
        key = file.parent / names[1] if len(names) == 2 and names[1] else None
        yield file.parent / names[0], key


def _headers(value: object, file: Path) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _bad(file, "header is not a table")
    headers = {name: ", ".join(_texts(text, file, "header")) for name, text in value.items()}
    if any(c in part for pair in headers.items() for part in pair for c in "\r\n\0"):
        raise _bad(file, "a header holds a line break")
    return headers


def _with_certificates(default: RegistryHost, folder: Path) -> RegistryHost:
    """Docker's way: the folder holds only files."""
    ca = tuple(sorted(folder.glob("*.crt")))
    client = tuple(
        (cert, key if (key := cert.with_suffix(".key")).is_file() else None)
        for cert in sorted(folder.glob("*.cert"))
    )
    if not ca and not client:
        return default
    base = default.base.replace("http://", "https://", 1) if default.either else default.base
    return RegistryHost(base, ca=ca, client=client)


def _bad(file: Path, why: str) -> FailedPrecondition:
    return FailedPrecondition(
        f"this file is wrong: {safe(why)}",
        subject=safe(str(file)),
        remedy="Mend it; containerd's docs/hosts.md describes it.",
    )
