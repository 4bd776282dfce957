"""Whose a path, a process, a digest or a cgroup is: the containers and images, with the reason.

Reads /proc and asks the daemon; changes nothing, and follows nothing that the question names but to
see where a path leads. What is asked is somebody's text: it is only ever compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition, InvalidArgument
from aiocontainerd.models import Container, Image, Key, Snapshot
from aiocontainerd.safe import safe

_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{6,64})")
_PID = re.compile(r"([0-9]{1,10})|/proc/([0-9]{1,10})(?:/.*)?", re.DOTALL)
_CGROUP = re.compile(r"[0-9]{1,10}:[^:]*:(/.*)", re.DOTALL)  # as in /proc/PID/cgroup
LONGEST = 4096  # characters of a question, as the kernel has it for paths
MOST = 200  # answers


@dataclass(frozen=True, slots=True)
class Found:
    """One answer: a container or an image (`it`, None if only its id is known), and why."""

    key: Key
    because: str
    it: Container | Image | None = None
    kind: str = "container"


async def whose(client: Client, world: Snapshot, what: str) -> tuple[Found, ...]:
    """The most telling first; empty if nobody's. Raises InvalidArgument for what is no question.

    A path, a pid, six or more digits of a digest, a cgroup, or a container's id. A path below
    /proc/PID is asked as the pid: where it leads to is in another root than ours.
    """
    from aiocontainerd.whose import digests, paths, processes

    what = what.strip()
    if not what or len(what) > LONGEST or "\0" in what:
        raise InvalidArgument(
            "this cannot be looked up", remedy="Give a path, pid, digest or cgroup."
        )
    found: list[Found] = []
    no_pid: FailedPrecondition | None = None
    if pid := _PID.fullmatch(what):
        try:
            found += await processes.of_pid(client, world, int(pid[1] or pid[2]))
        except FailedPrecondition as error:  # the digits may be those of an id or a digest
            no_pid = error
    elif cgroup := _CGROUP.fullmatch(what):
        found += await processes.of_cgroup(client, world, cgroup[1])
    elif what.startswith("/"):
        found += await processes.of_cgroup(client, world, what)
        found += await paths.of_path(client, world, what)
    found += _by_id(world, what)
    if match := _DIGEST.fullmatch(what):
        found += await digests.of_digest(client, world, match[1])
    if no_pid is not None and not found:
        raise no_pid
    return _once(found)


def of_container(container: Container, because: str) -> Found:
    """An answer that is a container."""
    return Found(container.key, because, container)


def _by_id(world: Snapshot, what: str) -> Iterable[Found]:
    if len(what) < 2 or "/" in what:
        return
    for container in world.containers.values():
        if container.id == what or what in (container.labels.get("nerdctl/name"),):
            yield of_container(container, "it is its name")
        elif len(what) >= 6 and container.id.startswith(what):
            yield of_container(container, "its id begins so")


def _once(found: Iterable[Found]) -> tuple[Found, ...]:
    """Each container and image with the first reason given for it."""
    kept: dict[tuple[str, Key], Found] = {}
    for each in found:
        kept.setdefault((each.kind, each.key), each)
    return tuple(kept.values())[:MOST]


def shown(text: str) -> str:
    """A part of the question in a sentence."""
    return safe(text if len(text) <= 120 else f"{text[:60]}…{text[-59:]}")
