"""What is wrong with a daemon and its host, and what to do about it: `examine`.

Each check is a small async function from a `Scene` to findings, with a deadline of its own. All of
them only read: calls that are on the gate's list, files of /proc, folders.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from aiocontainerd.doctor.finding import Finding, Level
from aiocontainerd.doctor.scene import Scene, look_round
from aiocontainerd.errors import ContainerdError

__all__ = ["Finding", "Level", "Scene", "examine", "look_round"]

DEADLINE = 15.0  # s for one check
Check = Callable[[Scene], Awaitable[Iterable[Finding]]]


async def examine(scene: Scene) -> AsyncIterator[Finding]:
    """All findings, in the order of the checks; all checks run at once."""
    tasks = [asyncio.create_task(_one(topic, check, scene)) for topic, check in _checks()]
    try:
        for task in tasks:
            for finding in await task:
                yield finding
    finally:
        for task in tasks:
            task.cancel()


def _checks() -> tuple[tuple[str, Check], ...]:
    from aiocontainerd.doctor import daemon, host, mounts, ours, shims, tasks

    return (
        ("daemon", daemon.version),
        ("daemon", daemon.deprecated),
        ("plugins", daemon.plugins),
        ("snapshotters", daemon.snapshotters),
        ("runtime", host.runtimes),
        ("cgroups", host.cgroups),
        ("network", host.network),
        ("disk", host.disk),
        ("clock", host.clock),
        ("tasks", tasks.without_container),
        ("tasks", tasks.stuck),
        ("snapshots", tasks.without_snapshot),
        ("shims", shims.without_task),
        ("mounts", mounts.leaked),
        ("ctdeck", ours.folder),
    )


async def _one(topic: str, check: Check, scene: Scene) -> list[Finding]:
    try:
        async with asyncio.timeout(DEADLINE):
            return list(await check(scene))
    except TimeoutError:
        what = f"no answer within {DEADLINE:.0f} s"
    except (ContainerdError, OSError) as error:
        what = f"could not be looked at: {error}"
    means = "Nothing is known about this part."
    remedy = "Try again; if it stays so, look at the daemon's log."
    return [Finding(Level.WARNING, topic, what, means, remedy)]
