"""The daemon as a process: found, started, waited for and ended; it need not be our child."""

import asyncio
import os
import select
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from aiocontainerd.safe import safe
from ctdeck.embedded.place import Place
from ctdeck.embedded.programs import search_path, which

_LOG_LIMIT = 1 << 20  # bytes kept of the log when it is cut
_LOOKS, _PAUSE = 20, 0.02  # s
_UNWANTED = {"NOTIFY_SOCKET", "CONTAINERD_ADDRESS", "CONTAINERD_NAMESPACE", "DEBUG"}


def find(place: Place) -> int:
    """The pid of the daemon that was started with this place's configuration, 0 if none is."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _arguments(entry)[-2:] == _options(place) and _ours(entry):
            return int(entry.name)
    return 0


def spawn(place: Place) -> int:
    """Start it as nobody's child, in a session of its own; returns its pid, 0 if it died already.

    What ends our terminal or us must not end it. Its containers' files are made under the usual
    umask, not under that of our shell.
    """
    environment = {key: text for key, text in os.environ.items() if key not in _UNWANTED}
    trim(place.log)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    with os.fdopen(os.open(place.log, flags, 0o600), "ab") as log:
        subprocess.run(
            ["setsid", "--fork", which("containerd") or "containerd", *_options(place)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=environment | {"PATH": search_path()},
            umask=0o022,
            check=True,
        )
    for _ in range(_LOOKS):  # for a moment of its exec a process has no arguments
        if pid := find(place):
            return pid
        time.sleep(_PAUSE)
    return 0


def _options(place: Place) -> list[str]:
    return ["--config", str(place.config)]


async def ended(pid: int, timeout: float) -> bool:
    """Wait up to `timeout` seconds; True as soon as that process is gone."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        async with asyncio.timeout(timeout):  # not wait_for: it can lose a cancellation
            return await _readable(handle)
    except TimeoutError:
        return False
    finally:
        os.close(handle)


async def _readable(handle: int) -> bool:
    """A pidfd is readable once its process has ended."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    loop.add_reader(handle, done.set)
    try:
        await done.wait()
    finally:
        loop.remove_reader(handle)
    return bool(select.select([handle], [], [], 0)[0])


async def end(pid: int, grace: float = 10.0) -> None:
    """SIGTERM, and SIGKILL after `grace` seconds; returns when the process is gone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if await ended(pid, grace):
            return


def trim(log: Path) -> None:
    """Keep the end of a log that grew; its writer appends, so cutting it short is safe."""
    with suppress(OSError):
        size = log.stat().st_size
        if size > 2 * _LOG_LIMIT:
            with log.open("r+b") as file:
                file.seek(size - _LOG_LIMIT)
                kept = file.read().partition(b"\n")[2]
                file.seek(0)
                file.write(kept)
                file.truncate()


def last_words(log: Path) -> str:
    """The last line of the log, safe to show: why a daemon ended."""
    try:
        lines = log.read_bytes()[-4096:].decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return safe(lines[-1]) if lines else ""


def _arguments(entry: Path) -> list[str]:
    try:
        return os.fsdecode((entry / "cmdline").read_bytes()).split("\0")[:-1]
    except OSError:  # it ended meanwhile
        return []


def _ours(entry: Path) -> bool:
    try:
        return entry.stat().st_uid == os.geteuid()
    except OSError:
        return False
