"""Which of the host's paths a container should perhaps not have, by their names alone. Pure."""

from collections.abc import Iterable
from posixpath import normpath
from typing import NamedTuple

from aiocontainerd.mounts import BindMount

_SOCKETS = (
    "containerd.sock",
    "docker.sock",
    "crio.sock",
    "podman.sock",
    "dockershim.sock",
    "buildkitd.sock",
    "cri-dockerd.sock",
)
_RUN = ("/run", "/var/run")
_ENGINES = ("containerd", "docker", "k3s", "crio", "podman", "buildkit", "containers", "runc")
_ENGINES_AT_RUN = tuple(f"{run}/{engine}" for run in _RUN for engine in _ENGINES)
_STATES = (
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/lib/kubelet",
    "/var/lib/rancher",
    "/var/lib/containers",
    "/var/lib/buildkit",
    "/var/lib/cri-dockerd",
    "/var/lib/etcd",
    "/var/lib/k0s",
    "/var/lib/nerdctl",
    "/var/lib/ctdeck",
)
_KERNEL = ("/dev", "/proc", "/sys")
# What root's own programs are, and what tells them what to do.
_SYSTEM = (
    "/usr",
    "/boot",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/opt/cni",
    "/opt/containerd",
    "/var/lib/dpkg",
    "/var/lib/rpm",
    "/var/lib/systemd",
    "/var/spool/cron",
    "/var/spool/anacron",
)
# Everybody may read these, and images often want them.
_PUBLIC = (
    "/etc/ca-certificates",
    "/etc/group",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/localtime",
    "/etc/machine-id",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/resolv.conf",
    "/etc/ssl/certs",
    "/etc/timezone",
    "/run/NetworkManager/resolv.conf",
    "/run/resolvconf/resolv.conf",
    "/run/systemd/resolve/resolv.conf",
    "/run/systemd/resolve/stub-resolv.conf",
)
_HARMLESS_HIDDEN = (".cache",)  # of a home


class Engine(NamedTuple):
    """Where the daemon at hand has its socket and its files, if that is known."""

    socket: str = ""
    files: tuple[str, ...] = ()


UNKNOWN = Engine()


def risk_of(mount: BindMount, engine: Engine = UNKNOWN) -> str:
    """What this mount hands to the container that it should perhaps not have; empty if nothing."""
    # normpath keeps two leading slashes, which POSIX allows and Linux ignores.
    source = "/" + normpath(mount.source).lstrip("/")
    written = "read-only" if mount.readonly else "writable"
    states = (*_STATES, *engine.files)
    if source == "/":
        return f"/: all of the host's files, {written}"
    # A socket's power is not taken away by a read-only mount.
    if (
        source.endswith(_SOCKETS)
        or source in (*_RUN, *_ENGINES_AT_RUN)
        or _leads_to(source, engine)
    ):
        return f"{source}: who reaches the runtime's socket is root on the host"
    if _under(source, _KERNEL):
        return f"{source}: the host's devices or kernel settings, {written}"
    if _under(source, (*states, *_ENGINES_AT_RUN)):
        return f"{source}: a container engine's own files, {written}"
    if any(_under(state, (source,)) for state in states):
        return f"{source}: holds the container engines' own files, {written}"
    if mount.readonly and _under(source, _PUBLIC):
        return ""
    if _under(source, _RUN):
        return f"{source}: sockets and state of what runs on the host, {written}"
    if _under(source, ("/etc",)):
        return f"{source}: the host's passwords and settings, {written}"
    if not mount.readonly and _holds_or_under(source, _SYSTEM):
        return f"{source}: a directory of the system, writable (add :ro)"
    if whose := _of_home(source):
        return f"{source}: {whose}, {written}{'' if mount.readonly else ' (add :ro)'}"
    return ""


def _leads_to(source: str, engine: Engine) -> bool:
    """It is the engine's socket, or a folder that holds it."""
    return bool(engine.socket) and _under(engine.socket, (source,))


def _of_home(source: str) -> str:
    """Whose keys are in it: a whole home, or one of its hidden files. Projects are not."""
    home, *below = source.removeprefix("/").split("/")
    if home == "root":
        whose = "root's own files and keys"
    elif home == "home" and below:
        whose, below = "a user's own files and keys", below[1:]
    else:
        return "the files and keys of all users" if source == "/home" else ""
    hidden = bool(below) and below[0].startswith(".") and below[0] not in _HARMLESS_HIDDEN
    return whose if hidden or not below else ""


def _under(path: str, directories: Iterable[str]) -> bool:
    return any(path == each or path.startswith(f"{each.rstrip('/')}/") for each in directories)


def _holds_or_under(path: str, directories: Iterable[str]) -> bool:
    return any(_under(path, (each,)) or _under(each, (path,)) for each in directories)
