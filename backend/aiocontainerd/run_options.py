"""What a caller asks for when a container is run, checked before anything is made."""

import math
import re
from dataclasses import dataclass, field

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.identifiers import check_container_id
from aiocontainerd.mounts import BindMount
from aiocontainerd.safe import safe

NETWORKS = ("host", "none")
LABEL_MAX = 4096
MEMORY_MIN = 4 << 20
MEMORY_MAX = 2**63 - 1
CPUS_MIN = 0.01
CPUS_MAX = 1 << 20
PIDS_MAX = 1 << 22
_HOSTNAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?")
_BROKEN = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """One container to be. Making one raises InvalidArgument for what no runtime takes.

    `command` replaces the image's Cmd, not its Entrypoint (as docker run). `env` holds
    `NAME=VALUE`, or `NAME` to unset what the image sets. `memory` is in bytes (None: no
    limit), `cpus` in whole processors, `pids` the most processes. `network` is "none" (an
    own, empty network namespace) or "host". `labels` become annotations too, as in ctr.
    `joins` is a process of the host whose process, network, IPC and host name namespaces it
    shares, and that it may look into. `detach` and `remove` are for the operation, not for the
    spec. Command, variables and labels can hold secrets: neither the repr nor an error shows them.
    """

    image: str
    id: str
    command: tuple[str, ...] = field(default=(), repr=False)
    mounts: tuple[BindMount, ...] = ()
    env: tuple[str, ...] = field(default=(), repr=False)
    user: str = ""
    cwd: str = ""
    network: str = "none"
    hostname: str = ""
    memory: int | None = None
    cpus: float | None = None
    pids: int | None = None
    readonly: bool = False
    terminal: bool = False
    remove: bool = False
    privileged: bool = False
    detach: bool = True
    labels: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    joins: int | None = None

    def __post_init__(self) -> None:
        check_container_id(self.id)
        if not self.image.strip():
            raise InvalidArgument("no image was named", remedy="Name one, such as busybox.")
        self._check_process()
        self._check_limits()
        _check_labels(self.labels)
        _check_destinations(self.mounts)
        if self.network not in NETWORKS:
            remedy = "Use 'none' or 'host'; other networks are attached by CNI."
            raise _bad("network", self.network, "no such network for the spec", remedy)
        if self.hostname and not _HOSTNAME.fullmatch(self.hostname):
            remedy = "Use at most 63 letters, digits, '-' and '.'."
            raise _bad("host name", self.hostname, "this is not a host name", remedy)

    def _check_process(self) -> None:
        for text in (self.image, *self.command, *self.env, self.user, self.cwd):
            if _BROKEN.search(text):
                raise InvalidArgument(
                    "a command, variable, user or path holds a NUL or broken text",
                    remedy="Write it in plain text.",
                )
        if any(not entry.partition("=")[0] for entry in self.env):
            raise InvalidArgument("a variable has no name", remedy="Write NAME=VALUE.")
        if self.cwd and not self.cwd.startswith("/"):
            remedy = "Write it in full, from '/'."
            raise _bad("working directory", self.cwd, "it must be an absolute path", remedy)

    def _check_limits(self) -> None:
        memory, cpus, pids = self.memory, self.cpus, self.pids
        if memory is not None and not MEMORY_MIN <= memory <= MEMORY_MAX:
            remedy = f"Give at least {MEMORY_MIN} bytes (4 MiB)."
            raise _bad("memory limit", str(memory), "it is out of range", remedy)
        if cpus is not None and not (math.isfinite(cpus) and CPUS_MIN <= cpus <= CPUS_MAX):
            raise _bad("cpus", str(cpus), "it is out of range", f"Give at least {CPUS_MIN}.")
        if pids is not None and not 1 <= pids <= PIDS_MAX:
            raise _bad("pids limit", str(pids), "it is out of range", f"Use 1 to {PIDS_MAX}.")


def _bad(kind: str, value: str, what: str, remedy: str) -> InvalidArgument:
    return InvalidArgument(what, subject=f"{kind} '{safe(value[:200])}'", remedy=remedy)


def _check_labels(labels: tuple[tuple[str, str], ...]) -> None:
    for key, value in labels:
        if not key:
            raise InvalidArgument("a label has no key", remedy="Write KEY=VALUE.")
        if _BROKEN.search(key + value):
            raise _bad("label", key, "it holds a NUL or broken text", "Write it in plain text.")
        if len(key.encode()) + len(value.encode()) > LABEL_MAX:
            what = f"key and value are longer than {LABEL_MAX} bytes together"
            raise _bad("label", key, what, "Use an annotation or a file.")


def _check_destinations(mounts: tuple[BindMount, ...]) -> None:
    seen: set[str] = set()
    for mount in mounts:
        if mount.destination in seen:
            what = "two mounts have this destination"
            raise _bad("mount", mount.destination, what, "Drop one of them.")
        seen.add(mount.destination)
