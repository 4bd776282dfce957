"""Processes of the daemon's host: shims that nobody knows, and children that nobody reaps."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from aiocontainerd.doctor.finding import Finding, note, ok, some, told, warning
from aiocontainerd.doctor.scene import Scene
from aiocontainerd.errors import ContainerdError
from aiocontainerd.models import Key
from aiocontainerd.safe import safe
from aiocontainerd.sockets import path_of

_STAT = re.compile(rb"(\d+) \((.*)\) (\S) (\d+) ", re.DOTALL)
_SHIM = "containerd-shim"


class Process(NamedTuple):
    """One of /proc: `args` are only read of shims."""

    pid: int
    name: str
    state: str
    parent: int
    args: tuple[str, ...] = ()


class Shim(NamedTuple):
    """A shim of this daemon, and what it says it serves."""

    process: Process
    key: Key


async def without_task(scene: Scene) -> Iterable[Finding]:
    """Shims of this daemon that serve no task, and zombies below it and its shims."""
    if not scene.host.shares_pids:
        return [note("shims", "not looked at: the processes of the daemon's host are not ours")]
    processes = await asyncio.to_thread(lambda: list(read_processes()))
    shims = [shim for each in processes if (shim := shim_of(each, scene.address))]
    lost = [each for each in shims if each.key not in scene.tasks]
    lost = [each for each in lost if each.key.namespace not in scene.silent]
    lost = [each for each in lost if await _serves_nobody(scene, each)]
    findings = [
        warning(
            "shims",
            f"shim {each.process.pid} serves {each.key.id} in {each.key.namespace}, without a task",
            "It was left behind by a start or delete that did not end. It costs memory only.",
            f"$ kill {each.process.pid}",
        )
        for each in lost
    ]
    findings = told("shims", "shims serve no task", findings)
    parents = {each.process.pid for each in shims}
    zombies = [p for p in processes if p.state == "Z" and p.parent in parents]
    if zombies:
        names = some([f"{each.name} {each.pid}" for each in zombies])
        means = "They have ended and their shim does not take note: it hangs, or is very busy."
        remedy = f"$ ps -o pid,stat,args -p {zombies[0].parent}"
        findings.append(warning("shims", f"zombies: {names}", means, remedy))
    return findings or [ok("shims", f"{len(shims)} of this daemon, each with its task")]


async def _serves_nobody(scene: Scene, shim: Shim) -> bool:
    """Now: it may have begun after the list, or have ended. One of a pod serves others too."""
    now = await asyncio.to_thread(lambda: list(read_processes()))
    if shim.process not in now:
        return False
    try:
        tasks = await scene.client.tasks.list(namespace=shim.key.namespace)
    except ContainerdError:
        return False
    return all(task.id != shim.key.id for task in tasks)


def read_processes(proc: Path = Path("/proc")) -> Iterator[Process]:
    """All that there are; those that end meanwhile are left out."""
    for folder in proc.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            found = _STAT.match((folder / "stat").read_bytes())
            if found is None:
                continue
            name = safe(found[2])
            args: tuple[str, ...] = ()
            if name.startswith(_SHIM):
                args = tuple(map(safe, (folder / "cmdline").read_bytes().split(b"\0")))
        except OSError:
            continue
        yield Process(int(found[1]), name, safe(found[3]), int(found[4]), args)


def shim_of(process: Process, address: str) -> Shim | None:
    """The shim of a daemon at this address; None for another process, or another daemon's."""
    if not process.name.startswith(_SHIM):
        return None
    flags = dict(zip(process.args[1:], process.args[2:], strict=False))
    names = [flags.get("-namespace", ""), flags.get("-id", "")]
    its = flags.get("-address", "")
    if not all(names) or path_of(its) != address:
        return None
    return Shim(process, Key(*names))
