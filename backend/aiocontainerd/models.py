"""What containerd holds, as frozen dataclasses; all strings are already safe to show.

`convert.py` makes them from protobuf. Times are aware UTC datetimes, sizes are bytes.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from aiocontainerd.quickdata import dataclass

if TYPE_CHECKING:
    from aiocontainerd.disk.report import Report

NO_LABELS: Mapping[str, str] = MappingProxyType({})
REMOVE_LABEL = "io.ctdeck/remove"  # "true" on a container that `run` was to remove when done
LOG_LABEL = "io.ctdeck/log"  # the file of its output, without a terminal: in the CRI's format
STDOUT_LABEL = "io.ctdeck/stdout"  # of a terminal's, as it is
STDERR_LABEL = "io.ctdeck/stderr"  # ctdeck once wrote two files, without times, for all others
LOG_LABELS = (LOG_LABEL, STDOUT_LABEL, STDERR_LABEL)
TOOLBOX_LABEL = "io.ctdeck/debug"  # on a toolbox: namespace/id of the container that it looks into
HELD_BACK = "held back by "  # with a maker after it, in its place: who restarts it just now
_NOTHING: Mapping[Any, Any] = MappingProxyType({})


def no_labels() -> Mapping[str, str]:
    """The one empty map, for defaults: dataclasses refuse it itself as unhashable."""
    return NO_LABELS


def _nothing() -> Mapping[Any, Any]:
    """One object for all: what is empty in two snapshots is the same in both."""
    return _NOTHING


class Key(NamedTuple):
    """The identity of a row in every list: containerd namespace and id (or image name)."""

    namespace: str
    id: str


class TaskStatus(Enum):
    """containerd.v1.types.Status; the values are the wire's."""

    UNKNOWN = 0
    CREATED = 1
    RUNNING = 2
    STOPPED = 3
    PAUSED = 4
    PAUSING = 5


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a name points at: containerd.types.Descriptor."""

    media_type: str
    digest: str
    size: int
    annotations: Mapping[str, str] = field(default_factory=no_labels, hash=False)


@dataclass(frozen=True, slots=True)
class ImageDetails:
    """What the content store says of an image; read after the list, cached by digest.

    `size` is the sum of the compressed blobs that are present for all platforms.
    `platforms` are `os/arch[/variant]` of the manifests whose config is present.
    `chain_id` is that of the platform this host would run, empty if it is not there.
    `missing` is true when a blob of that platform is not in the content store.
    """

    size: int
    platforms: tuple[str, ...]
    chain_id: str = ""
    config_digest: str = ""
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """An image record: a name for a descriptor, in one namespace.

    `raw_name` is what the daemon stores and is sent back to it; `name` is it made safe.
    `exact_name` (`safe.exact`) tells it from others that are shown alike, "" where `name` does.
    `details` is None until they have been read; `unpacked` is None while that is not known.
    """

    namespace: str
    name: str
    raw_name: bytes
    target: Descriptor
    labels: Mapping[str, str] = field(default_factory=no_labels, hash=False)
    created_at: datetime | None = None
    updated_at: datetime | None = None
    details: ImageDetails | None = None
    unpacked: bool | None = None
    exact_name: str = ""

    @property
    def key(self) -> Key:
        """Namespace and name, or exact name."""
        return Key(self.namespace, self.exact_name or self.name)

    @property
    def is_managed(self) -> bool:
        """The CRI plugin keeps it: by tag, by digest and by its config, a record for each."""
        return self.labels.get("io.cri-containerd.image") == "managed"

    def twins(self, other: "Image") -> bool:
        """Both are records of the same image of the CRI plugin."""
        same = self.namespace == other.namespace and self.target.digest == other.target.digest
        return same and self.is_managed and other.is_managed


@dataclass(frozen=True, slots=True)
class Mount:
    """One entry of a container's spec (`mounts`), in the OCI runtime spec's words."""

    destination: str
    type: str
    source: str
    options: tuple[str, ...] = ()

    @property
    def is_bind(self) -> bool:
        """A host path is bound into the container."""
        return self.type == "bind" or "bind" in self.options or "rbind" in self.options

    @property
    def is_readonly(self) -> bool:
        """The container cannot write through this mount itself (submounts may differ)."""
        return "ro" in self.options or "rro" in self.options


class Pod(NamedTuple):
    """A Kubernetes pod, as the labels of its containers name it.

    `namespace` is Kubernetes' own; containerd's is that of the container.
    """

    namespace: str
    name: str
    uid: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Told:
    """What dockerd's own file says of a container; its containerd record has none of it."""

    name: str = ""
    image: str = ""
    project: str = ""
    service: str = ""
    restarts: int | None = None


