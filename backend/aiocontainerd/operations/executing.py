"""One more process with a terminal in a running container, and its end whatever becomes of us.

Exec → Wait → Start → ResizePty, and always DeleteProcess (containerd's tasks service). Each has a
private folder of ours with its two FIFOs and a note of who made it, so that what a ctdeck that was
killed left running is found by the next one (`exec_notes.py`).
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiocontainerd.client import Client
from aiocontainerd.errors import (
    ContainerdError,
    DaemonError,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
)
from aiocontainerd.models import Container, Key, Task, TaskStatus
from aiocontainerd.operations.exec_notes import ExecNote, forget, new_note
from aiocontainerd.operations.guardian import now, watch
from aiocontainerd.operations.identity import Life, same_container, same_task
from aiocontainerd.operations.lines import (
    INPUT,
    OUTPUT,
    Line,
    Size,
    ended,
    made_fifo,
    open_both,
    open_reader,
)
from aiocontainerd.operations.notes import logs_of
from aiocontainerd.operations.plan import resolved_in
from aiocontainerd.operations.refusals import plain
from aiocontainerd.settled import settled
from aiocontainerd.state import StateDirectory
from aiocontainerd.users import ResolvedUser
from aiocontainerd.watcher import Watcher

HUP, KILL = 1, 9
HUP_WAIT, KILL_WAIT = 2.0, 5.0  # seconds that a process may take to end
# Seconds for each call that ends one: a user waits. Where the daemon or a shim hangs, the guard
# ends the process, and what is left of it is noted.
ANSWER = 3.0
_BROKEN = re.compile("[\x00\ud800-\udfff]")
_SIZE = Size(80, 24)


@dataclass(frozen=True, slots=True)
class ExecOptions:
    """What to execute: `args` may hold secrets, so that no repr shows them.

    `user` is a name or id of the container ("" for its own), `cwd` an absolute path. `term` and
    `size` are those of the terminal that will show it. Raises InvalidArgument.
    """

    args: tuple[str, ...] = field(repr=False)
    user: str = ""
    cwd: str = ""
    term: str = "xterm"
    size: Size = _SIZE

    def __post_init__(self) -> None:
        if not self.args or not self.args[0]:
            raise InvalidArgument("no command was given", remedy="Type one, such as sh.")
        if any(_BROKEN.search(text) for text in (*self.args, self.user, self.cwd)):
            raise InvalidArgument(
                "a command, user or path holds a NUL or broken text", remedy="Write plain text."
            )
        if self.cwd and not self.cwd.startswith("/"):
            raise InvalidArgument(
                "the directory must be an absolute path", remedy="Write it in full, from '/'."
            )


@asynccontextmanager
async def executed(
    client: Client,
    container: Container,
    options: ExecOptions,
    *,
    state: StateDirectory,
    seen: Life | None = None,
) -> AsyncIterator[Line]:
    """A process of the container for as long as the block lasts, and the line to its terminal.

    With the block it ends: SIGHUP, as when a terminal is closed, then SIGKILL. `seen` is what ran
    when the user looked.

    Raises FailedPrecondition (it does not run, is paused, was restarted), NoProgram and
    RuntimeFailed (what runc refuses), InvalidArgument (the user), and what the daemon answers.
    """
    client.check_writable(container.namespace)
    found = await same_container(client, container)
    task = await _running(client, found, seen)
    spec = await client.containers.spec(found.id, namespace=found.namespace)
    user = await _user(client, found, options.user)
    process = process_like(spec, options, user)
    state = await logs_of(client, state)
    note = await asyncio.to_thread(new_note, state, found.key)
    opened: list[int] = []
    since = now()
    with Watcher() as watcher:
        try:
            line, pid = await _begin(client, note, process, opened)
            await watch(watcher, client, pid, since, like=task.pid, by="mnt")
            await line.resize(options.size)
            yield line
        finally:
            for each in opened:
                os.close(each)
            await settled(_end(client, note, state, watcher))


def process_like(
    spec: Mapping[str, Any], options: ExecOptions, user: ResolvedUser | None
) -> dict[str, Any]:
    """The container's own process with another command: same rights, limits and variables. Pure."""
    own = spec.get("process")
    own = own if isinstance(own, dict) else {}
    env = [each for each in own.get("env") or () if not str(each).startswith("TERM=")]
    process = {
        **own,
        "terminal": True,
        "consoleSize": {"width": options.size.columns, "height": options.size.rows},
        "args": list(options.args),
        "env": [*env, f"TERM={options.term}"],
        "cwd": options.cwd or own.get("cwd") or "/",
    }
    process.pop("commandLine", None)
    if user is not None:
        groups = list(user.groups)
        process["user"] = {"uid": user.uid, "gid": user.gid, "additionalGids": groups}
    return process


