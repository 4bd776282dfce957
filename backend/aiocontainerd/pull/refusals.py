"""A registry's refusals in plain words: what it would not do, its own message, the remedy."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from aiocontainerd.errors import RegistryError
from aiocontainerd.reference import Reference
from aiocontainerd.safe import safe

BODY_LIMIT = 64 << 10  # bytes of an error's body that are read
_MESSAGE_LIMIT = 300  # characters of it that are shown


class Interrupted(RegistryError):
    """A transfer that broke off or a server in trouble: trying again may help."""


class Unreachable(Interrupted):
    """No connection could be made at all."""


class Unanswered(Interrupted):
    """The server took the request and was silent."""


class Throttled(RegistryError):
    """The server asks `host` to be left alone for `after` seconds."""

    def __init__(
        self, what: str, *, host: str, after: float, subject: str, remedy: str, status: int
    ) -> None:
        super().__init__(what, subject=subject, remedy=remedy, status=status)
        self.host = host
        self.after = after


def message_of(body: bytes) -> str:
    """The registry's own words in an error's body, made safe; "" when there are none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return _plain(body)
    errors = document.get("errors") if isinstance(document, dict) else None
    if isinstance(errors, list):
        return _short("; ".join(filter(None, map(_one, errors[:3]))))
    if isinstance(document, dict):  # token servers
        error = document.get("error")
        words = error if isinstance(error, dict) else document
        return _short(next((text for k in _WORDS if (text := _text(words.get(k)))), ""))
    return ""


_WORDS = ("message", "details", "error_description", "error")


def _one(error: object) -> str:
    if not isinstance(error, dict):
        return ""
    return ": ".join(filter(None, (_text(error.get(key)) for key in ("code", "message"))))


def _text(value: object) -> str:
    """Words and numbers; what is nested was not meant for people."""
    return str(value)[: _MESSAGE_LIMIT * 2] if isinstance(value, str | int) and value else ""


def _plain(body: bytes) -> str:
    """A short line of text is shown, a page of HTML is not."""
    text = body.decode("utf-8", "replace").strip()
    return "" if "<" in text or "\n" in text else _short(text)


def _short(text: str) -> str:
    return safe(text if len(text) <= _MESSAGE_LIMIT else text[: _MESSAGE_LIMIT - 1] + "…")


def refused(
    status: int,
    body: bytes,
    headers: Mapping[str, str],
    *,
    reference: Reference,
    host: str,
    what: str,
    logged_in: bool,
) -> RegistryError:
    """The error for an HTTP answer that is not the content `what` ("the manifest", "sha256:…")."""
    message = message_of(body)
    said = f": {message}" if message else ""
    kind: type[RegistryError] = RegistryError
    if status == 401:
        text, remedy = _login(reference, host, logged_in)
    elif status == 403:
        text = f"{host} does not allow this"
        remedy = "Check that the name is right and that your login may read it."
    elif status == 404:
        text = f"{host} has no such image ({what} was not found)"
        if what.startswith("the manifest"):
            text = f"{host} has no such image"
            message = _without_code(message)
            said = f": {message}" if message else ""
        remedy = "Check the spelling of the name and the tag."
    elif status == 429:
        text, remedy = _too_many(host, headers)
    elif status >= 500:
        kind, text = Interrupted, f"{host} is in trouble (HTTP {status})"
        remedy = "Try again later."
    else:
        text, remedy = f"{host} refused {what} (HTTP {status})", ""
    said = f"{text}{said}"
    after = retry_after(headers) if status in (429, 503) else None
    if after is not None:
        return Throttled(
            said, host=host, after=after, subject=str(reference), remedy=remedy, status=status
        )
    return kind(said, subject=str(reference), remedy=remedy, status=status)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the Retry-After header asks for (RFC 9110, 10.2.3); None without a good one.

    A date is taken against the server's own clock, if it says what that shows.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until, now = _date(text), _date(headers.get("Date", ""))
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds()) if until else None


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def web_page(what: str, *, reference: Reference, host: str) -> RegistryError:
    """The error for HTML where `what` should be: a log-in page, or no registry at all."""
    return RegistryError(
        f"{host} answered with a web page instead of {what}",
        subject=str(reference),
        remedy="Is this a registry? The log-in page of a network or a proxy answers like that.",
        status=200,
    )


