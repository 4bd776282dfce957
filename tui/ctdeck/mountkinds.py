"""Which mounts come first in their list: what a person mounted before what engines mount. Pure."""

from __future__ import annotations

from enum import IntEnum

from aiocontainerd.models import Mount


class Kind(IntEnum):
    """Whose a mount is, in the order of the list."""

    USERS = 0  # a bind of a place on the host that is nobody's own
    ENGINES = 1  # a bind of what an engine made for the container: its hosts file, secrets, …
    OTHER = 2  # file systems that nearly every container has: proc, tmpfs, …


_NOT_OF_USERS = tuple(
    f"{folder}/"
    for folder in (
        "/run",
        "/var/run",
        "/proc",
        "/sys",
        "/var/lib/containerd",
        "/var/lib/docker",
        "/var/lib/nerdctl",
        "/var/lib/containers",
        "/var/lib/kubelet",
        "/var/lib/rancher",
        "/var/lib/cni",
        "/var/lib/buildkit",
        "/var/lib/ctdeck",
    )
)
# Where engines keep the volumes that people name.
_VOLUMES = ("/var/lib/docker/volumes/", "/var/lib/containers/storage/volumes/")


def kind_of(mount: Mount) -> Kind:
    """By the type and the source alone."""
    if not mount.is_bind:
        return Kind.OTHER
    source = f"{mount.source}/"
    if not source.startswith(_NOT_OF_USERS) or source.startswith(_VOLUMES):
        return Kind.USERS
    nerdctls = source.startswith("/var/lib/nerdctl/") and "/volumes/" in source
    return Kind.USERS if nerdctls else Kind.ENGINES


def group_of(mount: Mount) -> tuple[int, str]:
    """What the mounts are sorted by before all else."""
    return int(kind_of(mount)), mount.type
