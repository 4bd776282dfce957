"""Logins: from Docker's files and helpers, shown to safe servers only, and never in a text."""

import asyncio
import base64
import contextlib
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.errors import FailedPrecondition, RegistryError
from aiocontainerd.pull import challenge, docker_config
from aiocontainerd.pull.challenge import Challenge
from aiocontainerd.pull.docker_config import Login, login
from aiocontainerd.pull.hosts import RegistryHost
from aiocontainerd.pull.tokens import _check_realm, _token, narrowed
from aiocontainerd.reference import parse

SECRET = "c4n4ry"
REFERENCE = parse("reg.test/a/b:1")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return tmp_path / "config.json"


def packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def helper(folder: Path, name: str, script: str) -> None:
    program = folder / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


async def test_without_a_file_there_is_no_login(config: Path) -> None:
    assert await login("reg.test") is None


@pytest.mark.parametrize(
    ("key", "host"),
    [
        ("reg.test", "reg.test"),
        ("https://reg.test", "reg.test"),
        ("https://reg.test/v2/", "reg.test"),
        ("reg.test:5000", "reg.test:5000"),
        ("https://index.docker.io/v1/", "registry-1.docker.io"),
        ("docker.io", "registry-1.docker.io"),
    ],
)
async def test_logins_in_the_file(config: Path, key: str, host: str) -> None:
    config.write_text(json.dumps({"auths": {key: {"auth": packed(f"bob:{SECRET}:x")}}}))
    assert await login(host) == Login("bob", f"{SECRET}:x")
    assert await login("other.test") is None


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({"identitytoken": SECRET}, Login(refresh_token=SECRET)),
        ({"registrytoken": SECRET}, Login(registry_token=SECRET)),
        ({"registrytoken": "a\r\nb", "identitytoken": SECRET}, Login(refresh_token=SECRET)),
        ({"username": "bob", "password": SECRET}, Login("bob", SECRET)),
        ({}, None),
        ({"auth": "!!"}, None),
        ({"auth": packed("nocolon")}, None),
        ({"auth": 3}, None),
        ("text", None),
    ],
)
async def test_forms_of_an_entry(config: Path, entry: Any, found: Login | None) -> None:
    config.write_text(json.dumps({"auths": {"reg.test": entry}}))
    assert await login("reg.test") == found


@pytest.mark.parametrize("text", [f'{{"auth": "{SECRET}', "[]", "[" * 100_000])
async def test_a_broken_file_is_named_not_quoted(config: Path, text: str) -> None:
    config.write_text(text)
    with pytest.raises(FailedPrecondition, match=r"config\.json") as caught:
        await login("reg.test")
    assert SECRET not in repr(caught.getrepr(chain=True))


