"""At rest with a still daemon: CPU, bytes to the terminal, memory, and what the daemon does."""

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from .bare import WORDS
from .figures import Measure
from .first_frame import BARE
from .ground import Ground, Site
from .pace import Pace
from .simulated import simulated
from .terminal import Terminal
from .units import BYTES, BYTES_PER_SECOND, PERCENT, Unit
from .usage import Memory, cpu_time, memory

COUNTS = (100, 10_000)
WINDOW = 33.0  # seconds: one look at everything (every 30, reconcile.RESYNC) falls into it
SETTLING = 2.0  # seconds in which a settled program
STILL = 0.05  # takes less CPU than this, in seconds: it has read all that it wants
AGE = 60.0  # seconds: ages below a minute tick each second
MEMORY = {100: 60e6, 10_000: 100e6}  # bytes, goals
CPU = 0.3  # percent of a core, goal
TRAFFIC = 20.0  # bytes a second, goal
BARE_APP = "bare app"


@dataclass(frozen=True)
class Rest:
    """A program's window: percent of a core, bytes a second, and memory at its end."""

    cpu: float
    traffic: float
    memory: Memory


async def measure(ground: Ground, pace: Pace) -> list[Measure]:
    """Real daemons without a client, then with ctdeck looking at each, a bare app beside."""
    filled = {count: await ground.rows(count) for count in COUNTS}
    for count, there in filled.items():
        await _ripen(there, f"row{count - 1:05}")
    alone = await asyncio.gather(*(_cpu(there.daemon.pid) for there in filled.values()))
    rests, bare = await _rests([there.site for there in filled.values()])
    measures: list[Measure] = []
    for count, before, (ours, daemon) in zip(COUNTS, alone, rests, strict=True):
        measures += _lines(f"{count:,}", ours, bare, MEMORY[count])
        measures.append(
            Measure("    CPU of the daemon", (daemon,), (before,), "with no client", unit=PERCENT)
        )
    return measures


async def simulate(pace: Pace) -> list[Measure]:
    """The same with 10,000 running tasks, and with 100,000 records; for information."""
    crowds = {
        "10,000 running": ("--containers", "10000", "--running", "10000"),
        "100,000": ("--containers", "100000"),
    }
    async with AsyncExitStack() as stack:
        sites = [await stack.enter_async_context(simulated(*it)) for it in crowds.values()]
        await asyncio.sleep(AGE)
        rests, bare = await _rests(sites)
    measures: list[Measure] = []
    for name, (ours, _) in zip(crowds, rests, strict=True):
        measures += _lines(f"{name} (simulator)", ours, bare, None)
    return measures


async def _ripen(ground: Ground, youngest: str) -> None:
    """Wait until the youngest row is so old that its age does not tick each second."""
    record = await ground.client.containers.get(youngest, namespace=ground.namespace)
    assert record.created_at is not None
    age = (datetime.now(UTC) - record.created_at).total_seconds()
    await asyncio.sleep(max(0.0, AGE - age))


async def _rests(sites: list[Site]) -> tuple[list[tuple[Rest, float]], Rest]:
    """In one window: each site's ctdeck and the CPU of its daemon; and a bare app."""
    async with AsyncExitStack() as stack:
        bare = stack.enter_context(Terminal([sys.executable, BARE]))
        await _settle(bare, WORDS.encode())
        decks = []
        for site in sites:
            decks.append(stack.enter_context(Terminal(site.ctdeck, env=site.env)))
            await _settle(decks[-1], rb"row\d{5}")
        daemons = asyncio.gather(*(_cpu(site.pid) for site in sites))
        resting, *rests = await asyncio.gather(_rest(bare), *map(_rest, decks))
        return list(zip(rests, await daemons, strict=True)), resting


async def _settle(terminal: Terminal, sign: bytes) -> None:
    await asyncio.to_thread(terminal.until, sign)
    used = 0.0
    while (now := terminal.cpu_time()) - used > STILL:
        used = now
        await asyncio.to_thread(terminal.listen, SETTLING)


async def _rest(terminal: Terminal) -> Rest:
    cpu, count = await asyncio.gather(
        _cpu(terminal.pid), asyncio.to_thread(terminal.listen, WINDOW)
    )
    return Rest(cpu, count / WINDOW, memory(terminal.pid))


async def _cpu(pid: int) -> float:
    """Percent of a core that a process takes in a window."""
    before, begun = cpu_time(pid), time.monotonic()
    await asyncio.sleep(WINDOW)
    return (cpu_time(pid) - before) / (time.monotonic() - begun) * 100


def _lines(name: str, ours: Rest, bare: Rest, memory: float | None) -> list[Measure]:
    """The table's lines of one ctdeck; without a goal for its memory there is none at all."""

    def line(name: str, read: Callable[[Rest], float], goal: float | None, unit: Unit) -> Measure:
        figures = (read(ours),), (read(bare),)
        goal = goal if memory else None
        return Measure(name, *figures, BARE_APP, goal, unit, absolute=True)

    return [
        line(f"idle CPU, {name}", lambda it: it.cpu, CPU, PERCENT),
        line("    bytes to the terminal", lambda it: it.traffic, TRAFFIC, BYTES_PER_SECOND),
        line("    memory (RSS), settled", lambda it: it.memory.resident, memory, BYTES),
        line("    memory (RSS), highest", lambda it: it.memory.peak, memory, BYTES),
        line("    memory (PSS), settled", lambda it: it.memory.proportional, None, BYTES),
    ]
