"""Where the source of a bind mount really leads, and what is there."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

from ctdeck.descriptions.facts import Fact, fact
from ctdeck.masking import masked_source
from ctdeck.rows import MountRow, Row

if TYPE_CHECKING:
    from aiocontainerd.bind_sources import SourceFacts
    from aiocontainerd.client import Client

_PATIENCE = 5.0  # s; a source on a server that hangs


def of(row: Row) -> Hashable | None:
    """The source, and whether it is there: that is looked at anew now and then."""
    if not isinstance(row, MountRow) or not row.mount.is_bind:
        return None
    return row.mount, row.exists


async def read(client: Client, row: Row) -> list[Fact]:
    """Follow its links on the daemon's host, where that can be reached."""
    from aiocontainerd.bind_sources import look_at

    assert isinstance(row, MountRow)
    path = row.mount.source
    try:
        async with asyncio.timeout(_PATIENCE):
            host = await client.locate()
            if host.root is None:
                return [Fact("", "The files of the daemon's host cannot be reached from here.")]
            found = await asyncio.to_thread(look_at, path, host.root)
    except TimeoutError:
        return [Fact("", "The source does not answer: a network file system that hangs?", "bad")]
    return list(source_facts(path, found, readonly=row.mount.is_readonly))


def source_facts(path: str, found: SourceFacts, *, readonly: bool) -> Iterator[Fact]:
    """What was found, in words."""
    yield fact("written", masked_source(path), path)
    if not found.kind:
        yield Fact("really", "nothing is there", "bad")
        return
    same = found.real.rstrip("/") == path.rstrip("/")
    real = "the same: no link on the way" if same else found.real
    yield fact("really", masked_source(real), real)
    yield Fact(
        "is", {"directory": "a directory", "file": "a file"}.get(found.kind, f"a {found.kind}")
    )
    if found.same_as:
        yield Fact("also", f"the same as {found.same_as}", "warn")
    if found.is_bundle:
        yield Fact("", "a runtime's bundle: config.json and rootfs of a container", "warn")
    for place, name in enumerate(found.sockets[:20]):
        yield Fact("" if place else "sockets", name, "warn")
    for place, name in enumerate(found.submounts[:50]):
        yield Fact("" if place else "mounts below", name)
    if found.submounts and readonly:
        yield Fact("", "They stay writable, though the mount is read-only.", "warn")
    if not found.submounts and found.kind == "directory":
        yield Fact("mounts below", "none that can be written to", "muted")