@pytest.mark.parametrize("kind", ["a fifo", "a device", "a directory", "a socket", "huge", "shut"])
async def test_a_file_that_is_none_is_told_at_once(
    config: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "it is not a file"
    with contextlib.ExitStack() as stack:
        if kind == "a fifo":
            os.mkfifo(config)
        elif kind == "a device":
            config.symlink_to("/dev/zero")
        elif kind == "a directory":
            config.mkdir()
        elif kind == "a socket":
            monkeypatch.chdir(config.parent)  # the name must be short
            stack.enter_context(socket.socket(socket.AF_UNIX)).bind(config.name)
        elif kind == "huge":
            with config.open("wb") as file:
                file.truncate(1 << 40)
            said = "it is larger than 1 MiB"
        else:
            config.symlink_to(config)
            said = "Too many levels of symbolic links"
        with pytest.raises(FailedPrecondition, match=rf"config\.json: cannot .*{said}"):
            await asyncio.wait_for(login("reg.test"), 10)


@pytest.mark.parametrize(
    "entry",
    [
        {"username": "bob", "password": f"{SECRET}\ud800"},
        {"username": "b\udfffb", "password": SECRET},
        {"identitytoken": f"{SECRET}\udc80"},
    ],
)
async def test_half_a_character_in_a_login_is_told(config: Path, entry: dict[str, str]) -> None:
    config.write_text(json.dumps({"auths": {"reg.test": entry}}))
    with pytest.raises(
        FailedPrecondition, match=r"logins: that for reg\.test is not text"
    ) as caught:
        await login("reg.test")
    assert SECRET not in repr(caught.getrepr(chain=True))
    answer = json.dumps({"Username": entry.get("username", "<token>"), "Secret": f"{SECRET}\ud800"})
    helper(config.parent, "x", f"cat >/dev/null; echo '{answer}'")
    config.write_text('{"credsStore": "x"}')
    with pytest.raises(FailedPrecondition, match="helper 'x' failed: its answer is not text"):
        await login("reg.test")


async def test_helpers(config: Path) -> None:
    answer = json.dumps({"Username": "bob", "Secret": SECRET})
    helper(
        config.parent, "one", f"read host; [ $1 $host = 'get reg.test' ] || exit 1\necho '{answer}'"
    )
    helper(config.parent, "one", f"cat >{config.parent}/asked; echo '{answer}'")
    token = json.dumps({"Username": "<token>", "Secret": SECRET})
    helper(config.parent, "all", f"cat >{config.parent}/asked; echo '{token}'")
    config.write_text(json.dumps({"credHelpers": {"reg.test": "one"}, "credsStore": "all"}))
    assert await login("reg.test") == Login("bob", SECRET)
    assert (config.parent / "asked").read_text() == "reg.test"
    assert await login("registry-1.docker.io") == Login(refresh_token=SECRET)
    assert (config.parent / "asked").read_text() == "https://index.docker.io/v1/"


async def test_a_helper_that_has_none(config: Path) -> None:
    helper(config.parent, "x", "echo credentials not found in native keychain; exit 1")
    config.write_text('{"credsStore": "x"}')
    assert await login("reg.test") is None


async def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    assert await login("reg.test") is None


async def test_a_helper_that_hangs_goes_with_its_children(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docker_config, "_HELPER_SECONDS", 0.5)
    child = config.parent / "child"
    helper(config.parent, "x", f"sleep 60 & echo $! >{child}; wait")
    config.write_text('{"credsStore": "x"}')
    with pytest.raises(FailedPrecondition, match=r"no answer in 0\.5 s"):
        await login("reg.test")
    stat = Path("/proc", child.read_text().strip(), "stat")
    async with asyncio.timeout(10):  # SIGKILL has been sent; it takes its turn to die
        while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    "script", [f"echo {SECRET}; exit 3", f"echo {SECRET}", "exec sleep 60", f"exec yes {SECRET}"]
)
async def test_a_broken_helper_is_named_not_quoted(
    config: Path, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docker_config, "_HELPER_SECONDS", 0.5)
    helper(config.parent, "x", script)
    config.write_text('{"credsStore": "x"}')
    with pytest.raises(FailedPrecondition, match="helper 'x' failed") as caught:
        await login("reg.test")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", ["missing", "../x", "a b", "-"])
async def test_helpers_that_cannot_be_run(config: Path, name: str) -> None:
    config.write_text(json.dumps({"credsStore": name}))
    with pytest.raises(FailedPrecondition, match="failed"):
        await login("reg.test")


def test_a_login_does_not_show_itself() -> None:
    shown = repr(Login("bob", SECRET, SECRET))
    assert SECRET not in shown
    assert "bob" not in shown


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ('Basic realm="a b"', [("basic", {"realm": "a b"})]),
        (
            'Bearer realm="https://x/t",service="s",scope="repository:a:pull,x"',
            [("bearer", {"realm": "https://x/t", "service": "s", "scope": "repository:a:pull,x"})],
        ),
        (
            r'Digest qop="a,\"b\"", x = y, Basic realm=z',
            [("digest", {"qop": 'a,"b"', "x": "y"}), ("basic", {"realm": "z"})],
        ),
        ("Negotiate", [("negotiate", {})]),
        ("", []),
        ('="', []),
    ],
)  # fmt: skip
def test_challenges(header: str, read: list[tuple[str, dict[str, str]]]) -> None:
    assert challenge.parse([header]) == [Challenge(*each) for each in read]


