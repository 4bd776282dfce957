"""Logins from Docker's config file and its credential helpers; read when needed, never kept.

Source: Docker's `config.json` (`auths`, `credsStore`, `credHelpers`) and the credential helper
protocol: `docker-credential-NAME get`, the server on stdin, JSON on stdout.
"""

import asyncio
import base64
import binascii
import json
import os
import re
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.pull import settings_file
from aiocontainerd.safe import safe

_HUB = "https://index.docker.io/v1/"
_HUB_HOSTS = frozenset({"docker.io", "registry-1.docker.io", "index.docker.io"})
_HELPER_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_TOKEN_USER = "<token>"  # a helper's word for "the secret is a refresh token"
_HEADER_TEXT = re.compile(r"[\x21-\x7e]+")
_ANSWER_LIMIT = 1 << 20  # bytes of a helper's
_HELPER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Login:
    """A user and a password, a refresh token, or a token that the registry takes as it is.

    None is ever shown, not even by repr().
    """

    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)

    @property
    def is_text(self) -> bool:
        """Whether it can be sent: JSON can hold half a character (a lone surrogate)."""
        try:
            "".join((self.user, self.password, self.refresh_token)).encode()
        except UnicodeEncodeError:
            return False
        return True


def config_path() -> Path:
    """$DOCKER_CONFIG/config.json, else ~/.docker/config.json: under sudo that is root's."""
    folder = os.environ.get("DOCKER_CONFIG", "")
    try:
        return (Path(folder) if folder else Path.home() / ".docker") / "config.json"
    except RuntimeError:  # neither $HOME nor an entry in passwd
        return Path("/nonexistent/.docker/config.json")


async def login(host: str) -> Login | None:
    """The login kept for a registry host (with its port), None if there is none.

    Raises FailedPrecondition when the file or a helper is broken; no secret is in the text.
    """
    config = await asyncio.to_thread(_load)
    server = _HUB if host in _HUB_HOSTS else host
    if helper := _helper(config, server, host):
        found = await _ask(helper, server)
        if found is not None and not found.is_text:
            raise _helper_failed(helper, "its answer is not text")
        return found
    found = _from_auths(config, host)
    if found is not None and not found.is_text:
        raise _unreadable(config_path(), f"that for {safe(host)} is not text")
    return found


def _load() -> dict[str, Any]:
    path = config_path()
    try:
        data = settings_file.read(path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise _unreadable(path, error.strerror or "it cannot be read") from error
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        # Not `from error`: its text quotes the file, which holds passwords.
        raise _unreadable(path, "it is not a JSON object")
    return value


def _unreadable(path: Path, why: str) -> FailedPrecondition:
    return FailedPrecondition(
        f"cannot read the logins: {why}",
        subject=safe(str(path)),
        remedy="Mend the file, or name another folder with DOCKER_CONFIG.",
    )


def _helper(config: dict[str, Any], server: str, host: str) -> str:
    """The helper's short name: one for this registry goes before the one for all."""
    helpers = config.get("credHelpers")
    helpers = helpers if isinstance(helpers, dict) else {}
    names = [helpers.get(server), helpers.get(host), config.get("credsStore")]
    return next((name for name in names if isinstance(name, str) and name), "")


def _from_auths(config: dict[str, Any], host: str) -> Login | None:
    auths = config.get("auths")
    for key, value in auths.items() if isinstance(auths, dict) else ():
        if isinstance(value, dict) and _same_registry(key, host):
            found = _entry(value)
            if found is not None:
                return found
    return None


def _same_registry(key: str, host: str) -> bool:
    """Keys are hosts, or addresses such as https://index.docker.io/v1/."""
    bare = re.sub(r"^https?://", "", key).partition("/")[0]
    return bare == host or (bare in _HUB_HOSTS and host in _HUB_HOSTS)


def _entry(value: dict[str, Any]) -> Login | None:
    token = value.get("registrytoken")
    if isinstance(token, str) and _HEADER_TEXT.fullmatch(token):
        return Login(registry_token=token)
    token = value.get("identitytoken")
    if isinstance(token, str) and token:
        return Login(refresh_token=token)
    packed = value.get("auth")
    if isinstance(packed, str) and packed:
        with suppress(binascii.Error, UnicodeDecodeError):
            user, colon, password = base64.b64decode(packed).decode().partition(":")
            if colon and user:
                return Login(user, password.rstrip("\0"))
    name, secret = value.get("username"), value.get("password")
    if isinstance(name, str) and isinstance(secret, str) and name:
        return Login(name, secret)
    return None


async def _ask(helper: str, server: str) -> Login | None:
    """Run the helper; it says "credentials not found" on stdout when it has none."""
    if not _HELPER_NAME.fullmatch(helper):
        raise _helper_failed(helper, "its name is not that of a program")
    program = f"docker-credential-{helper}"
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            "get",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # what it starts is ended with it
        )
    except OSError as error:
        raise _helper_failed(helper, f"{program}: {error.strerror}") from error
    output = await _conversation(process, server, helper)
    if process.returncode != 0:
        # Its words are not repeated: nobody knows what a helper prints.
        if b"not found" in output:
            return None
        raise _helper_failed(helper, f"{program} ended with status {process.returncode}")
    return _answer(output, helper)


async def _conversation(process: asyncio.subprocess.Process, server: str, helper: str) -> bytes:
    try:
        async with asyncio.timeout(_HELPER_SECONDS):
            output = await _exchange(process, server, helper)
            await process.wait()
    except BaseException as error:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        if isinstance(error, TimeoutError):
            raise _helper_failed(helper, f"no answer in {_HELPER_SECONDS:g} s") from None
        raise
    return output


async def _exchange(process: asyncio.subprocess.Process, server: str, helper: str) -> bytes:
    """Say the server and hear the answer. Raises FailedPrecondition when that has no end."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(ConnectionError):  # it did not want to know
        process.stdin.write(server.encode())
        await process.stdin.drain()
    process.stdin.close()
    data = bytearray()
    while more := await process.stdout.read(64 << 10):
        data += more
        if len(data) > _ANSWER_LIMIT:
            raise _helper_failed(helper, "it prints without end")
    return bytes(data)


def _answer(output: bytes, helper: str) -> Login | None:
    try:
        value = json.loads(output)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _helper_failed(helper, "its answer is not JSON")
    user, secret = value.get("Username"), value.get("Secret")
    if not isinstance(user, str) or not isinstance(secret, str) or not secret:
        return None
    return Login(refresh_token=secret) if user == _TOKEN_USER else Login(user, secret)


def _helper_failed(helper: str, why: str) -> FailedPrecondition:
    return FailedPrecondition(
        f"the credential helper '{safe(helper[:80])}' failed: {safe(why)}",
        subject=safe(str(config_path())),
        remedy="Mend it, or take it out of credsStore or credHelpers.",
    )
