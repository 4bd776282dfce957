"""What could be pruned, item by item. Pure; nerdctl's rules.

A dangling image is a name without a tag; an unused one is named by no container. Stopped containers
are those without a task, and those whose task was never started or has ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from aiocontainerd.disk.report import Report
from aiocontainerd.disk.things import BLOB, CONTAINER, IMAGE, LEASE, Node, Thing
from aiocontainerd.models import Container, Image, Snapshot, Task, TaskStatus
from aiocontainerd.owners import KIND_LABEL, Owner, keeper_of, owner_in, owner_of

YOUNG = timedelta(minutes=10)  # what is younger, or has ended since, may be of somebody at work
SETTLED = timedelta(hours=1)  # from this age on content that nothing holds is no download
_RESTARTS = "containerd.io/restart.status"
Locks = Callable[[str, Owner | None], str]  # namespace and owner → who protects it, "" for nobody


class Group(Enum):
    """What belongs together in the plan, in its order."""

    CONTAINERS = "stopped container"
    DANGLING = "dangling image"
    UNUSED = "unused image"
    CONTENT = "unreferenced content"
    LEASES = "expired lease"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to prune, as it was seen; `what` is the record itself.

    `frees` are bytes by itself. `locked` says who protects it: it cannot be chosen. `note` is
    what speaks against it: it is not chosen unless somebody does so.
    """

    group: Group
    node: Node
    frees: int
    what: Container | Image | Thing
    note: str = ""
    locked: str = ""
    task: Task | None = None

    @property
    def key(self) -> Node:
        """Namespace, kind and name."""
        return self.node

    @property
    def is_wanted(self) -> bool:
        """It is chosen to begin with."""
        return not (self.note or self.locked)


def plan(
    report: Report, world: Snapshot, locks: Locks, now: datetime, scope: str | None = None
) -> tuple[Item, ...]:
    """All that could go, by group, the largest first; `scope` is a namespace, or None for all."""
    found = (
        *_containers(report, world, locks, now),
        *_images(report, world, locks, now),
        *_things(report, locks, now),
    )
    order = {group: place for place, group in enumerate(Group)}
    items = (item for item in found if scope is None or item.node.namespace == scope)
    return tuple(sorted(items, key=lambda i: (order[i.group], -i.frees, i.node)))


def is_unused(image: Image, containers: Iterable[Container]) -> bool:
    """No container's record names it."""
    return not any(container.image_key == image.key for container in containers)


def is_dangling(name: str) -> bool:
    """A name without a tag: a bare digest, or ``repo@sha256:…``."""
    last = name.rpartition("/")[2]
    return "@" in last or ":" not in last or last.startswith("sha256:")


def _young(created: datetime | None, now: datetime) -> str:
    return "younger than 10 min" if created and now - created < YOUNG else ""


def _lately(container: Container, task: Task | None, now: datetime) -> str:
    """That it was ended just now; made just now, where its end is not known."""
    if task is None or task.status is not TaskStatus.STOPPED or task.exited_at is None:
        return _young(container.created_at, now)
    return "ended less than 10 min ago" if now - task.exited_at < YOUNG else ""


def _containers(report: Report, world: Snapshot, locks: Locks, now: datetime) -> Iterator[Item]:
    for container in world.containers.values():
        task = world.task_of(container)
        if task is not None and task.status not in (TaskStatus.STOPPED, TaskStatus.CREATED):
            continue
        node = Node(container.namespace, CONTAINER, container.id)
        again = container.labels.get(_RESTARTS) == "running"
        note = "containerd starts it again by itself" if again else ""
        if task is not None and task.status is TaskStatus.CREATED:
            note = note or "its task waits to be started"
        yield Item(
            Group.CONTAINERS,
            node,
            report.holdings.frees(node) if node in report.survey.things else 0,
            container,
            note or _lately(container, task, now),
            locks(container.namespace, owner_of(container)),
            task,
        )


def _images(report: Report, world: Snapshot, locks: Locks, now: datetime) -> Iterator[Item]:
    used = {container.image_key for container in world.containers.values()}
    same: defaultdict[tuple[str, str], list[Image]] = defaultdict(list)
    for image in world.images.values():
        same[image.namespace, image.target.digest].append(image)
    pods = {c.key: c for c in world.containers.values() if c.labels.get(KIND_LABEL) == "sandbox"}
    for names in same.values():
        few = Snapshot(images={image.key: image for image in names}, containers=pods)
        alias = next((image.name for image in names if image.key in used), "")
        for image in names:
            if image.key not in used:
                yield _image(report, image, few, locks, now, alias)


def _image(
    report: Report, image: Image, few: Snapshot, locks: Locks, now: datetime, alias: str
) -> Item:
    node = Node(image.namespace, IMAGE, image.key.id)
    keeper = keeper_of(image, few)
    locked = locks(image.namespace, owner_in(image.namespace))
    return Item(
        Group.DANGLING if is_dangling(image.name) else Group.UNUSED,
        node,
        report.holdings.frees(node) if node in report.survey.things else 0,
        image,
        f"a name of {alias}, which is used" if alias else _young(image.created_at, now),
        "pods need it" if keeper else locked,
    )


def _things(report: Report, locks: Locks, now: datetime) -> Iterator[Item]:
    for node in report.holdings.garbage:
        thing = report.survey.things[node]
        if node.kind == BLOB and (thing.created_at is None or now - thing.created_at >= SETTLED):
            frees = report.holdings.frees(node)
            locked = locks(node.namespace, owner_in(node.namespace))
            yield Item(Group.CONTENT, node, frees, thing, locked=locked)
    for node, thing in report.survey.things.items():
        if node.kind == LEASE and thing.is_expired(now):
            locked = locks(node.namespace, owner_in(node.namespace))
            yield Item(Group.LEASES, node, 0, thing, locked=locked)


def together(report: Report, items: Iterable[Item]) -> int:
    """Bytes that come free when all of these go: what they share is counted once."""
    nodes = {item.node for item in items} & report.survey.things.keys()
    loose = nodes & report.holdings.garbage
    return report.holdings.bytes_of(report.holdings.lost(nodes - loose) | loose)
