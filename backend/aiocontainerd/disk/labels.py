"""What the garbage collector reads in labels. Pure.

Source: containerd `metadata/gc.go`: `gc.root`, `gc.ref.*` on what holds, `gc.bref.*` (2.2+) on what
is held, `gc.expire` and `gc.flat` on leases. Conditional references (2.4) are not followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from aiocontainerd.disk.things import BLOB, CONTAINER, IMAGE, SNAPSHOT, Node

PREFIX = "containerd.io/gc."
ROOT, EXPIRE, FLAT = f"{PREFIX}root", f"{PREFIX}expire", f"{PREFIX}flat"
_KINDS = {"content": BLOB, "image": IMAGE, "container": CONTAINER}
_ROLES = {"config": "config", "l": "layer", "m": "manifest"}


def references(labels: Mapping[str, str], namespace: str) -> tuple[Node, ...]:
    """What its labels hold."""
    return tuple(_named(labels, namespace, f"{PREFIX}ref."))


def back_references(labels: Mapping[str, str], namespace: str) -> tuple[Node, ...]:
    """What holds it, by its own labels."""
    return tuple(_named(labels, namespace, f"{PREFIX}bref."))


def roles(labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(digest, role) of the blobs that a manifest or an index names: config, layer, manifest."""
    head = f"{PREFIX}ref.content."
    for key, value in labels.items():
        if key.startswith(head) and (role := _ROLES.get(key[len(head) :].partition(".")[0])):
            yield value, role


def expiry(labels: Mapping[str, str]) -> datetime | None:
    """When it expires; None where it never does, also for a time that cannot be read."""
    try:
        until = datetime.fromisoformat(labels.get(EXPIRE, ""))
    except ValueError:
        return None
    return until if until.tzinfo is not None else None


def _named(labels: Mapping[str, str], namespace: str, head: str) -> Iterator[Node]:
    for key, value in labels.items():
        if not key.startswith(head):
            continue
        kind = key[len(head) :]
        if kind.startswith("snapshot."):
            snapshotter = kind.removeprefix("snapshot.").partition("/")[0]
            yield Node(namespace, SNAPSHOT, f"{snapshotter}/{value}")
            continue
        for word, its in _KINDS.items():
            if kind == word or kind.startswith((f"{word}.", f"{word}/")):
                yield Node(namespace, its, value)