_UNTOLD = Told()


@dataclass(frozen=True, slots=True)
class Container:
    """A container record. It has no state of its own: its task has.

    `exact_image` (`safe.exact`) tells the image from others that are shown alike, "" where `image`
    does. `odd_snapshot_key` is the stored key where `snapshot_key` is not what is stored.
    `attempt` is how often the kubelet had made this part of its pod before, None where no CRI
    plugin made it. `told` is read later, for dockerd's containers and where its files are in reach.
    """

    namespace: str
    id: str
    image: str
    runtime: str
    snapshotter: str
    snapshot_key: str
    created_at: datetime | None = None
    updated_at: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=no_labels, hash=False)
    mounts: tuple[Mount, ...] = ()
    args: tuple[str, ...] = ()
    terminal: bool = False
    exact_image: str = ""
    odd_snapshot_key: bytes = b""
    attempt: int | None = None
    told: Told = _UNTOLD

    @property
    def key(self) -> Key:
        """Namespace and id."""
        return Key(self.namespace, self.id)

    @property
    def image_key(self) -> Key:
        """The key that the image has, or would have, that its record names."""
        return Key(self.namespace, self.exact_image or self.image)

    @property
    def raw_snapshot_key(self) -> bytes:
        """What the daemon stores and is sent back to it."""
        return self.odd_snapshot_key or self.snapshot_key.encode()

    @property
    def is_to_be_removed(self) -> bool:
        """Its label says that it is to be removed when done: anybody's may, by its image.

        Whether it is one that we ran is asked of `operations.left_behind`.
        """
        return self.labels.get(REMOVE_LABEL, "").startswith((HELD_BACK, "true"))

    @property
    def pod(self) -> Pod | None:
        """The Kubernetes pod that it is a part of, None for none."""
        get = self.labels.get
        if name := get("io.kubernetes.pod.name"):
            space = get("io.kubernetes.pod.namespace", "")
            return Pod(space, name, get("io.kubernetes.pod.uid", ""))
        return None

    @property
    def is_sandbox(self) -> bool:
        """It holds a pod together: its network and other namespaces are the pod's."""
        return self.labels.get("io.cri-containerd.kind") == "sandbox"

    @property
    def short_name(self) -> str:
        """Its name among those beside it: in its pod, or on this host; empty if it has none."""
        get = self.labels.get
        return get("io.kubernetes.container.name") or self.told.name or get("nerdctl/name", "")

    @property
    def display_name(self) -> str:
        """The name that nerdctl, Docker or Kubernetes gave it; empty if none did."""
        pod, name = self.pod, self.short_name
        return f"{pod}" + (f" · {name}" if name else "") if pod else name

    @property
    def project(self) -> str:
        """The compose project that it is a part of; empty for none."""
        return self.told.project or self.labels.get("com.docker.compose.project", "")

    @property
    def service(self) -> str:
        """Which service of that project it is."""
        return self.told.service or self.labels.get("com.docker.compose.service", "")

    @property
    def restarts(self) -> int | None:
        """How often its owner had started it anew, as far as he tells.

        The kubelet by its attempt, dockerd in its files, containerd's own monitor by a label.
        """
        known = self.attempt if self.attempt is not None else self.told.restarts
        if known is not None:
            return known
        count = self.labels.get("containerd.io/restart.count", "")
        return int(count) if count.isascii() and count.isdigit() and len(count) < 10 else None


@dataclass(frozen=True, slots=True)
class Task:
    """The process tree of a container: containerd.v1.types.Process.

    `since` is when it began to run (local /proc) or when it exited; None if not known.
    `exit_status` has a meaning only when `status` is STOPPED.
    """

    namespace: str
    id: str
    pid: int
    status: TaskStatus
    exit_status: int = 0
    exited_at: datetime | None = None
    since: datetime | None = None
    terminal: bool = False

    @property
    def key(self) -> Key:
        """Namespace and container id."""
        return Key(self.namespace, self.id)


@dataclass(frozen=True, slots=True)
class Event:
    """One envelope of the event stream; `seq` counts from 1 in the order of arrival."""

    seq: int
    timestamp: datetime | None
    namespace: str
    topic: str
    subject: str
    attributes: Mapping[str, str] = field(default_factory=no_labels, hash=False)


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
