"""All that a daemon holds, at one moment, and how we stand to it."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from aiocontainerd.models.objects import Container, Event, Image, Key, Task, no_labels
from aiocontainerd.quickdata import dataclass

if TYPE_CHECKING:
    from aiocontainerd.disk.report import Report

_NOTHING: Mapping[Any, Any] = MappingProxyType({})


def _nothing() -> Mapping[Any, Any]:
    """One object for all: what is empty in two snapshots is the same in both."""
    return _NOTHING


class Phase(Enum):
    """How the store stands to the daemon; each has its own look on the screen."""

    CONNECTING = "connecting"
    LIVE = "live"
    LOST = "lost"  # was live; what is shown may be old
    FAILED = "failed"  # never was live


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """The daemon: version, uuid, pid (0 on 1.6), and the ids of its healthy gRPC plugins."""

    version: str
    revision: str = ""
    uuid: str = ""
    pid: int = 0
    services: frozenset[str] = frozenset()
    snapshotters: Mapping[str, str] = field(
        default_factory=no_labels, hash=False
    )  # id → root or ""

    @property
    def transfer(self) -> bool:
        """The Transfer service and the streaming that it needs are there (1.7+)."""
        return {"transfer", "streaming"} <= self.services

    @property
    def snapshotter(self) -> str:
        """containerd's own default, overlayfs; native where that does not work, "" for neither."""
        return next((name for name in ("overlayfs", "native") if name in self.snapshotters), "")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The world at one moment: immutable, made by `reconcile`, held by the `Store`.

    `sources` tells of bind sources whether they exist on this host; absent is not known yet.
    `error` is why the phase is LOST or FAILED; `heard_at` is when the daemon gave its last answer,
    while it is there and gives none. `loaded` turns true with the first full list, or
    when it does not come. `reading` names those of `images`, `containers` and `tasks` that this
    connection has not read to the end: their rows are real, and more will come.
    `disk` is what fills it, if somebody has looked; `reconcile` knows nothing of it.
    `behind` is how many seconds the newest of `events` waited to be taken, in a long storm.
    """

    generation: int = 0
    phase: Phase = Phase.CONNECTING
    error: str = ""
    heard_at: datetime | None = None
    loaded: bool = False
    server: ServerInfo | None = None
    namespaces: tuple[str, ...] = ()
    images: Mapping[Key, Image] = field(default_factory=_nothing, hash=False)
    containers: Mapping[Key, Container] = field(default_factory=_nothing, hash=False)
    tasks: Mapping[Key, Task] = field(default_factory=_nothing, hash=False)
    sources: Mapping[str, bool] = field(default_factory=_nothing, hash=False)
    events: tuple[Event, ...] = ()
    events_total: int = 0
    reading: frozenset[str] = frozenset()
    behind: int = 0
    disk: "Report | None" = field(default=None, hash=False, compare=False)

    def task_of(self, container: Container) -> Task | None:
        """The task of this container, None if it has none."""
        return self.tasks.get(container.key)

    def users_of(self, image: Image) -> tuple[Container, ...]:
        """The containers in the image's namespace whose record names this image.

        Where the CRI plugin keeps several records of one image, each of them is used by all.
        """
        keys = {image.key, *(other.key for other in self.images.values() if other.twins(image))}
        return tuple(each for each in self.containers.values() if each.image_key in keys)
