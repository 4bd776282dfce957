"""`make bench`: our speed beside that of `ctr` of the same daemon, in the same run.

Prints ratios; nothing in it passes or fails. ARGS="--only run,pull --releases 2 --repeats 3".
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

from . import first_act, first_frame, pulling, rows
from .figures import Measure, table
from .ground import Ground, ground, machine
from .pace import Pace

Measuring = Callable[[Ground, Pace], Awaitable[list[Measure]]]
MEASURES: dict[str, Measuring] = {
    "run": first_act.measure,
    "pull": pulling.measure,
    "store": rows.in_store,
    "row": rows.on_screen,
    "frame": first_frame.measure,
}


async def bench(names: list[str], releases: list[str], pace: Pace) -> list[Measure]:
    """Measure all that is named, one daemon after the other; progress goes to stderr."""
    measures: list[Measure] = []
    for release in releases:
        async with ground(release) as daemon:
            for name in names:
                print(f"containerd {daemon.daemon.version}: {name} …", file=sys.stderr, flush=True)
                measures += await MEASURES[name](daemon, pace)
    return measures


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default=",".join(MEASURES), help="of %(default)s")
    parser.add_argument("--releases", default="2,1.6", help="of 1.6, 1.7, 2; %(default)s")
    parser.add_argument("--repeats", type=int, default=7, help="rounds at the most: %(default)s")
    parser.add_argument("--budget", type=float, default=60, help="seconds for each: %(default)s")
    given = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("it starts containerd: run it as root")
    names = given.only.split(",")
    if unknown := set(names) - set(MEASURES):
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    pace = Pace(given.repeats, given.budget)
    measures = asyncio.run(bench(names, given.releases.split(","), pace))
    print(f"{machine()}\nmedian (lowest to highest) of up to {pace.repeats} rounds, in turns\n")
    print(table(measures))


if __name__ == "__main__":
    main()
