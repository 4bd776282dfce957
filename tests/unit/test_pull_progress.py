"""Progress, and the words for a registry's refusals."""

import asyncio
import ssl

import aiohttp
import pytest

from aiocontainerd.pull.http import _proxy
from aiocontainerd.pull.progress import LayerProgress, Tracker
from aiocontainerd.pull.refusals import Interrupted, message_of, refused, unreachable
from aiocontainerd.reference import parse

REFERENCE = parse("reg.test/a/b:1")


def test_layers_keep_their_order_and_add_up() -> None:
    tracker = Tracker("x")
    tracker.start("ctdeck")
    tracker.expect([("a", 10), ("b", 20)])
    tracker.layer("b", "downloading", downloaded=5)
    tracker.layer("a", "downloaded")
    tracker.layer("a", "unpacking")
    seen = tracker.snapshot()
    assert seen.layers == (
        LayerProgress("a", 10, 10, "unpacking"),
        LayerProgress("b", 20, 5, "downloading"),
    )
    assert (seen.stage, seen.downloaded, seen.total, seen.unpacked_layers) == ("pulling", 15, 30, 0)
    tracker.layer("a", "unpacked")
    assert tracker.snapshot().unpacked_layers == 1
    tracker.end("failed", "why")
    assert tracker.snapshot().ended
    assert tracker.snapshot().error == "why"


def test_the_daemons_layers_are_put_in_order() -> None:
    tracker = Tracker("x")
    tracker.start("transfer")
    tracker.layer("b", "downloaded", total=20)
    assert tracker.snapshot().stage == "pulling"
    tracker.expect([("a", 10), ("b", 20)])
    assert [layer.digest for layer in tracker.snapshot().layers] == ["a", "b"]
    assert tracker.snapshot().downloaded == 20


async def test_watchers_see_the_newest() -> None:
    tracker = Tracker("x")
    version = tracker.version
    waiting = asyncio.create_task(tracker.change(version))
    await asyncio.sleep(0)
    tracker.start("transfer")
    tracker.expect([("a", 1)])
    assert await waiting == tracker.version
    assert tracker.snapshot().by == "transfer"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"errors":[{"code":"DENIED","message":"no"},{"message":"x"}]}', "DENIED: no; x"),
        (b'{"errors":[3, {}]}', ""),
        (b'{"details":"incorrect username"}', "incorrect username"),
        (b'{"message":"m"}', "m"),
        (b"plain words", "plain words"),
        (b"<html>", ""),
        (b"a\nb", ""),
        (b"\xff\x1b[2J", "\ufffd\u241b[2J"),
        (b'{"errors":[{"message":"' + b"x" * 999 + b'"}]}', "x" * 299 + "…"),
        (b"[" * 70_000, "[" * 299 + "…"),
        (b"null", ""),
        (b'{"error": {"code": 403, "message": "no\\u001b[2J"}}', "no\u241b[2J"),
        (b'{"message": {"a": [1]}}', ""),
        (b'{"errors":[{"code": 7, "message": ["x"]}]}', "7"),
    ],
)
def test_a_registrys_own_words(body: bytes, said: str) -> None:
    assert message_of(body) == said


@pytest.mark.parametrize(
    ("status", "headers", "logged_in", "said"),
    [
        (401, {}, False, "wants a login, or has no such image: DENIED: no. Check the name; "),
        (401, {}, True, "does not accept the login kept for it: DENIED: no. Log in again"),
        (429, {"Retry-After": "30"}, False, "Try again in 30 s, or log in"),
        (429, {"Retry-After": "Wed, 21 Oct"}, False, "Try again after Wed, 21 Oct, or"),
        (429, {}, False, "Try again later, or"),
        (418, {}, False, "refused the manifest (HTTP 418): DENIED: no"),
    ],
)
def test_refusals(status: int, headers: dict[str, str], logged_in: bool, said: str) -> None:
    body = b'{"errors":[{"code":"DENIED","message":"no"}]}'
    error = refused(
        status,
        body,
        headers,
        reference=REFERENCE,
        host="reg.test",
        what="the manifest",
        logged_in=logged_in,
    )
    assert said in str(error)
    assert str(error).startswith("reg.test/a/b:1: ")
    assert error.status == status
    assert not isinstance(error, Interrupted)


def test_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert _proxy("https://reg.test/v2/") is None
    monkeypatch.setenv("HTTPS_PROXY", "proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "inside.test")
    assert _proxy("https://reg.test/v2/") == "http://proxy.test:3128"
    assert _proxy("https://reg.inside.test:5000/v2/") is None
    assert _proxy("https://127.0.0.1:5000/v2/") is None
    assert _proxy("http://reg.test/v2/") is None


def test_an_absent_image_is_said_once() -> None:
    body = b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}'
    error = refused(
        404, body, {}, reference=parse("a.test/b:1"), host="a.test", what="the manifest 1",
        logged_in=False,
    )  # fmt: skip
    assert error.what == "a.test has no such image: manifest unknown"


def test_a_certificate_for_another_name_needs_no_authority() -> None:
    class Wrong(aiohttp.ClientConnectorCertificateError):
        def __init__(self) -> None:
            why = ssl.SSLCertVerificationError()
            why.verify_message = "IP address mismatch, certificate is not valid for '10.0.0.1'."
            self._certificate_error = why

    error = unreachable(Wrong(), reference=parse("10.0.0.1:5000/b:1"), host="10.0.0.1:5000")
    assert "is for another name" in error.what
    assert "skip_verify" in error.remedy
    assert "ca.crt" not in error.remedy


def test_a_certificate_that_is_out_of_date_needs_no_authority() -> None:
    class Old(aiohttp.ClientConnectorCertificateError):
        def __init__(self) -> None:
            why = ssl.SSLCertVerificationError()
            why.verify_message = "certificate has expired"
            self._certificate_error = why

    error = unreachable(Old(), reference=REFERENCE, host="reg.test")
    assert "is out of date: certificate has expired" in error.what
    assert "clock" in error.remedy
    assert "ca.crt" not in error.remedy
