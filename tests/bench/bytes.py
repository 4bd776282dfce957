"""What goes to the terminal, in bytes, at 200 by 50 with 10,000 containers of the simulator.

Beside it the same app with Textual's own way of sending frames (`CTDECK_FRAMES=whole`).
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiocontainerd.simulator.scale import emit, populate
from aiocontainerd.simulator.server import Simulator
from aiocontainerd.simulator.world import World

from .figures import Measure
from .ground import CTDECK, Site
from .pace import Pace
from .simulated import simulated
from .terminal import Terminal
from .units import BYTES, BYTES_PER_SECOND, Unit

COLUMNS, ROWS = 200, 50
# None runs: the numbers of those that do are news, every 2 s.
HOST = ("--containers", "10000", "--images", "200")
STOCK = "plain Textual"
SCROLL_GOAL, DIALOG_GOAL, REST_GOAL = 1300, 25_000, 20  # bytes, bytes, bytes a second
WINDOW = 5.0  # seconds
TURN = 0.05  # seconds
PAUSE = 2.0  # seconds that a dialog may take to look for what it shows
RIPE = 61.0  # seconds after which ages do not tick each second
ESC, PAGE, PALETTE = "\x1b", "\x1b[6~", "\x10"


@dataclass(frozen=True)
class Act:
    """Keys whose bytes are counted, each by itself; `before` and `after` are not counted."""

    name: str
    keys: Sequence[str]
    before: str = ""
    after: str = ""
    goal: float | None = None


ACTS = (
    Act("cursor key", "jjjjjj", before="gg"),
    Act("scroll key", "jjjjjj", before="g" + "j" * 45, goal=SCROLL_GOAL),
    Act("page", [PAGE] * 4, before="g"),
    Act("last, first row", "GgGg"),
    Act("filter: a letter typed", "row", before="/", after=ESC),
    Act("help opens", "?", after=ESC, goal=DIALOG_GOAL),
    Act("question opens (D)", "D", after=ESC, goal=DIALOG_GOAL),
    Act("run form opens", "r", after=ESC, goal=DIALOG_GOAL),
    Act("pull dialog opens", "p", before="1", after=ESC + "2", goal=DIALOG_GOAL),
    Act("palette opens", [PALETTE], after=ESC, goal=DIALOG_GOAL),
    Act("command line opens", ":", after=ESC, goal=DIALOG_GOAL),
    Act("dialog closes (help)", [ESC], before="?", goal=DIALOG_GOAL),
    Act("a message comes (copy)", "c"),
)


async def measure(pace: Pace) -> list[Measure]:
    """Keys, dialogs and messages; ages that tick, typing, rest; changes and a pull."""
    async with simulated(*HOST) as site:
        begun = time.monotonic()
        with _opened(site, "changed") as ours, _opened(site, "whole") as stock:
            lines = await asyncio.to_thread(_still, ours, stock, pace.repeats, begun)
    async with _lively_host() as (site, changes):
        with _opened(site, "changed") as ours, _opened(site, "whole") as stock:
            lines += await asyncio.to_thread(_lively, ours, stock, changes)
    return lines


@asynccontextmanager
async def _lively_host() -> AsyncIterator[tuple[Site, Callable[[], object]]]:
    """A simulator of ours, and what ends the changes in it: a row's label or task each second.

    Its rows are a day old, and what it pulls comes with 1 MB a second.
    """
    born = datetime.now(UTC) - timedelta(days=1)
    world = World(now=lambda: born)
    populate(world, containers=10_000, images=200, running=2000)
    with tempfile.TemporaryDirectory(prefix="ctd-bench-") as folder:
        async with Simulator(Path(folder, "c.sock"), world) as simulator:
            simulator.speed.download = 1e6
            changing = asyncio.create_task(emit(world, 1))
            loop = asyncio.get_running_loop()
            command = [CTDECK, "--address", simulator.address]
            try:
                site = Site(command, {"XDG_STATE_HOME": folder}, os.getpid())
                yield site, lambda: loop.call_soon_threadsafe(changing.cancel)
            finally:
                changing.cancel()
                await asyncio.gather(changing, return_exceptions=True)


def _opened(site: Site, frames: str) -> Terminal:
    env = {**site.env, "CTDECK_FRAMES": frames}
    return Terminal(site.ctdeck, columns=COLUMNS, rows=ROWS, env=env)


def _still(ours: Terminal, stock: Terminal, rounds: int, begun: float) -> list[Measure]:
    """With a daemon at rest."""
    for terminal in (ours, stock):
        terminal.until_shown("row00003")
    _listen(ours, stock, PAUSE)
    lines = [_flow("a screen of ages that tick", ours, stock)]
    _listen(ours, stock, begun + RIPE - time.monotonic())
    lines.append(_flow("at rest", ours, stock, REST_GOAL))
    for terminal in (ours, stock):
        terminal.press(":")
        terminal.settle()
    lines.append(_flow("at rest, typing (cursor)", ours, stock, REST_GOAL))
    for terminal in (ours, stock):
        terminal.press(ESC)
        terminal.settle()
    return [*(_act(act, ours, stock, max(1, rounds // 3)) for act in ACTS), *lines]


def _lively(ours: Terminal, stock: Terminal, end_changes: Callable[[], object]) -> list[Measure]:
    """With one change a second, in rows that are seen; then with a pull instead."""
    for terminal in (ours, stock):
        terminal.until_shown("row00003")
        terminal.settle(0.5, WINDOW)
    lines = [_flow("one row a second changes", ours, stock)]
    end_changes()
    for place, after in (("in its dialog", ""), ("in the line below", ESC)):
        for terminal in (ours, stock):
            terminal.press("1")
            terminal.settle(0.2, 1.0)  # a pull never rests
            terminal.press("p")
            terminal.settle(0.2, 1.0)  # a pull never rests
            terminal.press(f"{place.split()[-1]}\r")
            terminal.settle(0.2, 1.0)
            terminal.press(after)
            terminal.settle(0.2, 1.0)
        lines.append(_flow(f"a pull, {place}", ours, stock))
    return lines


def _flow(name: str, ours: Terminal, stock: Terminal, goal: float | None = None) -> Measure:
    """What comes by itself, in bytes a second."""
    figures = [count / WINDOW for count in _listen(ours, stock, WINDOW)]
    return _line(name, figures[:1], figures[1:], goal, BYTES_PER_SECOND)


def _listen(ours: Terminal, stock: Terminal, seconds: float) -> tuple[int, int]:
    """Read both for so long: one that is not read would fall behind. Returns their bytes."""
    deadline, counts = time.monotonic() + seconds, (0, 0)
    while time.monotonic() < deadline:
        counts = (counts[0] + ours.listen(TURN), counts[1] + stock.listen(TURN))
    return counts


def _act(act: Act, ours: Terminal, stock: Terminal, rounds: int) -> Measure:
    """One act on both, in turns."""
    counts: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for terminal, kept in zip((ours, stock), counts, strict=True):
            kept += _counted(act, terminal)
    return _line(act.name, *counts, act.goal, BYTES)


def _counted(act: Act, terminal: Terminal) -> list[float]:
    """The bytes of each key of an act."""
    if act.before:
        terminal.press(act.before)
        terminal.settle(0.5)
    found = [_bytes_of(key, act, terminal) for key in act.keys]
    for key in act.after:
        terminal.press(key)
        terminal.settle()
    return found


def _bytes_of(key: str, act: Act, terminal: Terminal) -> float:
    """What a key gives rise to; a dialog's for a while, for its cursor may blink without end."""
    if act.goal != DIALOG_GOAL:
        return terminal.echo(key, 0.4).bytes
    terminal.press(key)
    return terminal.listen(PAUSE)


def _line(
    name: str, ours: list[float], stock: list[float], goal: float | None, unit: Unit
) -> Measure:
    return Measure(name, ours, stock, STOCK, goal, unit, absolute=True)
