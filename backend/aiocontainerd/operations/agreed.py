"""What the user saw of what a run is made from: that image and those files, or nothing.

A name can be moved and a link can be turned between the look and the call. So the spec has the
path where a source really is, and not the link: turning that changes nothing any more. A later
start mounts what is at that path by then: it may be another folder, or a link that the owner of
the folder above put there. A folder that moved to a larger disk looks the same, every other tool
and the daemon itself start it, and the spec cannot say what was meant; so nobody is refused.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from aiocontainerd.bind_sources import real_path
from aiocontainerd.client import Client
from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.mounts import BindMount, check_source
from aiocontainerd.safe import safe

_REMEDY = "Look where it leads now, then choose again."


@dataclass(frozen=True, slots=True)
class Agreed:
    """`digest` is what the image's name meant, "" if nobody looked. `sources` tells of bind
    sources where they led; of those that it does not name nobody has looked.
    """

    digest: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)


async def pinned(
    client: Client, mounts: Sequence[BindMount], agreed: Agreed
) -> tuple[BindMount, ...]:
    """The mounts with their sources where they really are.

    Where the daemon's files are not known, and for what is more than its path (a link of /proc),
    they stay as written. Raises InvalidArgument for what is not there, FailedPrecondition for
    what leads elsewhere by now. The sources may lie on a server that hangs.
    """
    if not mounts:
        return ()
    found = (await client.locate()).root
    root, known = found or "", found is not None
    return await asyncio.to_thread(
        lambda: tuple(_pinned(mount, root, agreed, known=known) for mount in mounts)
    )


async def refuse_moved(client: Client, mounts: Sequence[BindMount]) -> None:
    """Look at what `pinned` gave once more, just before the call; raises FailedPrecondition.

    The runtime itself looks again a moment later, and nothing can bind it.
    """
    for mount, now in zip(mounts, await pinned(client, mounts, Agreed()), strict=True):
        if now.source != mount.source:
            raise _moved(mount.source)


def _pinned(mount: BindMount, root: str, agreed: Agreed, *, known: bool) -> BindMount:
    check_source(mount, root)
    if not known:
        return mount
    real = _real(mount.source, root)
    if agreed.sources.get(mount.source, real) != real:
        raise _moved(mount.source)
    if not root and not _is_same_file(mount.source, real):
        return mount
    return mount if real == mount.source else replace(mount, source=real)


def _real(source: str, root: str) -> str:
    try:
        return real_path(source, root)
    except OSError:
        return source


def _is_same_file(path: str, real: str) -> bool:
    try:
        return os.path.samestat(Path(path).stat(), os.lstat(real))
    except OSError:
        return False


def _moved(source: str) -> FailedPrecondition:
    return FailedPrecondition(
        "the source of the mount leads elsewhere since you looked",
        subject=f"mount '{safe(source[:200])}'",
        remedy=_REMEDY,
    )
