"""What a survey finds: images, containers, leases, blobs, snapshots and ingests. Pure data.

Nothing of a label is kept but what the garbage collector reads in it: 10,000 images have some
100,000 blobs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

IMAGE, CONTAINER, LEASE = "image", "container", "lease"
BLOB, SNAPSHOT, INGEST = "blob", "snapshot", "ingest"


class Node(NamedTuple):
    """The identity of a thing in a namespace.

    `key` is an image's name, an id, a digest, an ingest's ref, or a snapshot's ``snapshotter/key``.
    """

    namespace: str
    kind: str
    key: str


def blob(namespace: str, digest: str) -> Node:
    """The node of a blob."""
    return Node(namespace, BLOB, digest)


def layer(namespace: str, snapshotter: str, key: str) -> Node:
    """The node of a snapshot."""
    return Node(namespace, SNAPSHOT, f"{snapshotter}/{key}")


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing; `size` in bytes of it alone, None while nobody knows.

    `refs` are what it holds, `backs` what holds it because it says so itself (gc.bref). `is_root`:
    it is kept for its own sake. A lease that `is_flat` holds nothing that follows from what it
    holds; `until` is when it expires. `detail` is a snapshot's kind, or a layer's diff id.
    `raw_key` is the stored name where `node.key` is not what is stored.
    """

    node: Node
    size: int | None = 0
    created_at: datetime | None = None
    refs: tuple[Node, ...] = ()
    backs: tuple[Node, ...] = ()
    is_root: bool = False
    is_flat: bool = False
    until: datetime | None = None
    detail: str = ""
    raw_key: bytes = b""

    def is_expired(self, now: datetime) -> bool:
        """A lease that holds nothing any more."""
        return self.until is not None and self.until <= now


@dataclass(frozen=True)
class Survey:
    """All things at `taken_at`; `roles` says of digests what they are: layer, config, manifest …

    It `is_whole` when also the sizes of snapshots have been read, as far as the daemon told them.
    `problems` tell what could not be read: nothing in those namespaces may be called garbage.
    """

    taken_at: datetime
    things: Mapping[Node, Thing] = field(default_factory=dict, hash=False)
    roles: Mapping[str, str] = field(default_factory=dict, hash=False)
    is_whole: bool = True
    problems: Mapping[str, str] = field(default_factory=dict, hash=False)

    @cached_property
    def copies(self) -> Mapping[str, tuple[str, ...]]:
        """The namespaces of each digest: its bytes are one file for all of them."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for node in self.things:
            if node.kind == BLOB:
                found[node.key].append(node.namespace)
        return {digest: tuple(names) for digest, names in found.items()}

    def with_sizes(self, sizes: Mapping[Node, int], *, is_whole: bool) -> Survey:
        """The same, with these sizes."""
        things = dict(self.things)
        for node, size in sizes.items():
            if node in things:
                things[node] = replace(things[node], size=size)
        return replace(self, things=things, is_whole=is_whole)
