"""A small believable disk for the world of the screen tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

from aiocontainerd.disk.report import Report
from aiocontainerd.disk.things import CONTAINER, IMAGE, INGEST, LEASE, Node, Survey, Thing
from aiocontainerd.disk.things import blob as blob_node
from aiocontainerd.disk.things import layer as layer_node
from aiocontainerd.models import Snapshot
from tests.tui.worlds import NOW, ago, world


def digest(word: str) -> str:
    return f"sha256:{sha256(word.encode()).hexdigest()}"


def blob(word: str, namespace: str = "default") -> Node:
    return blob_node(namespace, digest(word))


def layer(word: str, namespace: str = "default") -> Node:
    return layer_node(namespace, "overlayfs", word)


def survey(snapshot: Snapshot) -> Survey:
    """The images with a manifest, a layer and a snapshot each, and some garbage."""
    things: list[Thing] = []
    roles: dict[str, str] = {}
    for number, image in enumerate(sorted(snapshot.images.values(), key=lambda i: i.key)):
        space, name = image.namespace, image.name
        target = blob_node(space, image.target.digest)
        chain = layer(digest(f"chain {name}"), space)
        size = image.details.size if image.details else 0
        roles |= {image.target.digest: "manifest", digest(f"layer {name}"): "layer"}
        things += [
            Thing(Node(space, IMAGE, image.key.id), created_at=image.created_at, refs=(target,)),
            Thing(target, 1_000 + number, ago(days=9), refs=(blob(f"layer {name}", space), chain)),
            Thing(blob(f"layer {name}", space), size, ago(days=9)),
            Thing(chain, int(size * 2.5), ago(days=9), detail="committed"),
        ]
    for container in snapshot.containers.values():
        top = layer(container.snapshot_key, container.namespace)
        below = layer(digest(f"chain {container.image}"), container.namespace)
        things += [
            Thing(Node(container.namespace, CONTAINER, container.id), refs=(top,)),
            Thing(top, 48_000, container.created_at, refs=(below,), detail="active"),
        ]
    soon, past = NOW + timedelta(hours=23), NOW - timedelta(days=3)
    roles[digest("old layer")] = "layer"
    things += [
        Thing(blob("old layer"), 31_000_000, ago(days=40)),
        Thing(Node("default", LEASE, "build-12"), created_at=ago(minutes=4), until=soon),
        Thing(Node("default", LEASE, "crashed"), created_at=ago(days=4), until=past),
        Thing(
            Node("default", INGEST, "layer-x"), 4_000_000, ago(seconds=9), is_root=True, detail="9"
        ),
    ]
    return Survey(NOW, {thing.node: thing for thing in things}, roles)


def with_disk(snapshot: Snapshot | None = None) -> Snapshot:
    """The world, surveyed."""
    snapshot = snapshot or world()
    return replace(snapshot, disk=Report.of(survey(snapshot)))
