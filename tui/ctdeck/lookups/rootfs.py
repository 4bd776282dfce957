"""The layers of a container's root file system, as its snapshotter mounts them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING

from ctdeck.descriptions.facts import Fact, fact
from ctdeck.lookups.containers import container_of
from ctdeck.masking import masked_value
from ctdeck.rows import Row

if TYPE_CHECKING:
    from aiocontainerd.client import Client


def of(row: Row) -> Hashable | None:
    """The snapshot of the row's container."""
    container = container_of(row)
    if container is None:
        return None
    return container.key, container.snapshotter, container.snapshot_key, container.created_at


async def read(client: Client, row: Row) -> list[Fact]:
    """What its snapshotter would mount. Raises NotFound when the snapshot is gone."""
    container = container_of(row)
    assert container is not None
    mounts = await client.snapshots.mounts(
        container.snapshot_key, namespace=container.namespace, snapshotter=container.snapshotter
    )
    return rootfs_facts((m.type, m.source, m.options) for m in mounts)


def rootfs_facts(layers: Iterable[tuple[str, str, Iterable[str]]]) -> list[Fact]:
    """The mounts that make a root file system: (type, source, options) of each."""
    facts: list[Fact] = []
    for kind, source, options in layers:
        facts.append(Fact("type", kind if source in (kind, "") else f"{kind} of {source}"))
        for option in options:
            name, _, value = option.partition("=")
            parts = value.split(":") if name == "lowerdir" else [value]
            for number, part in enumerate(parts):
                shown = masked_value(name, part) or "yes"
                facts.append(fact("" if number else name, shown, part or "yes", "muted"))
    return facts or [Fact("", "The snapshotter names no mounts.", "muted")]
