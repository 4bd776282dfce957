"""A full disk: what could go. The daemon's own words name only the file it could not write."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiocontainerd.client import Client
from aiocontainerd.disk.holding import Holdings
from aiocontainerd.disk.things import Node
from aiocontainerd.errors import NO_SPACE, ContainerdError, ResourceExhausted
from aiocontainerd.models import Image, Snapshot, TaskStatus
from aiocontainerd.operations import images as plans
from aiocontainerd.owners import keeper_of, owner_of
from aiocontainerd.safe import safe

_SHOWN = 3  # names of each kind
_SECONDS = 8.0


@asynccontextmanager
async def room_is_told(client: Client, namespace: str, *, kept: str = "") -> AsyncIterator[None]:
    """The error of a full disk gets a remedy that names what could be deleted.

    Round what undoes itself, so that nothing of that is named; `kept` says so to the user.
    """
    try:
        yield
    except ResourceExhausted as error:
        if NO_SPACE in error.what:
            said = (error.remedy, kept, await what_could_go(client, namespace))
            error.remedy = " ".join(filter(None, said))
        raise


@dataclass(frozen=True, slots=True)
class _Unused:
    """What nothing needs: in bytes what each image alone would free, and all of them together."""

    images: dict[str, int] = field(default_factory=dict)
    total: int = 0
    containers: tuple[str, ...] = ()


async def what_could_go(client: Client, namespace: str) -> str:
    """A sentence: images that no container uses with their sizes, and containers that do not run.

    Of all namespaces, as they share the disk; only those of `namespace` go without its name. What
    pods begin with, what is pinned, and containers of others are left out. Says less when the
    daemon does not tell in time; never raises.
    """
    found: dict[str, _Unused] = {}
    with suppress(ContainerdError, TimeoutError):
        async with asyncio.timeout(_SECONDS):
            names = await client.namespaces.list()
            for name in sorted(names, key=lambda name: (name != namespace, name)):
                with suppress(ContainerdError):
                    found[name] = await _unused(client, name)
    sizes = {
        _placed(name, where, namespace): size
        for where, each in found.items()
        for name, size in each.images.items()
    }
    idle = [_placed(c, where, namespace) for where, e in found.items() for c in e.containers]
    total = _megabytes(sum(each.total for each in found.values()))
    largest = sorted(sizes, key=lambda name: (-sizes[name], name))
    shown = [f"{name} {_megabytes(sizes[name])}" for name in largest]
    parts = [
        *_named(f"images that no container uses ({total})", shown),
        *_named("containers that do not run", idle),
    ]
    if not parts:
        return "Delete images or containers to make room."
    return f"To make room, delete what is not needed: {'; '.join(parts)}."


def _placed(name: str, where: str, here: str) -> str:
    return name if where == here else f"{name} in {where}"


def _named(what: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return [f"{what}: {', '.join(names[:_SHOWN])}{more}"]


async def _unused(client: Client, namespace: str) -> _Unused:
    images, containers, tasks = await asyncio.gather(
        client.images.list(namespace=namespace),
        client.containers.list(namespace=namespace),
        client.tasks.list(namespace=namespace),
    )
    world = Snapshot(
        images={image.key: image for image in images},
        containers={container.key: container for container in containers},
    )
    used = {container.image_key for container in containers}
    spare = [i for i in images if i.key not in used and keeper_of(i, world) is None]
    sizes, total = await _sizes(client, world, namespace, spare)
    alive = {task.id for task in tasks if task.status is not TaskStatus.STOPPED}
    idle = [safe(c.id) for c in containers if c.id not in alive and owner_of(c) is None]
    return _Unused(sizes, total, tuple(sorted(idle)))


async def _sizes(
    client: Client, world: Snapshot, namespace: str, spare: Iterable[Image]
) -> tuple[dict[str, int], int]:
    """Bytes by image, those that nothing would come of left out, and of all together."""
    names: dict[str, list[Image]] = defaultdict(list)  # those of one image go together
    for image in spare:
        names[image.target.digest].append(image)
    holdings = await plans.holdings_of(client, world, namespace)
    lost = _lost(holdings, {image: plans.nodes(every) for image, every in names.items()})
    sizes = await plans.freed(client, holdings, lost)
    by_image: Counter[str] = Counter()
    for node, images in lost.items():
        if len(images) == 1:
            by_image[images[0]] += sizes.get(node, 0)
    named = {_name(names[digest]): size for digest, size in by_image.items() if size}
    return named, sum(sizes.values())


def _lost(holdings: Holdings, roots: dict[str, set[Node]]) -> dict[Node, list[str]]:
    """What goes when all these roots go, and by which of them each is held."""
    lost = holdings.lost(set().union(*roots.values()))
    held: dict[Node, list[str]] = defaultdict(list)
    for name, nodes in roots.items():
        for node in set().union(*map(holdings.held_by, nodes)) & lost:
            held[node].append(name)
    return held


def _name(images: Sequence[Image]) -> str:
    more = f" ({len(images)} names)" if len(images) > 1 else ""
    return f"{min(image.name for image in images)}{more}"


def _megabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 10**9 else f"{max(size / 1e6, 0.1):.1f} MB"
