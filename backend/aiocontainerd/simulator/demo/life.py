"""What goes on there by itself, at a calm pace: jobs, builds, a crash, somebody else's pull."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from itertools import count

from aiocontainerd import reference
from aiocontainerd.platforms import host as host_platform
from aiocontainerd.simulator import containers, images, snapshots, tasks
from aiocontainerd.simulator.demo.cast import BUILDS, HUB, PARTS, SHOP, Part
from aiocontainerd.simulator.demo.host import SNAPSHOTTER, put_container, start
from aiocontainerd.simulator.demo.kubelet import keep_pods
from aiocontainerd.simulator.lives import Life, Lives
from aiocontainerd.simulator.pulling import Pull, Speed, Wish
from aiocontainerd.simulator.refusals import Refused
from aiocontainerd.simulator.registry import find
from aiocontainerd.simulator.world import World

FIRST, BEAT = 6.0, 40.0  # s until the first thing happens, and between two of them
JOB, BUILD = 8.0, 70.0  # s that they last
KEPT = 1.0  # s that an ended job is left to be seen
LINE = 9e6  # bytes a second of the build server's pulls
_KILLED = 137


async def live(world: World, lives: Lives | None = None) -> None:
    """Let things happen, for ever; `lives` are those of the simulator that serves the world."""
    lives = lives or Lives(world)
    for part in PARTS:
        if part.life is not None:
            _give_life(lives, part)
            with suppress(KeyError):  # it has been deleted since
                lives.begin(part.namespace, part.id)
    async with asyncio.TaskGroup() as group:
        group.create_task(keep_pods(world, lives))
        await _happen(world, lives)


async def _happen(world: World, lives: Lives) -> None:
    await asyncio.sleep(FIRST)
    for number in count():
        for happening in (_job, _build, _job, _pull):
            with suppress(Refused, KeyError):
                await happening(world, lives, number)
            await asyncio.sleep(BEAT)


def _give_life(lives: Lives, part: Part) -> None:
    life = Life(part.life, part.status, oom=part.status == _KILLED)
    lives.chosen[part.namespace, part.id] = life


async def _job(world: World, lives: Lives, number: int) -> None:
    """What cron does: it runs for a moment and is removed."""
    part = run(world, lives, cron_job(world))
    await asyncio.sleep(JOB + KEPT)
    remove(world, lives, part.namespace, part.id)


async def _build(world: World, lives: Lives, number: int) -> None:
    """The next build; every third one fails, and of the old ones only the last two stay."""
    old = sorted(name for name in world.look(BUILDS).containers if name.startswith("build-"))
    for name in old[:-1]:
        remove(world, lives, BUILDS, name)
    part = Part(
        f"build-{1189 + number}",
        f"{HUB}/golang:1.23",
        timedelta(),
        ("make", "test"),
        ("/srv/builds/next:/src",),
        namespace=BUILDS,
        status=2 if number % 3 == 2 else 0,
        life=BUILD,
    )
    run(world, lives, part)


async def _pull(world: World, lives: Lives, number: int) -> None:
    """The build server fetches the newest api, and forgets the one before."""
    before, name = (f"{SHOP}/api:2.5-rc{n}" for n in (number, number + 1))
    wish = Wish(BUILDS, reference.parse(name), name, {}, (host_platform(),), SNAPSHOTTER, lease="")
    await Pull(world, wish, Speed(LINE, 10 * LINE), None).run()
    if before.encode() in world.look(BUILDS).images:
        images.delete(world, BUILDS, before.encode())


def cron_job(world: World) -> Part:
    """The next one, named by the time."""
    return Part(
        f"cron-{world.now():%H%M%S}",
        f"{HUB}/alpine:3.20",
        timedelta(),
        ("sh", "-c", "find /spool -mtime +7 -delete"),
        ("/srv/spool:/spool",),
        life=JOB,
    )


def run(world: World, lives: Lives, part: Part) -> Part:
    """Make it and start it; returns it."""
    stored = find(reference.parse(part.image))
    assert stored is not None
    _give_life(lives, part)
    put_container(world, part, dict(stored.images)[host_platform()])
    start(world, part)
    lives.begin(part.namespace, part.id)
    return part


def remove(world: World, lives: Lives, namespace: str, id: str) -> None:
    """All of a container that has ended."""
    lives.chosen.pop((namespace, id), None)
    tasks.delete(world, namespace, id)
    containers.delete(world, namespace, id)
    snapshots.remove(world, namespace, SNAPSHOTTER, id)
