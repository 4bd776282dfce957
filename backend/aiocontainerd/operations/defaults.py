"""Which snapshotter and which runtime a new container gets."""

import asyncio
from dataclasses import dataclass

from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition, NotFound
from aiocontainerd.services.namespaces import RUNTIME_LABEL, SNAPSHOTTER_LABEL

RUNTIME = "io.containerd.runc.v2"


@dataclass(frozen=True, slots=True)
class Defaults:
    """Names as the daemon wants them."""

    snapshotter: str
    runtime: str


async def defaults(client: Client, namespace: str) -> Defaults:
    """The namespace's labels, else overlayfs (or native where it does not work) and runc.

    Raises FailedPrecondition when the daemon has no such snapshotter.
    """
    labels, server = await asyncio.gather(_labels(client, namespace), client.server_info())
    usable = server.snapshotters
    wanted = labels.get(SNAPSHOTTER_LABEL, "")
    name = wanted or server.snapshotter
    if name not in usable:
        raise FailedPrecondition(
            f"the snapshotter '{wanted}' does not work on this daemon"
            if wanted
            else "neither overlayfs nor native works on this daemon",
            subject=namespace,
            remedy=f"It has: {', '.join(sorted(usable)) or 'none'}. The namespace's label "
            f"{SNAPSHOTTER_LABEL} names the one to take.",
        )
    return Defaults(name, labels.get(RUNTIME_LABEL) or RUNTIME)


async def _labels(client: Client, namespace: str) -> dict[str, str]:
    try:
        return dict(await client.namespaces.labels(namespace))
    except NotFound:  # it will exist with the first write
        return {}
