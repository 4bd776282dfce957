"""From a key written to the terminal to what it paints, with 10,000 containers."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from .bare_keys import WORDS
from .figures import Measure
from .ground import Ground
from .pace import Pace
from .terminal import Echo, Terminal

COUNT = 10_000
COLUMNS, ROWS = 200, 50
BARE = str(Path(__file__).with_name("bare_keys.py"))
MOVE_GOAL = 0.016  # seconds
FILTER_GOAL = 0.1  # seconds
BESIDE = "bare app"

STEPS = "jjjjkjkj"
JUMPS = ("\x1b[6~", "\x1b[6~", "\x1b[5~", "G", "g")  # page down, down, up; last, first
FILTER = "row0999"


async def measure(ground: Ground, pace: Pace) -> list[Measure]:
    """Steps, jumps and the letters of a filter, each after the one before has been painted."""
    filled = await ground.rows(COUNT)
    with (
        Terminal(filled.ctdeck, columns=COLUMNS, rows=ROWS, env=filled.env) as ours,
        Terminal([sys.executable, BARE], columns=COLUMNS, rows=ROWS) as bare,
    ):
        echoes = await asyncio.to_thread(_type, ours, bare, pace.repeats)
    return _measures(*echoes)


def _type(ours: Terminal, bare: Terminal, rounds: int) -> Sequence[list[Echo]]:
    """Steps, jumps and filter keys on ours, any key on the bare app, in turns.

    The first round warms up and does not count, as everywhere (Pace).
    """
    steps: list[Echo] = []
    jumps: list[Echo] = []
    letters: list[Echo] = []
    floor: list[Echo] = []
    ours.until(rb"row\d{5}")
    bare.until(WORDS.encode())
    ours.settle(1.0)
    bare.settle()
    for number in range(rounds + 1):
        if number == 1:
            for warm in (steps, jumps, letters, floor):
                warm.clear()
        steps += [ours.echo(key) for key in STEPS]
        floor += [bare.echo(key) for key in STEPS]
        jumps += [ours.echo(key) for key in JUMPS]
        ours.echo("/")
        letters += [ours.echo(key) for key in FILTER]
        ours.echo("\x1b")
        floor += [bare.echo(key) for key in STEPS]
    return steps, jumps, letters, floor


def _measures(
    steps: list[Echo], jumps: list[Echo], letters: list[Echo], floor: list[Echo]
) -> list[Measure]:
    """The table's lines; what counts for a filter is that its rows stand."""
    bare, bare_cpu = [echo.first for echo in floor], [echo.cpu for echo in floor]

    def line(name: str, times: list[float], goal: float | None = None) -> Measure:
        return Measure(name, times, bare, BESIDE, goal, statistic="p95", absolute=True)

    def cpu(echoes: list[Echo]) -> Measure:
        return Measure("    CPU of each", [it.cpu for it in echoes], bare_cpu, BESIDE)

    return [
        line("cursor key to paint, 10,000", [it.first for it in steps], MOVE_GOAL),
        cpu(steps),
        line("page, g, G to paint, 10,000", [it.first for it in jumps], MOVE_GOAL),
        cpu(jumps),
        line("steps and jumps until details stand", [it.last for it in steps + jumps]),
        line("filter key to its rows, 10,000", [it.last for it in letters], FILTER_GOAL),
        cpu(letters),
    ]
