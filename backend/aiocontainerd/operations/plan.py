"""What `run` finds out before it makes anything, and says when it is wrong."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from aiocontainerd.client import Client
from aiocontainerd.errors import AlreadyExists, InvalidArgument, NotFound
from aiocontainerd.identifiers import check_identifier
from aiocontainerd.operations.agreed import Agreed, pinned
from aiocontainerd.operations.chosen import Chosen, choose
from aiocontainerd.operations.defaults import Defaults, defaults
from aiocontainerd.operations.identity import refuse_other
from aiocontainerd.rootfs import read_file
from aiocontainerd.run_options import RunOptions
from aiocontainerd.services.snapshots import MountSpec
from aiocontainerd.spec import process_args
from aiocontainerd.users import ResolvedUser, resolve_user


@dataclass(frozen=True, slots=True)
class Plan:
    """The caller's wishes and what was found out about them."""

    client: Client
    namespace: str
    options: RunOptions
    chosen: Chosen
    defaults: Defaults


async def check(client: Client, options: RunOptions, namespace: str, agreed: Agreed) -> RunOptions:
    """What needs no daemon: the namespace's name and the sources; these as `pinned` has them.

    Raises InvalidArgument, FailedPrecondition for a source that leads elsewhere than was agreed.
    """
    check_identifier(namespace, "namespace")
    return replace(options, mounts=await pinned(client, options.mounts, agreed))


async def look(client: Client, options: RunOptions, namespace: str, agreed: Agreed) -> Plan:
    """What only reads, all at once; the first thing that is wrong is raised.

    The image must be the one that was agreed to: all that follows is made from its content.
    """
    found = await asyncio.gather(
        choose(client, options.image, namespace),
        defaults(client, namespace),
        refuse_taken(client, options.id, namespace),
        return_exceptions=True,
    )
    for problem in found:
        if isinstance(problem, BaseException):
            raise problem
    chosen, choice, _ = found
    assert isinstance(chosen, Chosen)
    refuse_other(chosen.image, agreed.digest)
    assert isinstance(choice, Defaults)
    process_args(options, chosen.config)  # no command at all: said before anything is made
    return Plan(client, namespace, options, chosen, choice)


async def refuse_taken(client: Client, id: str, namespace: str) -> None:
    """Raises AlreadyExists when there is a container of this id."""
    with suppress(NotFound):
        await client.containers.get_record(id, namespace=namespace)
        raise taken(id)


def taken(id: str) -> AlreadyExists:
    """The error for an id that a container has."""
    return AlreadyExists(
        "a container of this name exists already",
        subject=id,
        remedy="Choose another name, or delete that one first.",
    )


def user_of(plan: Plan, rootfs: Sequence[MountSpec]) -> ResolvedUser:
    """The ids of the process; blocks on the disk."""
    text = plan.options.user or plan.chosen.config.user
    return resolved_in(rootfs, text, from_image=not plan.options.user)


def resolved_in(rootfs: Sequence[MountSpec], text: str, *, from_image: bool) -> ResolvedUser:
    """The ids that `text` means by the passwd and group of that root; blocks on the disk.

    The files decide about groups even for root and for bare numbers; but those need none, so a
    snapshot that we cannot read (another file system, another host) does not stop them.
    """
    passwd = group = None
    try:
        passwd, group = (_text(rootfs, path) for path in ("/etc/passwd", "/etc/group"))
    except InvalidArgument:
        if text and not text.replace(":", "").isdecimal():
            raise
    return resolve_user(text, passwd, group, from_image=from_image)


def _text(rootfs: Sequence[MountSpec], path: str) -> str | None:
    data = read_file(rootfs, path)
    return None if data is None else data.decode("utf-8", "replace")
