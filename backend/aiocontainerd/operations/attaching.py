"""A container's own terminal: to look at it and type into it, and to leave it as it was.

What we start has two ends that outlive us: the shim's logger writes all output to a file
(`logger.py`), and the shim reads what is typed from a FIFO beside that file. Both lie in our
folder, and neither needs anybody at its other end. Others' are attached to as far as they can be.
"""

import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition, NotFound
from aiocontainerd.models import STDOUT_LABEL, Container, TaskStatus
from aiocontainerd.operations.identity import Life, same_container, same_task
from aiocontainerd.operations.lines import Line, Size, open_reader, open_writer
from aiocontainerd.operations.logger import log_uri
from aiocontainerd.operations.tail import Tail
from aiocontainerd.owners import owner_of
from aiocontainerd.safe import safe
from aiocontainerd.services.tasks import Stdio
from aiocontainerd.state import stdin_of

_LOOK = "Look at its log, or execute a shell in it."
_THEIRS = {  # who reads the other end of the FIFOs, and how one gets in there
    "kubelet": "Use kubectl attach or crictl attach, or execute a shell in it.",
    "dockerd": "Use docker attach, or execute a shell in it.",
}


@dataclass(frozen=True, slots=True)
class Ends:
    """Where a terminal's two ends are. `stdin` None: nothing can be typed there.

    `kept`: the output is in a file that is written in any case; else in a FIFO, from which each
    byte is taken by one reader, and that holds up the container when there is none.
    """

    stdin: Path | None
    stdout: Path
    kept: bool


def ends_of(container: Container, stdio: Stdio) -> Ends:
    """Raises FailedPrecondition with why it cannot be attached to, and what to do instead."""
    if not stdio.terminal:
        raise _no("it was started without a terminal", container, _LOOK)
    if (ours := _ours(container, stdio)) is not None:
        return ours
    owner = owner_of(container)
    if owner is not None and owner.short in _THEIRS:
        what = f"{owner.name}'s own process reads its terminal, and of two readers each gets a part"
        raise _no(what, container, _THEIRS[owner.short])
    return _fifo_ends(container, stdio)


@asynccontextmanager
async def attached(
    client: Client, container: Container, size: Size, *, seen: Life | None = None
) -> AsyncIterator[Line]:
    """The line to its terminal for the time of the block, which leaves it as it was.

    The size is told twice: a program that fills the screen draws it anew then. Where the namespace
    is read-only it is only watched: nothing is typed into it and it keeps its size. Raises
    FailedPrecondition when it does not run, or cannot be attached to, ReadOnly where looking would
    take its output away from others.
    """
    found = await same_container(client, container)
    task = await same_task(client, found, seen)
    if task is None or task.status in {TaskStatus.STOPPED, TaskStatus.CREATED}:
        raise _no("it does not run", found, "Start it first.")
    ends = ends_of(found, await client.tasks.stdio(found.id, namespace=found.namespace))
    if not ends.kept:
        client.check_writable(found.namespace)
    watched = client.is_read_only(found.namespace)
    stdin = None if watched else await _open_input(ends)
    try:
        async with _output(ends, found) as stdout:
            line = Line(client, found.key, "", stdin, stdout, ends.kept, watched)
            await line.resize(Size(size.columns, max(1, size.rows - 1)))
            await line.resize(size)
            yield line
    finally:
        if stdin is not None:
            os.close(stdin)


@asynccontextmanager
async def _output(ends: Ends, container: Container) -> AsyncIterator[int]:
    try:
        tail = Tail(ends.stdout) if ends.kept else None
        fd = tail.fd if tail is not None else open_reader(ends.stdout)
    except OSError as error:
        what = f"its output cannot be read ({error.strerror})"
        raise _no(what, container, "Restart it to begin anew.") from error
    try:
        yield fd
    finally:
        if tail is not None:
            tail.close()
        else:
            os.close(fd)


async def _open_input(ends: Ends) -> int | None:
    if ends.stdin is not None:
        with suppress(NotFound):
            return await open_writer(ends.stdin)
    return None


def _ours(container: Container, stdio: Stdio) -> Ends | None:
    """What a ctdeck has started, whosever; its label is believed where the shim does what it says.

    One of a ctdeck before it could attach has no input.
    """
    label = container.labels.get(STDOUT_LABEL, "")
    if not label.startswith("/"):
        return None
    log = Path(label)
    if stdio.stdout != log_uri(log, terminal=True):
        return None
    is_there = stdio.stdin == os.fspath(stdin_of(log))
    return Ends(stdin_of(log) if is_there else None, log, kept=True)


def _fifo_ends(container: Container, stdio: Stdio) -> Ends:
    """As `ctr run -d -t` leaves them."""
    parts = urlsplit(stdio.stdout)
    if not stdio.stdout:
        raise _no("its output goes nowhere", container, "Execute a shell in it.")
    if parts.scheme == "binary":
        program = safe(Path(unquote(parts.path)).name)
        raise _no(f"its output goes to {program} alone", container, _LOOK)
    path = Path(unquote(parts.path) if parts.scheme == "fifo" else stdio.stdout)
    stdin = Path(stdio.stdin) if stdio.stdin.startswith("/") else None
    if not _is_fifo(path):
        raise _no("its output cannot be read from here", container, _LOOK)
    return Ends(stdin if stdin is not None and _is_fifo(stdin) else None, path, kept=False)


def _is_fifo(path: Path) -> bool:
    try:
        return stat.S_ISFIFO(path.lstat().st_mode)
    except OSError:
        return False


def _no(what: str, container: Container, remedy: str) -> FailedPrecondition:
    return FailedPrecondition(what, subject=container.id, remedy=remedy)
