"""The demo's kubelet: what of a pod has ended or is gone, it makes again, as the real one does."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count

from aiocontainerd import reference
from aiocontainerd.platforms import host as host_platform
from aiocontainerd.simulator import containers, snapshots, tasks
from aiocontainerd.simulator.demo.cast import PARTS, Part
from aiocontainerd.simulator.demo.host import SNAPSHOTTER, put_container, start
from aiocontainerd.simulator.lives import Lives
from aiocontainerd.simulator.refusals import Refused
from aiocontainerd.simulator.registry import find
from aiocontainerd.simulator.world import World

LOOK = 2.0  # s between two looks at the pods
PODS = "k8s.io"
_KILLED = 137


async def keep_pods(world: World, lives: Lives) -> None:
    """Make again what was ended or deleted, for ever; a pod whose sandbox ends, as a whole."""
    parts = {part.name: part for part in PARTS if part.namespace == PODS}
    for number in count(1):
        await asyncio.sleep(LOOK)
        for sandbox in [name for name in parts if name.endswith("/")]:
            pod = [name for name in parts if name.startswith(sandbox)]
            if not _runs(world, parts[sandbox]):
                for name in pod:
                    _take_away(world, lives, parts[name])
            for name in pod:
                if not _runs(world, parts[name]):
                    _take_away(world, lives, parts[name])
                    parts[name] = replace(
                        parts[name],
                        name=f"{name}#{number}",
                        ago=timedelta(),
                        attempt=parts[name].attempt + 1,
                    )
                    _make(world, lives, parts[name])


def _runs(world: World, part: Part) -> bool:
    task = world.look(PODS).tasks.get(part.id)
    return task is not None and task.process.status != tasks.STOPPED


def _take_away(world: World, lives: Lives, part: Part) -> None:
    """Whatever is left of it."""
    tasks.exit(world, PODS, part.id, _KILLED)
    lives.chosen.pop((PODS, part.id), None)
    for each in (tasks.delete, containers.delete):
        with suppress(Refused):
            each(world, PODS, part.id)
    with suppress(Refused):
        snapshots.remove(world, PODS, SNAPSHOTTER, part.id)


def _make(world: World, lives: Lives, part: Part) -> None:
    stored = find(reference.parse(part.image))
    assert stored is not None
    with suppress(Refused):  # its image was deleted
        put_container(world, part, dict(stored.images)[host_platform()])
        start(world, part)
        lives.begin(PODS, part.id)
