"""Where a pull puts things: one daemon, namespace, snapshotter and lease."""

from dataclasses import dataclass

from aiocontainerd.client import Client


@dataclass(frozen=True, slots=True)
class Place:
    """Goes with every call that makes something, so that none forgets the lease."""

    client: Client
    namespace: str
    snapshotter: str
    lease: str = ""
