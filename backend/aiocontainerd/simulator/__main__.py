"""`python -m aiocontainerd.simulator`: the simulated daemon by itself, until TERM or INT."""

import argparse
import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Iterator

from aiocontainerd.simulator.scale import emit, populate
from aiocontainerd.simulator.server import Simulator
from aiocontainerd.simulator.world import World


def _number(text: str) -> int:
    """0 or more."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"not a number from 0 on: {text}")
    return int(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m aiocontainerd.simulator",
        description="An in-memory containerd on a private unix socket.",
    )
    parser.add_argument("--address", required=True, metavar="SOCK", help="the socket to make")
    parser.add_argument("--containers", type=_number, default=0, metavar="N")
    parser.add_argument("--images", type=_number, default=0, metavar="N")
    parser.add_argument(
        "--running", type=_number, default=0, metavar="N", help="containers with a task"
    )
    parser.add_argument("--events-per-second", type=_number, default=0, metavar="N")
    parser.add_argument("--faults", metavar="FILE", help="what goes wrong, as JSON")
    parser.add_argument("--demo", action="store_true", help="a lively, believable host")
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    faults = None
    if arguments.faults:
        from aiocontainerd.simulator.faults import Faults

        faults = Faults.from_file(arguments.faults)
    world = _world(arguments)
    async with Simulator(arguments.address, world, faults=faults) as simulator:
        print(f"serving on {simulator.address}", flush=True)
        going = [asyncio.ensure_future(life) for life in _lives(arguments, simulator)]
        for task in going:
            task.add_done_callback(lambda _: stop.set())  # only a fault of ours ends one
        await stop.wait()
        for task in going:
            task.cancel()
        for ended in await asyncio.gather(*going, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


def _world(arguments: argparse.Namespace) -> World:
    """The world to begin with."""
    world = World()
    if arguments.demo:
        from aiocontainerd.simulator.demo import demo_world

        world = demo_world()
    populate(  # nothing, if nothing is asked for
        world,
        containers=arguments.containers,
        images=arguments.images,
        running=arguments.running,
    )
    gc.freeze()  # 100,000 records that stay need not be looked at again and again
    return world


def _lives(arguments: argparse.Namespace, simulator: Simulator) -> Iterator[Awaitable[None]]:
    """What goes on in it by itself."""
    if arguments.demo:
        from aiocontainerd.simulator.demo import live

        yield live(simulator.world, simulator.lives)
    if arguments.events_per_second:
        yield emit(simulator.world, arguments.events_per_second)


if __name__ == "__main__":
    try:
        asyncio.run(_serve(_arguments()))
    except (OSError, ValueError) as error:
        sys.exit(f"cannot serve: {error}")
