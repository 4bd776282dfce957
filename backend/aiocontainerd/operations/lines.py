"""A line to the terminal of a process in a container: two descriptors, a size, an exit status.

The daemon carries none of the bytes: they go through FIFOs between us and the shim, so that they
flow on while it is restarted.
"""

import asyncio
import errno
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from aiocontainerd.client import Client
from aiocontainerd.errors import (
    ContainerdError,
    DeadlineExceeded,
    FailedPrecondition,
    NotFound,
    Unavailable,
)
from aiocontainerd.models import Key
from aiocontainerd.state import make_fifo

AGAIN = 0.5  # seconds between two tries while the daemon is away
_OPENING = 2.0  # seconds that a shim may take to open its end
INPUT, OUTPUT = "in", "out"


class Size(NamedTuple):
    """Of a terminal."""

    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Line:
    """`stdin` takes what is typed (None: nobody hears it), `stdout` gives what is shown.

    `kept`: what it shows is written down as well, and never waits for us. `watched`: it is only
    looked at, and told nothing, its size neither.
    Both are descriptors that do not block. `exec_id` is "" for the container's own process.
    """

    client: Client
    key: Key
    exec_id: str
    stdin: int | None
    stdout: int
    kept: bool = False
    watched: bool = False

    async def resize(self, size: Size) -> None:
        """Tell the process; one that has ended, or a daemon that is away, does not matter."""
        if self.watched:
            return
        with suppress(ContainerdError):
            await self.client.tasks.resize(
                self.key.id,
                size.columns,
                size.rows,
                namespace=self.key.namespace,
                exec_id=self.exec_id,
            )

    async def ended(self) -> int | None:
        """Its exit status, as soon as it has ended; None where nobody knows it any more.

        A daemon that goes away is waited for.
        """
        return await ended(self.client, self.key, self.exec_id)


async def ended(client: Client, key: Key, exec_id: str = "") -> int | None:
    """As `Line.ended`, without a line."""
    while True:
        try:
            status, _ = await client.tasks.wait(key.id, namespace=key.namespace, exec_id=exec_id)
        except (Unavailable, DeadlineExceeded):
            await asyncio.sleep(AGAIN)
        except ContainerdError:  # gone, with its task or with its shim
            return None
        else:
            return status


def made_fifo(path: Path) -> Path:
    """Made, with the error in words. Raises FailedPrecondition."""
    try:
        make_fifo(path)
    except OSError as error:
        raise FailedPrecondition(
            f"no FIFO can be made in {path.parent} ({error.strerror})",
            remedy="Set XDG_STATE_HOME to a directory on a local disk.",
        ) from error
    return path


def open_reader(path: Path) -> int:
    """Before the shim opens its end, which would wait for ours."""
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)


def open_both(path: Path) -> int:
    """To write to a FIFO that nobody else need have open: who ends at once has closed its end."""
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)


async def open_writer(path: Path) -> int:
    """After the shim has opened its end. Raises NotFound when nobody reads it."""
    end = asyncio.get_running_loop().time() + _OPENING
    while True:
        try:
            return os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            late = asyncio.get_running_loop().time() > end
            if error.errno != errno.ENXIO or late:
                raise NotFound(f"nobody reads its input ({error.strerror})") from error
        await asyncio.sleep(0.02)
