"""A toolbox in the namespaces of a container that has no shell itself, gone when it is left.

It is a container of its own, made and removed as any (`running.py`, `delete.py`): only its process,
network, IPC and host name namespaces are the target's. The files of that are reached through
/proc, as its first process sees them.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.models import TOOLBOX_LABEL, Container, Task, TaskStatus
from aiocontainerd.operations.attaching import attached
from aiocontainerd.operations.delete import delete_container
from aiocontainerd.operations.guardian import now, watch
from aiocontainerd.operations.identity import Life, same_container, same_task
from aiocontainerd.operations.lines import Line, Size
from aiocontainerd.operations.running import run
from aiocontainerd.run_options import RunOptions
from aiocontainerd.settled import settled
from aiocontainerd.state import StateDirectory
from aiocontainerd.watcher import Watcher

TARGET = "TARGET"  # the variable that says where the target's files are
_ID_MAX = 56  # characters of the target's id in the toolbox's
# Names are looked up as the target does it, and one begins among its files: by the shell's own cd,
# and with a prompt of ours, because no getcwd leads to them.
_SHELL = (
    'for f in hosts resolv.conf;do cat "$TARGET/etc/$f" >"/etc/$f" 2>/dev/null;done;'
    r"""echo 'cd "$TARGET";unset ENV;PS1="\$PWD # "' >/.toolbox;ENV=/.toolbox exec sh"""
)


@dataclass(frozen=True, slots=True)
class Toolbox:
    """What runs: its id, the line to its terminal, and where in it the target's files are."""

    id: str
    line: Line
    files: str


@asynccontextmanager
async def toolbox(
    client: Client,
    target: Container,
    image: str,
    *,
    namespace: str,
    state: StateDirectory,
    size: Size,
    term: str = "xterm",
    command: tuple[str, ...] = (),
    seen: Life | None = None,
) -> AsyncIterator[Toolbox]:
    """Run `image` in `namespace`, joined to the target's namespaces, for the time of the block.

    Its first process is the shell `sh`, or the `command`. Raises FailedPrecondition when the target
    does not run, and what `run` raises; nothing is left behind then.
    """
    for each in (namespace, target.namespace):  # the target's files and processes are reached, too
        client.check_writable(each)
    found = await same_container(client, target)
    task = await _running(client, found, seen)
    spec = await client.containers.spec(found.id, namespace=found.namespace)
    shares_pids = (await client.locate()).shares_pids
    files = await asyncio.to_thread(_files, spec, task.pid, shares_pids)
    env = (f"TERM={term}", f"{TARGET}={files}")
    options = _options(found, task, image, command or ("sh", "-c", _SHELL), env)
    await _running(client, found, Life(task.pid, task.since))
    since = now()
    result = await run(client, options, namespace=namespace, state=state)
    with Watcher() as watcher:
        try:
            await watch(watcher, client, result.pid, since, like=task.pid, by="pid")
            async with attached(client, result.container, size) as line:
                yield Toolbox(options.id, line, files)
        finally:
            await settled(delete_container(client, result.container, state=state, kill=True))
            watcher.release()


def _options(
    target: Container, task: Task, image: str, command: tuple[str, ...], env: tuple[str, ...]
) -> RunOptions:
    return RunOptions(
        image,
        f"{target.id[:_ID_MAX].rstrip('._-')}-debug-{secrets.token_hex(3)}",
        command,
        env=env,
        terminal=True,
        remove=True,
        joins=task.pid,
        labels=((TOOLBOX_LABEL, f"{target.namespace}/{target.id}"),),
    )


async def _running(client: Client, target: Container, seen: Life | None) -> Task:
    task = await same_task(client, target, seen)
    if task is None or task.status in {TaskStatus.STOPPED, TaskStatus.CREATED} or not task.pid:
        raise FailedPrecondition(
            "it does not run, so it has no namespaces to join",
            subject=target.id,
            remedy="Start it first.",
        )
    return task


def _files(spec: Mapping[str, Any], pid: int, shares_pids: bool) -> str:
    """The root of the target's first process, as its process namespace numbers that one.

    With a namespace of its own that is 1; of one that it shares, /proc tells where it is ours.
    """
    linux = spec.get("linux")
    kinds = (linux.get("namespaces") if isinstance(linux, dict) else None) or ()
    own = [each for each in kinds if isinstance(each, dict) and each.get("type") == "pid"]
    number = 1 if own and not own[0].get("path") else pid
    if number != 1 and shares_pids:
        try:
            lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
            number = next(
                int(line.split()[-1]) for line in lines.splitlines() if line.startswith("NSpid:")
            )
        except (OSError, ValueError, StopIteration):
            pass
    return f"/proc/{number}/root"
