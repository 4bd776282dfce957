"""What dockerd writes down of its containers: containerd itself has neither their names nor images.

Source: `containers/<id>/config.v2.json` below dockerd's own folder, as moby's `container.Container`
has it. Only read where the daemon's files are ours to see; nothing is asked of dockerd.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from aiocontainerd.convert import shared
from aiocontainerd.errors import ContainerdError
from aiocontainerd.models import Container, Told
from aiocontainerd.owners import DOCKERD, owner_of
from aiocontainerd.safe import safe

_ID = re.compile(r"[0-9a-f]{64}")
_ROOT = "/var/lib/docker"
_OWN = ("hostname", "hosts", "resolv.conf")  # files beside the wanted one, bound into it
_LONGEST = 512  # characters of a name that anyone reads
_Stamp = tuple[int, int, int]


class Page(NamedTuple):
    """What a file says, and by what one sees that it says something else."""

    stamp: _Stamp
    told: Told


def book_of(container: Container) -> str:
    """Where dockerd keeps what it knows of it, as a path on its host; empty if it is not its own.

    Its folder need not be the usual one: the container's /etc/hosts is bound from there.
    """
    if container.namespace != "moby" and not container.labels:
        return ""
    if owner_of(container) is not DOCKERD or not _ID.fullmatch(container.id):
        return ""
    ends = tuple(f"/containers/{container.id}/{name}" for name in _OWN)
    sources = (mount.source for mount in container.mounts if mount.source.endswith(ends))
    folder = next((path.rpartition("/")[0] for path in sources if path.startswith("/")), "")
    return f"{folder or f'{_ROOT}/containers/{container.id}'}/config.v2.json"


def page_of(known: Mapping[str, Page | None], root: str, path: str) -> Page | None:
    """Read it, if it is not as it was when `known` was read; None if it cannot be. Blocks."""
    try:
        info = Path(root + path).stat()
        stamp = (info.st_mtime_ns, info.st_size, info.st_ino)
        page = known.get(path)
        if page and page.stamp == stamp:
            return page
        told = _read(root, path)
        return Page(stamp, told) if told else None
    except (OSError, ValueError, ContainerdError, RecursionError):
        return None


def _read(root: str, path: str) -> Told | None:
    from aiocontainerd.rootfs import read_file  # few hosts have a dockerd

    content = read_file([_Whole(root or "/")], path)  # its links lead to nowhere outside of it
    return None if content is None else told_by(json.loads(content))


class _Whole(NamedTuple):
    """A file system as `read_file` wants it."""

    source: str
    type: str = "bind"
    options: tuple[str, ...] = ()


def told_by(book: object) -> Told:
    """What is worth knowing of such a file; nothing of it can be relied on."""
    book = _dict(book)
    config = _dict(book.get("Config"))
    labels = _dict(config.get("Labels"))
    restarts = book.get("RestartCount")
    return Told(
        name=_text(book.get("Name")).removeprefix("/"),
        image=shared(_text(config.get("Image"))),
        project=shared(_text(labels.get("com.docker.compose.project"))),
        service=shared(_text(labels.get("com.docker.compose.service"))),
        restarts=restarts if type(restarts) is int and restarts >= 0 else None,
    )


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return safe(value[:_LONGEST]) if isinstance(value, str) else ""