def is_web_page(media_type: str, data: bytes) -> bool:
    """By its type, or by how it begins."""
    start = data[:200].lstrip().lower()
    return media_type == "text/html" or start.startswith((b"<!doctype html", b"<html"))


def _without_code(message: str) -> str:
    """`MANIFEST_UNKNOWN: manifest unknown` says the same twice: only the words."""
    code, _, words = message.partition(": ")
    return words if words and code.isupper() else message


def _login(reference: Reference, host: str, logged_in: bool) -> tuple[str, str]:
    server = "" if reference.host == "docker.io" else f" {reference.host}"
    if logged_in:
        remedy = f"Log in again with `docker login{server}` or `nerdctl login{server}`."
        return f"{host} does not accept the login kept for it", remedy
    remedy = (
        f"Check the name; if it is private, log in with `docker login{server}` or "
        f"`nerdctl login{server}`."
    )
    return f"{host} wants a login, or has no such image", remedy


def _too_many(host: str, headers: Mapping[str, str]) -> tuple[str, str]:
    after = safe(headers.get("Retry-After", "").strip()[:40])
    when = f"in {after} s" if after.isdigit() else f"after {after}" if after else "later"
    return f"{host} has had too many requests from here", f"Try again {when}, or log in."


def unreachable(error: Exception, *, reference: Reference, host: str) -> RegistryError:
    """The error for a request that got no answer; `error` is aiohttp's or the system's."""
    import aiohttp

    kind: type[RegistryError] = RegistryError
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        kind = Unreachable
        text = f"the host {host} is not known"
        remedy = "Check the spelling, and this machine's DNS or proxy."
    elif isinstance(error, aiohttp.ClientConnectorCertificateError):
        why = safe(str(getattr(error.certificate_error, "verify_message", "") or "it is not valid"))
        text = f"the certificate of {host} is not trusted: {why}"
        remedy = f"Put its authority's certificate into /etc/containerd/certs.d/{host}/ca.crt."
        if "expired" in why or "not yet valid" in why:
            text = f"the certificate of {host} is out of date: {why}"
            remedy = "Who runs the registry must renew it; check this machine's clock, too."
        if "mismatch" in why.lower():  # no authority makes a name right
            text = f"the certificate of {host} is for another name: {why}"
            remedy = (
                "Use the name that it is for, or allow it with skip_verify = true in "
                f"/etc/containerd/certs.d/{host}/hosts.toml."
            )
    elif isinstance(error, aiohttp.ClientConnectorSSLError):
        text = f"{host} does not speak TLS as it should"
        remedy = "If it is a plain HTTP registry, say so: pull with plain HTTP, or hosts.toml."
    elif isinstance(error, aiohttp.ClientConnectorError):
        kind = Unreachable
        text = f"cannot connect to {host}: {_why(error.os_error)}"
        remedy = "Check that the registry runs and that a firewall or proxy lets you through."
    elif isinstance(error, TimeoutError):
        kind = Unreachable if isinstance(error, aiohttp.ConnectionTimeoutError) else Unanswered
        text = f"{host} did not answer in time"
        remedy = "Try again, and check the network."
    else:
        kind, text = Interrupted, f"the connection to {host} broke off"
        remedy = "Try again, and check the network."
        if isinstance(error, aiohttp.ClientResponseError):
            text += ": its answer is not that of a registry (HTTP)"
    return kind(text, subject=str(reference), remedy=remedy)


def _why(error: OSError) -> str:
    """The system's own words; asyncio puts "Connect call failed" and an address over them."""
    return os.strerror(error.errno).lower() if error.errno else safe(str(error))
