"""`make screenshots`: a private containerd, a believable server on it, and its pictures.

ARGS="main-80x24 help" takes only those.
"""

import argparse
import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiocontainerd.client import Client
from aiocontainerd.models import Phase, Snapshot
from aiocontainerd.pull import Pulls
from aiocontainerd.reconcile import reconcile
from aiocontainerd.state import StateDirectory
from ctdeck.settings import Session
from tests.live.daemons import Daemon
from tests.live.debian import ProvisionError
from tests.live.releases import Release, release

from . import scene, stage, supply
from .cast import PARTS, SAMPLES
from .pictures import PICTURES


class Lasting(Client):
    """A client that outlives the apps that close it."""

    async def close(self) -> None:
        """Not yet: the next picture needs it too."""


@asynccontextmanager
async def session(daemon: Daemon) -> AsyncIterator[Session]:
    """Fill the daemon and follow it: one session for all pictures."""
    state, store = StateDirectory.default(), scene.AgedStore()
    client = Lasting(str(stage.SOCKET))
    following = asyncio.create_task(reconcile(client, store))
    try:
        await store.until(lambda s: s.phase is Phase.LIVE)
        await scene.play(daemon, client, state)
        await store.until(_is_complete)
        yield Session(store, client, Pulls(client), state, str(stage.SOCKET))
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await client.channel.close()


def _is_complete(snapshot: Snapshot) -> bool:
    known = [image.details and image.unpacked is not None for image in snapshot.images.values()]
    return len(known) >= len(SAMPLES) and all(known) and len(snapshot.containers) >= len(PARTS)


async def shoot(daemon: Daemon, names: list[str]) -> None:
    """Take the pictures that need the daemon, then those for which it is gone."""
    await asyncio.to_thread(scene.import_samples, daemon)
    stage.show_socket(daemon.socket)
    with supply.half_sent():
        async with session(daemon) as shown:
            await take([name for name in names if PICTURES[name].daemon], shown)
    stage.hide_socket()
    await take([name for name in names if not PICTURES[name].daemon], None)


async def take(names: list[str], shown: Session | None) -> None:
    """Take these, and say where each is and how large."""
    for name in names:
        picture = await PICTURES[name].take(name, shown)
        print(f"screenshots/{picture.name}  {picture.stat().st_size / 1000:.0f} kB", flush=True)


def newest() -> Release:
    """2.x, or the host's own where Debian cannot be reached."""
    try:
        return release("2")
    except ProvisionError:
        return release("1.6")


def main() -> None:
    """Read the names and take the pictures."""
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(PICTURES)}; all of them if none")
    names = parser.parse_args().names or list(PICTURES)
    if os.geteuid() != 0:
        parser.error("it starts containerd: run it as root")
    if unknown := set(names) - set(PICTURES):
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    if missing := [name for name in ("rsvg-convert", "pngquant") if not shutil.which(name)]:
        parser.error(f"install librsvg2-bin, fonts-firacode, pngquant: no {missing[0]} here")
    chosen = newest()  # before the stage hides what apt knows
    stage.enter()
    with Daemon(chosen) as daemon:
        asyncio.run(shoot(daemon, names))


if __name__ == "__main__":
    main()
