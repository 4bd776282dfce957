"""What there is to measure: each part's section of the table, and what it stands on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from . import bursts, bytes, first_act, first_frame, keys, log, pulling, rest, rows, views
from .figures import Measure
from .ground import Ground
from .pace import Pace

OnDaemon = Callable[[Ground, Pace], Awaitable[list[Measure]]]
ByItself = Callable[[Pace], Awaitable[list[Measure]]]
SORT = "sort by"


@dataclass(frozen=True)
class Part:
    """One part of the bench: on a real daemon, which takes root, or by itself.

    `everywhere`: on each release and not only on the first, because they differ in it. `counts`:
    what it does by itself counts and does not time, so that others of the kind may run beside it.
    """

    section: str
    on_daemon: OnDaemon | None = None
    by_itself: ByItself | None = None
    everywhere: bool = False
    counts: bool = False


async def _views(pace: Pace) -> list[Measure]:
    """The lists at 100,000 rows; of sorting by each column one line."""
    lines = await views.measure((100_000,), ((200, 50),))
    sorts = [line for line in lines if line.name.startswith(SORT)]
    times = [time for line in sorts for time in line.ours]
    merged = replace(sorts[0], name=f"{SORT} any column", ours=times, statistic="highest")
    rest = [line for line in lines if line not in sorts]
    where = f"Keys in one process, its CPU, {lines[0].section}"
    return [replace(line, section=where) for line in (*rest, merged)]


# In the order of the table; `rest` wants containers that are a minute old.
PARTS = {
    "frame": Part("Start", first_frame.measure, everywhere=True),
    "keys": Part("Keys", keys.measure),
    "views": Part("Keys", by_itself=_views),
    "store": Part("Changes", rows.in_store),
    "row": Part("Changes", rows.on_screen),
    "log": Part("Logs", by_itself=log.measure),
    "bytes": Part("Bytes to the terminal, 10,000, 200x50", by_itself=bytes.measure, counts=True),
    "bursts": Part("Bursts", bursts.measure, bursts.storm),
    "crowd": Part("At rest", by_itself=rest.simulate, counts=True),
    "rest": Part("At rest", rest.measure),
    "run": Part("Acts", first_act.measure, everywhere=True),
    "pull": Part("Acts", pulling.measure, everywhere=True),
}
