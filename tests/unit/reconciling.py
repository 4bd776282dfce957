"""Parts of reconcile, fed by hand."""

from collections.abc import Mapping
from datetime import UTC, datetime

from aiocontainerd.models import Container, Mount
from aiocontainerd.reconcile.records import Record, Records
from aiocontainerd.reconcile.topics import Identity, Kind, Target
from aiocontainerd.reconcile.world import World

NOW = datetime(2026, 1, 2, tzinfo=UTC)
CONTAINERS, TASKS = Target(Kind.CONTAINERS, "n"), Target(Kind.TASKS, "n")
IMAGES, SNAPSHOTS = Target(Kind.IMAGES, "n"), Target(Kind.SNAPSHOTS, "n")


def container(id: str, *mounts: Mount, namespace: str = "n", image: str = "i") -> Container:
    return Container(namespace, id, image, "r", "s", id, mounts=mounts)


def make_world() -> tuple[World, list[float]]:
    """A world with the namespace `n`, and the moments at which it asked to be published."""
    pokes: list[float] = []
    made = World(pokes.append)
    made.put_namespaces(["n"], ["n"])
    return made, pokes


def put_list(
    into: World | Records, target: Target, records: Mapping[Identity, Record], number: int
) -> None:
    """Give the answer to question `number` about a whole list."""
    held = into.records if isinstance(into, World) else into
    into.put_some(target, records, number)
    into.remove(target, held.missing(target, records), number)
    into.complete(target, number)