@given(st.lists(st.text('aB "\\=,:/\t\x00é', max_size=60)))
def test_any_challenge_ends(headers: list[str]) -> None:
    challenge.parse(headers)


@pytest.mark.parametrize(
    ("base", "realm", "secret", "fine"),
    [
        ("https://reg.test/v2", "https://tokens.test/t", True, True),
        ("https://reg.test/v2", "http://tokens.test/t", True, False),
        ("https://reg.test/v2", "http://tokens.test/t", False, True),
        ("http://reg.test/v2", "http://reg.test/t", True, True),
        ("https://reg.test/v2", "http://reg.test/t", True, False),
        ("http://reg.test/v2", "http://reg.test.evil/t", True, False),
        ("http://127.0.0.1:5000/v2", "http://localhost:1/t", True, True),
        ("https://reg.test/v2", "http://127.0.0.1:8080/admin", False, False),
        *(
            ("https://reg.test/v2", f"http://{inward}/", False, False)
            for inward in [
                "@127.0.0.1:2375",
                "127.1",
                "0.0.0.0:1",
                "[::]",
                "2130706433",
                "0x7f.1",
                "[::ffff:127.0.0.1]",
                "localhost.",
                "ip6-localhost",
                "a.localhost",
                "169.254.169.254",
                "user@tokens.test",
            ]
        ),
        ("https://reg.test/v2", "file:///etc/passwd", False, False),
        ("https://reg.test/v2", "https://u:p@tokens.test/", False, False),
        ("https://reg.test/v2", "", False, False),
        ("https://reg.test/v2", "https://[nowhere/t", False, False),
        ("https://reg.test/v2", "https://tokens.test:port/t", False, False),
        ("https://reg.test/v2", "https://:443/t", False, False),
        ("https://reg.test/v2", "//tokens.test/t", True, False),
    ],
)
def test_token_servers(base: str, realm: str, secret: bool, fine: bool) -> None:
    host = RegistryHost(base)
    if fine:
        _check_realm(realm, host, REFERENCE, secret=secret)
        return
    with pytest.raises(RegistryError, match="not safe"):
        _check_realm(realm, host, REFERENCE, secret=secret)


@pytest.mark.parametrize(
    ("scope", "asked"),
    [
        ("", "repository:a/b:pull"),
        ("repository:mirror/a/b:pull", "repository:mirror/a/b:pull"),
        ("repository:a/b:pull,push,delete", "repository:a/b:pull"),
        ("repository:a/b:push", "repository:a/b:pull"),
        ("registry:catalog:* repository:a/b:pull", "repository:a/b:pull"),
        ("repository:a/b:*", "repository:a/b:pull"),
        ("nonsense", "repository:a/b:pull"),
        ("x" * 8000, "repository:a/b:pull"),
    ],
)
def test_a_token_is_asked_for_pulling_only(scope: str, asked: str) -> None:
    assert narrowed(scope, REFERENCE) == asked


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[1]",
        b'"text"',
        b"3",
        b"null",
        b"{}",
        b'{"token": 3}',
        b'{"token": ["a"]}',
        b'{"token": "a b"}',
        b'{"token": "a\\r\\nX-Evil: b"}',
        b'{"token": ""}',
        b'{"token": "' + b"a" * 70_000 + b'"}',
        b"[" * 100_000,
    ],
)
def test_tokens_of_the_wrong_kind(body: bytes) -> None:
    with pytest.raises(RegistryError, match="gave no token"):
        _token(body, "tokens.test", REFERENCE)


def test_the_other_name_of_a_token() -> None:
    body = b'{"token": null, "access_token": "abc"}'
    assert _token(body, "tokens.test", REFERENCE) == "abc"


def test_only_so_much_is_read_of_all_challenges_together() -> None:
    assert [each.scheme for each in challenge.parse(["a" * 8192, "Basic"])] == ["a" * 8192]
    assert len(challenge.parse(["Basic, Bearer"] * 50)) == 8
