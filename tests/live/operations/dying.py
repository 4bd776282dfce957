"""Processes that do something to containers, and are killed by SIGKILL after so many calls.

They are forked from one that has imported everything and made no connection yet: a death costs
some 10 ms and not the start of an interpreter.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from .conftest import Stage

_SCRIPT = """
import asyncio, json, os, signal, sys
from pathlib import Path
from aiocontainerd.client import Client
from aiocontainerd.operations import delete_container, restart, run, start
from aiocontainerd.pull import Pulls
from aiocontainerd.run_options import RunOptions
from aiocontainerd.state import StateDirectory
import aiocontainerd.pull.by_us, aiocontainerd.pull.by_daemon, aiohttp
import aiocontainerd.services.containers, aiocontainerd.services.snapshots
import aiocontainerd.services.tasks, aiocontainerd.services.leases

os.environ["GRPC_VERBOSITY"] = "NONE"

async def act(what, socket, namespace, image, state, calls, id, terminal, remove, script):
    client, state = Client(socket), StateDirectory(Path(state))
    unary, left = client.channel.unary, calls

    async def counted(*args, **kwargs):
        nonlocal left
        answer = await unary(*args, **kwargs)
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    client.channel.unary = counted
    if what == "run":
        options = RunOptions(image, id, ("/bin/sh", "-c", script), terminal=terminal, remove=remove)
        await run(client, options, namespace=namespace, state=state)
    elif what == "pull":
        pulls = Pulls(client, config_dirs=())
        await pulls.start(image, namespace=namespace, plain_http=True).wait()
    else:
        found = await client.containers.get(id, namespace=namespace)
        if what == "start":
            await start(client, found, state=state)
        elif what == "restart":
            await restart(client, found, state=state, grace=0)
        else:
            await delete_container(client, found, state=state, grace=0)
    os.write(1, b"through\\n")
    os.kill(os.getpid(), signal.SIGKILL)

for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        os.write(1, b"%d\\n" % os.getpid())
        asyncio.run(act(**json.loads(line)))
        os._exit(1)
    _, status = os.waitpid(pid, 0)
    os.write(1, b"dead\\n" if os.WIFSIGNALED(status) else b"failed\\n")
"""


class Mortal:
    """Begets the processes that die; `stage` is where they act."""

    def __init__(self, stage: Stage, process: asyncio.subprocess.Process) -> None:
        self._stage = stage
        self._process = process

    async def die(
        self,
        what: str,
        calls: int = 0,
        *,
        when: Callable[[], Awaitable[object]] | None = None,
        **options: Any,
    ) -> bool:
        """Do `what` to the container "c" and die, after `calls` or `when` that has come about.

        With neither it gets through.

        True if it got through first.
        """
        stage = self._stage
        words = {
            "what": what,
            "socket": str(stage.daemon.socket),
            "namespace": stage.namespace,
            "image": stage.image,
            "state": str(stage.state.root),
            "calls": calls,
            "id": "c",
            "terminal": False,
            "remove": False,
            "script": "sleep 1000",
            **options,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words).encode() + b"\n")
        pid = int(await self._line())
        if when is not None:
            await when()
            os.kill(pid, signal.SIGKILL)
        lines = [await self._line()]
        if lines == [b"through\n"]:
            lines.append(await self._line())
        assert lines[-1] == b"dead\n", f"it failed: {lines}"
        return len(lines) == 2

    async def _line(self) -> bytes:
        assert self._process.stdout is not None
        return await self._process.stdout.readline()


@asynccontextmanager
async def mortal(stage: Stage) -> AsyncIterator[Mortal]:
    """One for the time of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _SCRIPT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Mortal(stage, process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
