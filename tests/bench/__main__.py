"""`make bench`: our speed as ratios, beside `ctr` or a bare Textual app in the same run.

Nothing in it passes or fails. ARGS="--only run,pull --releases 2 --repeats 3 --write".
"""

import argparse
import asyncio
import os
import sys
import traceback
from collections.abc import Awaitable, Sequence
from dataclasses import replace

from .figures import Measure, table
from .ground import ground, machine
from .pace import Pace
from .parts import PARTS
from .results import write

Lines = tuple[str, list[Measure]]  # a part's name, and what it measured


async def bench(names: Sequence[str], releases: Sequence[str], pace: Pace) -> list[Measure]:
    """Measure all that is named: what needs no daemon, then one daemon after the other."""
    lines = await _by_itself(names, pace)
    on_daemon = [name for name in names if PARTS[name].on_daemon]
    if os.geteuid() != 0:
        lines += [_broken(name, "", "needs root") for name in on_daemon]
    else:
        for number, release in enumerate(releases):
            here = [name for name in on_daemon if number == 0 or PARTS[name].everywhere]
            lines += await _release(release, here, pace)
    order = list(dict.fromkeys(part.section for part in PARTS.values()))
    lines.sort(key=lambda those: order.index(PARTS[those[0]].section))
    return [measure for _, measures in lines for measure in measures]


async def _by_itself(names: Sequence[str], pace: Pace) -> list[Lines]:
    """The parts without a daemon: those that time one by one, those that only count together."""
    parts = [(name, PARTS[name]) for name in names]
    timed = [(name, it.by_itself) for name, it in parts if it.by_itself and not it.counts]
    counted = [(name, it.by_itself) for name, it in parts if it.by_itself and it.counts]
    lines = [await _part(name, "", measure(pace)) for name, measure in timed]
    return lines + await asyncio.gather(*(_part(name, "", it(pace)) for name, it in counted))


async def _release(release: str, names: Sequence[str], pace: Pace) -> list[Lines]:
    """The parts on one daemon."""
    lines: list[Lines] = []
    async with ground(release) as daemon:
        for name in names:
            measure = PARTS[name].on_daemon
            assert measure is not None
            where = f", containerd {daemon.daemon.version}"
            lines.append(await _part(name, where, measure(daemon, pace)))
    return lines


async def _part(name: str, where: str, measuring: Awaitable[list[Measure]]) -> Lines:
    """A part's lines under the heading of its section; what goes wrong is a line as well."""
    print(f"{name}{where} …", file=sys.stderr, flush=True)
    section = f"{PARTS[name].section}{where}"
    try:
        measures = await measuring
    except Exception as error:
        traceback.print_exc()
        return _broken(name, where, f"broke: {type(error).__name__}")
    return name, [replace(measure, section=measure.section or section) for measure in measures]


def _broken(name: str, where: str, why: str) -> Lines:
    """The line of a part that has not been measured."""
    return name, [Measure(name, (), beside_name=why, section=f"{PARTS[name].section}{where}")]


def main() -> None:
    """Read the arguments, measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help="of %(default)s")
    parser.add_argument("--releases", default="2,1.6", help="of 1.6, 1.7, 2; %(default)s")
    parser.add_argument("--repeats", type=int, default=7, help="rounds at the most: %(default)s")
    parser.add_argument("--budget", type=float, default=30, help="seconds for each: %(default)s")
    parser.add_argument("--write", action="store_true", help="keep the table in RESULTS.md")
    given = parser.parse_args()
    names = given.only.split(",")
    if unknown := set(names) - set(PARTS):
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    if given.write and set(names) != set(PARTS):
        parser.error("--write keeps a whole table: without --only")
    pace, heading = Pace(given.repeats, given.budget), machine()
    measures = asyncio.run(bench(names, given.releases.split(","), pace))
    text = f"{heading}\nup to {pace.repeats} rounds, in turns\n\n{table(measures)}"
    print(text)
    if given.write:
        write(text)


if __name__ == "__main__":
    main()
