"""The simulator as a site: what would take real daemons too long, and no root."""

import asyncio
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from .ground import CTDECK, Site

PATIENCE = 120.0  # seconds


@asynccontextmanager
async def simulated(*arguments: str) -> AsyncIterator[Site]:
    """Start `python -m aiocontainerd.simulator` with these arguments; end it with the block."""
    with tempfile.TemporaryDirectory(prefix="ctd-bench-") as folder:
        socket = str(Path(folder, "c.sock"))
        command = (sys.executable, "-m", "aiocontainerd.simulator", "--address", socket)
        process = await asyncio.create_subprocess_exec(
            *command, *arguments, stdin=DEVNULL, stdout=PIPE
        )
        try:
            assert process.stdout is not None
            line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
            assert line.startswith(b"serving"), f"the simulator says {line!r}"
            yield Site([CTDECK, "--address", socket], {"XDG_STATE_HOME": folder}, process.pid)
        finally:
            process.terminate()
            await process.wait()
