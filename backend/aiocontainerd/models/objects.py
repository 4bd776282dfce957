"""Images, containers and their tasks, mounts and events, each by itself."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from aiocontainerd.quickdata import dataclass

NO_LABELS: Mapping[str, str] = MappingProxyType({})
REMOVE_LABEL = "io.ctdeck/remove"  # "true" on a container that `run` was to remove when done
LOG_LABEL = "io.ctdeck/log"  # the file of its output, without a terminal: in the CRI's format
STDOUT_LABEL = "io.ctdeck/stdout"  # of a terminal's, as it is
STDERR_LABEL = "io.ctdeck/stderr"  # ctdeck once wrote two files, without times, for all others
LOG_LABELS = (LOG_LABEL, STDOUT_LABEL, STDERR_LABEL)
TOOLBOX_LABEL = "io.ctdeck/debug"  # on a toolbox: namespace/id of the container that it looks into
HELD_BACK = "held back by "  # with a maker after it, in its place: who restarts it just now


def no_labels() -> Mapping[str, str]:
    """The one empty map, for defaults: dataclasses refuse it itself as unhashable."""
    return NO_LABELS


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
