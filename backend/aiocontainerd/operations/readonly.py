"""Read-only bind mounts whose submounts are read-only too, where the runtime can do that.

`ro` alone leaves what is mounted below the source writable. runc 1.1 has `rro` (Linux 5.12,
mount_setattr); older ones take the word for one of the file system's and ignore it. No
containerd before 2.0 tells a client what its runtime has, so the runtime itself is asked.
"""

import asyncio
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from aiocontainerd.bind_sources import SourceFacts, look_at
from aiocontainerd.client import Client
from aiocontainerd.errors import InvalidArgument
from aiocontainerd.mounts import BindMount
from aiocontainerd.operations.defaults import RUNTIME
from aiocontainerd.programs import output_of
from aiocontainerd.run_options import RunOptions

_KERNEL = (5, 12)
_PATIENCE = 5.0  # seconds for `runc features`, which takes 20 ms
_PLACES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_KNOWN: dict[tuple[str, float], bool] = {}  # by the program and when it was changed


async def sealed(client: Client, options: RunOptions, runtime: str) -> RunOptions:
    """The options, with `rro` for each read-only mount that has writable submounts.

    Where the runtime cannot do that they stay as they are. Raises InvalidArgument for an `rro`
    of the caller's that the runtime is known not to have.
    """
    asked = [mount for mount in options.mounts if mount.recursive_readonly]
    gaps = await writable_below(client, options.mounts)
    if not (asked or gaps):
        return options
    able = await has_rro(client, runtime)
    if asked and able is False:
        raise InvalidArgument(
            "the runtime here has no recursive read-only mounts (rro)",
            subject=f"mount '{asked[0].source}'",
            remedy="Use ro, which leaves what is mounted below it writable, or runc 1.1 or newer "
            "on Linux 5.12 or newer.",
        )
    if not able:
        return options
    mounts = tuple(
        replace(mount, recursive_readonly=True) if mount.source in gaps else mount
        for mount in options.mounts
    )
    return replace(options, mounts=mounts)


async def writable_below(
    client: Client, mounts: Sequence[BindMount]
) -> Mapping[str, tuple[str, ...]]:
    """By source: the mount points below it that a plain `ro` would leave writable."""
    wanted = [each for each in mounts if leaves_gaps(each)]
    if not wanted:
        return {}
    root = (await client.locate()).root or ""
    found = await asyncio.to_thread(_look, [each.source for each in wanted], root)
    return {source: facts.submounts for source, facts in found.items() if facts.submounts}


def leaves_gaps(mount: BindMount) -> bool:
    """It is read-only, takes submounts along, and says nothing about them."""
    return mount.readonly and mount.recursive and not mount.recursive_readonly


async def has_rro(client: Client, runtime: str = RUNTIME) -> bool | None:
    """Whether `rro` works; None where that cannot be known (another runtime, another host)."""
    if runtime != RUNTIME or (await client.locate()).root != "":
        return None
    if (key := _runc()) is None:
        return None
    if key not in _KNOWN:
        _KNOWN[key] = _kernel() >= _KERNEL and "rro" in await _mount_options(key[0])
    return _KNOWN[key]


def _runc() -> tuple[str, float] | None:
    """The program, and when it was changed."""
    path = shutil.which("runc", path=f"{os.environ.get('PATH', '')}:{_PLACES}")
    return None if path is None else (path, Path(path).stat().st_mtime)


async def _mount_options(runc: str) -> list[str]:
    """What `runc features` lists (runc 1.1); nothing where it knows no such word."""
    output = await output_of(runc, "features", patience=_PATIENCE)
    try:
        found = json.loads(output).get("mountOptions")
    except (ValueError, AttributeError):
        return []
    return found if isinstance(found, list) else []


def _kernel() -> tuple[int, int]:
    first, second, *_ = os.uname().release.split(".")
    digits = "".join(letter for letter in second if letter.isdigit())
    return int(first), int(digits or 0)


def _look(sources: Sequence[str], root: str) -> dict[str, SourceFacts]:
    return {source: look_at(source, root) for source in sources}
