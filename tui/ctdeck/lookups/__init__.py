"""Tabs of the details that are read when they are looked at: each is one entry of `LOOKUPS`.

To add one, write a module with `of` (what is read of a row) and `read` (client and row → facts)
and add it here. `screens/looking.py` calls it only while its tab is seen, keeps what it
answered, cuts it where it is too much, and makes a fact of what it raises.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import TYPE_CHECKING, NamedTuple

from ctdeck.descriptions.facts import Fact
from ctdeck.lookups import containers, images, logs, rootfs, sources
from ctdeck.lookups.processes import Processes
from ctdeck.rows import Row

if TYPE_CHECKING:
    from aiocontainerd.client import Client


class Lookup(NamedTuple):
    """One tab, and how it is read.

    `of` names what is read of a row, with its generation (a birth, a digest, a time of change):
    as long as it is equal, an answer is still good. None: such a row has no such tab.
    `waits` is shown until the first answer. `every` is after how many seconds it is read again
    while it is seen, 0 for never; what was read before stays on the screen meanwhile.
    """

    tab: str
    of: Callable[[Row], Hashable | None]
    read: Callable[[Client, Row], Awaitable[list[Fact]]]
    waits: str = "reading …"
    every: float = 0.0


_processes = Processes()

LOOKUPS: tuple[Lookup, ...] = (
    Lookup("Logs", logs.of, logs.read, "looking for its log …", every=2.0),
    Lookup("Processes", _processes.of, _processes.read, "asking the shim …", every=2.0),
    Lookup("Config", images.of, images.read_config, "reading the content store …"),
    Lookup("Layers", images.of, images.read_layers, "reading the content store …"),
    Lookup("Platforms", images.of, images.read_platforms, "reading the content store …"),
    Lookup("Source", sources.of, sources.read, "looking at the source …"),
    Lookup("Task", containers.of_task, containers.read_task, "asking the shim …"),
    Lookup("Spec", containers.of, containers.read_spec, "reading the record …"),
    Lookup("Env", containers.of, containers.read_env, "reading the record …"),
    Lookup("Rootfs", rootfs.of, rootfs.read, "asking the snapshotter …"),
)
