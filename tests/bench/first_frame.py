"""From the start of a fresh process to its first useful frame, in a real terminal."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from .bare import WORDS
from .figures import Measure
from .ground import Ground
from .pace import Pace
from .terminal import Terminal

# How many containers, and how many times the start of a bare app that may take.
GOALS = {100: 1.1, 1_000: None, 10_000: 1.4}
A_ROW = rb"row\d{5}"
KEYS = b"help"  # the line of keys is Textual's, not that of the first picture
BARE, BARE_LIST = (str(Path(__file__).with_name(name)) for name in ("bare.py", "bare_list.py"))


async def measure(ground: Ground, pace: Pace) -> list[Measure]:
    """ctdeck until a container's id is on the screen, and until its keys are; a bare app until its
    words are.

    The CPU time beside it is what a busy machine does not change much. The floor is a bare app
    that lists the containers too.
    """
    measures: list[Measure] = []
    for count, goal in GOALS.items():
        measures += await _measure(await ground.rows(count), pace, count, goal)
    return measures


async def _measure(ground: Ground, pace: Pace, count: int, goal: float | None) -> list[Measure]:
    """The lines for one number of containers."""
    socket, namespace = str(ground.daemon.socket), ground.namespace
    cpu: dict[str, list[float]] = {"ours": [], "bare": [], "list": []}
    keys: list[float] = []

    async def start(name: str, command: Sequence[str], sign: bytes) -> float:
        def run() -> float:
            with Terminal(command, env=ground.env) as terminal:
                seconds = terminal.until(sign, keep=True) - terminal.begun
                cpu[name].append(terminal.cpu_time())
                if name == "ours":
                    keys.append(terminal.until(KEYS) - terminal.begun)
                return seconds

        return await asyncio.to_thread(run)

    ours, bare, floor = await pace.rounds(
        lambda: start("ours", ground.ctdeck, A_ROW),
        lambda: start("bare", [sys.executable, BARE], WORDS.encode()),
        lambda: start("list", [sys.executable, BARE_LIST, socket, namespace], A_ROW),
    )
    for times in (*cpu.values(), keys):
        del times[0]  # that of the round before those that count
    of = "bare app"
    return [
        Measure(f"first frame with {count:,} containers", ours, bare, of, goal=goal),
        Measure("    its CPU time", cpu["ours"], cpu["bare"], "bare app"),
        Measure("    Textual's own, with the keys", keys, bare, of),
        Measure("    floor: a bare app that lists", floor, bare, of),
        Measure("    its CPU time", cpu["list"], cpu["bare"], "bare app"),
    ]
