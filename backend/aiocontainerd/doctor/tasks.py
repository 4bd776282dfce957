"""Tasks and containers that do not belong together any more, and shims that do not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from shlex import quote

from aiocontainerd.doctor.finding import Finding, ok, problem, told, warning
from aiocontainerd.doctor.scene import Scene, ctr, is_gone
from aiocontainerd.errors import ContainerdError, DeadlineExceeded, NotFound
from aiocontainerd.models import Container, Key, TaskStatus

STUCK = 2.0  # s in which a healthy shim has long answered
_AT_ONCE = 32
_MOST = 2_000  # tasks that are asked; 0.3 ms each


async def without_container(scene: Scene) -> Iterable[Finding]:
    """A task whose container record was deleted under it: nobody can stop it through the daemon."""
    suspects = [task for key, task in scene.tasks.items() if key not in scene.containers]
    orphans = [task for task in suspects if await is_gone(scene.client, task.key)]
    if not orphans:
        return [ok("tasks", f"{len(scene.tasks)}, each with its container")]
    findings = [
        problem(
            "tasks",
            f"{task.id} in {task.namespace} has no container record; its process is {task.pid}",
            "Somebody deleted the record while it ran. The daemon lists the task and can do"
            " nothing with it. A record of the same id makes it manageable again.",
            ctr(scene, task.namespace, f"containers create IMAGE {quote(task.id)}")
            + "   (then stop and delete it)",
        )
        for task in orphans
    ]
    return told("tasks", "tasks have no record", findings)


async def stuck(scene: Scene) -> Iterable[Finding]:
    """A shim that does not answer within two seconds holds up everything that lists tasks."""
    silent = set(scene.silent)
    wanted = [key for key in scene.tasks if key in scene.containers]
    wanted += [key for key in scene.containers if key.namespace in silent]
    turn = asyncio.Semaphore(_AT_ONCE)
    answers = await asyncio.gather(*(_answers(scene, key, turn) for key in wanted[:_MOST]))
    bad = [key for key, answer in zip(wanted, answers, strict=False) if not answer]
    if not bad:
        count = min(len(wanted), _MOST)
        return [ok("tasks", f"each of {count} shims answers" if count else "no shim to ask")]
    findings = [
        problem(
            "tasks",
            f"the shim of {key.id} in {key.namespace} does not answer within {STUCK:.0f} s",
            "It hangs, is stopped, or waits for a disk. Lists of tasks wait for it, and it can"
            " neither be stopped nor deleted through the daemon.",
            f"$ ps -o pid,stat,wchan:30,args -C containerd-shim-runc-v2 | grep -- {quote(key.id)}"
            "   (T: kill -CONT PID lets it go on; D: it waits for a disk)",
        )
        for key in bad
    ]
    return told("tasks", "shims do not answer", findings)


async def _answers(scene: Scene, key: Key, turn: asyncio.Semaphore) -> bool:
    async with turn:
        try:
            task = await scene.client.tasks.get(key.id, namespace=key.namespace, timeout=STUCK)
        except DeadlineExceeded:
            return False
        except ContainerdError:  # it has ended meanwhile
            return True
    return task.status is not TaskStatus.UNKNOWN  # the daemon's own patience is 2 s as well


async def without_snapshot(scene: Scene) -> Iterable[Finding]:
    """A container whose files are gone can run on, and never be started again."""
    places: dict[tuple[str, str], list[Container]] = {}
    for each in scene.containers.values():
        if each.snapshotter and each.snapshot_key:
            places.setdefault((each.namespace, each.snapshotter), []).append(each)
    gone: list[Container] = []
    for (namespace, snapshotter), containers in places.items():
        stream = scene.client.snapshots.list(snapshotter=snapshotter, namespace=namespace)
        try:
            names = {info.name async for info in stream}
        except NotFound:  # no such snapshotter: told where those are looked at
            continue
        missing = [each for each in containers if each.snapshot_key not in names]
        gone += [each for each in missing if await _is_gone(scene, each)]
    if not gone:
        return [ok("snapshots", f"there for all of {sum(map(len, places.values()))} containers")]
    return told("snapshots", "containers have none", [_without(scene, each) for each in gone])


async def _is_gone(scene: Scene, container: Container) -> bool:
    """Now: it may have been listed before it was made, or was deleted with its container."""
    try:
        await scene.client.snapshots.stat(
            container.raw_snapshot_key,
            namespace=container.namespace,
            snapshotter=container.snapshotter,
        )
    except NotFound:
        return not await is_gone(scene.client, container.key)
    return False


def _without(scene: Scene, container: Container) -> Finding:
    runs = container.key in scene.tasks
    means = "Somebody removed it. What the container wrote is lost, and it cannot be started"
    means += "; it runs on with the files it has open." if runs else "."
    key = container.snapshot_key if container.snapshot_key != container.id else "its snapshot"
    return warning(
        "snapshots",
        f"{container.id} in {container.namespace} has lost {key} in {container.snapshotter}",
        means,
        ctr(scene, container.namespace, f"containers delete {quote(container.id)}")
        + "   (and run its image anew)",
    )