async def end_exec(client: Client, key: Key, exec_id: str) -> None:
    """End it and remove it; one that is gone is no error. Raises when it does not end."""
    try:
        await _remove(client, key, exec_id)
    except DaemonError:  # it runs
        await _kill(client, key, exec_id)
        await _remove(client, key, exec_id)


async def _kill(client: Client, key: Key, exec_id: str) -> None:
    for signal, seconds in ((HUP, HUP_WAIT), (KILL, KILL_WAIT)):
        try:
            await client.tasks.kill(
                key.id, signal, namespace=key.namespace, exec_id=exec_id, timeout=ANSWER
            )
            async with asyncio.timeout(seconds):
                await ended(client, key, exec_id)
        except TimeoutError:
            continue
        except NotFound:  # it has ended, or never began
            pass
        except ContainerdError:  # in a state that takes no signal: delete_process tells
            pass
        break


async def _remove(client: Client, key: Key, exec_id: str) -> None:
    """Raises DaemonError while it runs."""
    with suppress(NotFound):
        await client.tasks.delete_process(key.id, exec_id, namespace=key.namespace, timeout=ANSWER)


async def _running(client: Client, container: Container, seen: Life | None) -> Task:
    task = await same_task(client, container, seen)
    if task is None or task.status in {TaskStatus.STOPPED, TaskStatus.CREATED}:
        raise FailedPrecondition(
            "it does not run, so nothing can be executed in it",
            subject=container.id,
            remedy="Start it first.",
        )
    if task.status in {TaskStatus.PAUSED, TaskStatus.PAUSING}:
        raise FailedPrecondition(
            "it is paused, and what is executed in it would be frozen as well",
            subject=container.id,
            remedy="Resume it first.",
        )
    return task


async def _user(client: Client, container: Container, text: str) -> ResolvedUser | None:
    if not text:
        return None
    mounts = []
    if container.snapshot_key:
        mounts = await client.snapshots.mounts(
            container.snapshot_key,
            snapshotter=container.snapshotter,
            namespace=container.namespace,
        )
    return await asyncio.to_thread(resolved_in, mounts, text, from_image=False)


async def _begin(
    client: Client,
    note: ExecNote,
    process: Mapping[str, Any],
    opened: list[int],
) -> tuple[Line, int]:
    """It runs when this returns, with the pid that is told; what is `opened` has to be closed."""
    key, exec_id = note.key, note.exec_id
    stdin, stdout = (made_fifo(note.folder / name) for name in (INPUT, OUTPUT))
    opened += [open_reader(stdout), open_both(stdin)]
    tasks = client.tasks
    try:
        await settled(
            tasks.exec(
                key.id,
                exec_id,
                process,
                namespace=key.namespace,
                stdin=os.fspath(stdin),
                stdout=os.fspath(stdout),
            )
        )
        pid = await settled(tasks.start(key.id, namespace=key.namespace, exec_id=exec_id))
    except ContainerdError as error:
        raise plain(error, key.id) from error
    return Line(client, key, exec_id, stdin=opened[1], stdout=opened[0]), pid


async def _end(client: Client, note: ExecNote, state: StateDirectory, watcher: Watcher) -> None:
    """What cannot be removed now (the daemon is away) stays noted, and is removed later."""
    try:
        await end_exec(client, note.key, note.exec_id)
    except ContainerdError:
        note.release()
    else:
        watcher.release()
        await asyncio.to_thread(forget, state, note)
