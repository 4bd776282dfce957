"""What the checks look at: lists that several of them need, read once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from shlex import quote
from typing import TYPE_CHECKING

from aiocontainerd.client import Client
from aiocontainerd.errors import ContainerdError, NotFound, Unimplemented
from aiocontainerd.models import Container, Key, Task
from aiocontainerd.procfs import HostView
from aiocontainerd.sockets import path_of

if TYPE_CHECKING:
    from aiocontainerd.services.introspection import Plugin
    from aiocontainerd.state import StateDirectory

LIST_PATIENCE = 6.0  # s; one stuck shim holds the list of tasks back for some 4


@dataclass(frozen=True, slots=True)
class Scene:
    """A daemon, its host, and what it holds.

    `root` leads to the files of its host: "" for ours, None where they are out of reach. `tasks`
    lacks those of the namespaces in `silent`, where the list did not come.
    """

    client: Client
    address: str
    host: HostView
    state: StateDirectory
    plugins: tuple[Plugin, ...] = ()
    containers: Mapping[Key, Container] = field(default_factory=dict, hash=False)
    tasks: Mapping[Key, Task] = field(default_factory=dict, hash=False)
    silent: tuple[str, ...] = ()

    @property
    def root(self) -> str | None:
        """What to put before a path of the daemon's host."""
        return self.host.root

    @property
    def data(self) -> tuple[str, ...]:
        """The daemon's own folders, as its plugins name them, without the plugins' parts."""
        paths = [p.exports.get("root") or p.exports.get("path", "") for p in self.plugins]
        found = [
            path.partition("/io.containerd.")[0] for path in paths if "/io.containerd." in path
        ]
        return tuple(dict.fromkeys(found))


async def look_round(client: Client, state: StateDirectory) -> Scene:
    """Read what the checks share. Raises if the daemon does not answer at all."""
    host = await client.locate()
    plugins = tuple(await client.introspection.plugins())
    try:
        names = await client.namespaces.list()
    except Unimplemented:  # a plugin that all others need has failed: told where those are
        names = ()
    containers: dict[Key, Container] = {}
    tasks: dict[Key, Task] = {}
    silent = []
    for name in names:
        containers |= {each.key: each for each in await client.containers.list(namespace=name)}
    lists = await asyncio.gather(*(_tasks(client, name) for name in names))
    for name, found in zip(names, lists, strict=True):
        if found is None:
            silent.append(name)
        else:
            tasks |= {each.key: each for each in found}
    return Scene(
        client, path_of(client.address), host, state, plugins, containers, tasks, tuple(silent)
    )


async def _tasks(client: Client, namespace: str) -> list[Task] | None:
    """None when they do not come: a shim is stuck."""
    try:
        async with asyncio.timeout(LIST_PATIENCE):
            return await client.tasks.list(namespace=namespace)
    except (TimeoutError, ContainerdError):
        return None


async def is_gone(client: Client, key: Key) -> bool:
    """Whether a task has no container record any more, now; what was listed may have changed."""
    try:
        await client.containers.get(key.id, namespace=key.namespace)
    except NotFound:
        return True
    return False


def ctr(scene: Scene, namespace: str, words: str) -> str:
    """A command line for the reader."""
    usual = scene.address == "/run/containerd/containerd.sock"
    at = "" if usual else f" --address {quote(scene.address)}"
    return f"$ ctr{at} -n {quote(namespace)} {words}"
