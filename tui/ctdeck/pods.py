"""Which containers are the same Kubernetes pod; pure, kept from one snapshot to the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import NamedTuple

from aiocontainerd import models
from aiocontainerd.models import Key, Snapshot
from aiocontainerd.quickdata import dataclass
from ctdeck.differing import differing

PIECE = 2_000  # containers, and pods, that are looked at in one turn: some 10 ms
_KEPT = 2  # answers: a list is brought from one snapshot to the next
_NOTHING: Mapping[Key, models.Container] = {}
_Name = tuple[str, str]  # containerd's namespace, and the pod's uid or whole name


class Group(NamedTuple):
    """The containers of one pod that are in this snapshot: its sandbox first, then the newest.

    There may be none of either kind, and several sandboxes: those that the kubelet has given up
    stay for a while.
    """

    sandboxes: tuple[Key, ...]
    parts: tuple[Key, ...]

    @property
    def members(self) -> tuple[Key, ...]:
        """All of them, as they stand below each other."""
        return self.sandboxes + self.parts

    def deciding(self, there: Container[Key]) -> Sequence[Key]:
        """Those in a list that say where the pod stands in it; sandboxes are alike in any pod."""
        return [key for key in self.parts if key in there] or [
            key for key in self.sandboxes if key in there
        ]


@dataclass(frozen=True, slots=True)
class Pods:
    """All of a snapshot: by the identity of each member, and by the pod's own."""

    by_member: dict[Key, Group] = field(default_factory=dict)
    by_name: dict[_Name, Group] = field(default_factory=dict)


_answers: deque[tuple[Mapping[Key, models.Container], Pods]] = deque(maxlen=_KEPT)


def pods_of(snapshot: Snapshot) -> Mapping[Key, Group]:
    """The pod of each container that is in one; empty where nothing is."""
    for _ in in_turns(snapshot):
        pass
    return _answers[0][1].by_member


def in_turns(snapshot: Snapshot) -> Iterator[None]:
    """What `pods_of` does, with stops on the way: then that has little to do."""
    containers = snapshot.containers
    for place, (known, _) in enumerate(_answers):
        if known is containers:
            if place:
                _answers.rotate(-place)
            return
    before, pods = _answers[0] if _answers else (_NOTHING, Pods())
    found = yield from _brought(pods, before, containers)
    _answers.appendleft((containers, found))


def with_mates(keys: Iterable[Key], old: Mapping[Key, Group], new: Mapping[Key, Group]) -> set[Key]:
    """These, and all that are in a pod with one of them, before or now."""
    found = set(keys)
    if old or new:
        for key in [*found]:
            for groups in (old, new):
                if group := groups.get(key):
                    found.update(group.members)
    return found


def _brought(
    pods: Pods, old: Mapping[Key, models.Container], new: Mapping[Key, models.Container]
) -> Generator[None, None, Pods]:
    """The pods of other containers, of which most are the same."""
    changed: dict[_Name, list[Key]] = {}
    gone: set[Key] = set()
    for place, key in enumerate(differing(old, new), 1):
        if place % PIECE == 0:
            yield
        if (before := old.get(key)) and (name := _name(before)):
            changed.setdefault(name, [])
            gone.add(key)
        if (after := new.get(key)) and (name := _name(after)):
            changed.setdefault(name, []).append(key)
    if not changed:
        return pods
    by_member, by_name = pods.by_member.copy(), pods.by_name.copy()
    for key in gone:
        by_member.pop(key, None)
    for place, (name, come) in enumerate(changed.items(), 1):
        if place % PIECE == 0:
            yield
        held = by_name.pop(name, None)
        stay = [key for key in held.members if key not in gone] if held else []
        if members := stay + come:
            group = by_name[name] = _group(new, members)
            by_member.update(dict.fromkeys(group.members, group))
    return Pods(by_member, by_name)


def _name(container: models.Container) -> _Name | None:
    get = container.labels.get
    if name := get("io.kubernetes.pod.name"):
        uid = get("io.kubernetes.pod.uid")
        return container.namespace, uid or f"{get('io.kubernetes.pod.namespace')}/{name}"
    return None


def _group(containers: Mapping[Key, models.Container], keys: Iterable[Key]) -> Group:
    found = sorted(((_age(it := containers[key]), key), it.is_sandbox) for key in keys)
    return Group(
        tuple(key for (_, key), is_sandbox in found if is_sandbox),
        tuple(key for (_, key), is_sandbox in found if not is_sandbox),
    )


def _age(container: models.Container) -> float:
    """To sort by, the newest first."""
    return -container.created_at.timestamp() if container.created_at else 0.0
