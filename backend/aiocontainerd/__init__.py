"""An asyncio client for containerd: its gRPC services, and the verbs of several calls.

    async with Client("/run/containerd/containerd.sock") as client:
        for container in await client.containers.list(namespace="default"):
            print(container.id)

`Client` has the services; `aiocontainerd.operations` runs, stops and deletes, `aiocontainerd.pull`
pulls; `aiocontainerd.reconcile` keeps a `Store` equal to what the daemon holds. All errors are in
`aiocontainerd.errors`. What stands here is imported when it is first asked for: gRPC takes a tenth
of a second, and a screen can be drawn meanwhile.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

# gRPC reads these when it is first imported: its fork handlers hang an app that starts helpers,
# and its log lines would land on the terminal, over the screen.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

if TYPE_CHECKING:
    from aiocontainerd.access import Access
    from aiocontainerd.client import Client
    from aiocontainerd.discovery import discover
    from aiocontainerd.errors import ContainerdError
    from aiocontainerd.models import Container, Event, Image, Key, Mount, Snapshot, Task
    from aiocontainerd.store import Store

_HOMES = {
    "Access": "access",
    "Client": "client",
    "Container": "models",
    "ContainerdError": "errors",
    "Event": "models",
    "Image": "models",
    "Key": "models",
    "Mount": "models",
    "Snapshot": "models",
    "Store": "store",
    "Task": "models",
    "discover": "discovery",
}

__all__ = [
    "Access",
    "Client",
    "Container",
    "ContainerdError",
    "Event",
    "Image",
    "Key",
    "Mount",
    "Snapshot",
    "Store",
    "Task",
    "discover",
]


def __getattr__(name: str) -> object:
    """Import a public name from its module (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'aiocontainerd' has no attribute {name!r}")
    return getattr(import_module(f"aiocontainerd.{_HOMES[name]}"), name)
