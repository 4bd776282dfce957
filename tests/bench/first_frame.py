"""From the start of a fresh process to its first useful frame, in a real terminal."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from .bare import WORDS
from .figures import Measure
from .ground import IMAGE, Ground
from .pace import Pace
from .terminal import Terminal

CONTAINERS = 100
BARE = str(Path(__file__).with_name("bare.py"))
CTDECK = str(Path(sys.executable).with_name("ctdeck"))


def command(ground: Ground) -> list[str]:
    """The command line of ctdeck, looking at the bench's namespace."""
    return [CTDECK, "--address", str(ground.daemon.socket), "--namespace", ground.namespace]


async def measure(ground: Ground, pace: Pace) -> list[Measure]:
    """ctdeck until a container's id is on the screen; a bare app until its words are.

    The CPU time beside it is what a busy machine does not change much.
    """
    for number in range(CONTAINERS):
        await ground.ctr("containers", "create", IMAGE, f"frame-{number:03}")
    state = {"XDG_STATE_HOME": str(ground.folder)}
    cpu: dict[str, list[float]] = {}

    def start(command: Sequence[str], sign: bytes) -> float:
        with Terminal(command, env=state) as terminal:
            seconds = terminal.until(sign) - terminal.begun
            cpu.setdefault(command[-1], []).append(terminal.cpu_time())
            return seconds

    ours, bare = command(ground), [sys.executable, BARE]
    ours_times, bare_times = await pace.rounds(
        lambda: asyncio.to_thread(start, ours, rb"frame-\d\d\d"),
        lambda: asyncio.to_thread(start, bare, WORDS.encode()),
    )
    for number in range(CONTAINERS):
        await ground.ctr("containers", "rm", f"frame-{number:03}")
    ours_cpu, bare_cpu = (cpu[each[-1]][1:] for each in (ours, bare))
    name = f"first frame with {CONTAINERS} containers, {ground.daemon.version}"
    return [
        Measure(name, ours_times, bare_times, "bare Textual app with grpc", goal=1.2),
        Measure("    its CPU time", ours_cpu, bare_cpu, "of the bare app"),
    ]
