"""What is risky about a container to be run, in a few words each. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from posixpath import normpath
from types import MappingProxyType

from aiocontainerd.mounts import BindMount
from aiocontainerd.run_options import RunOptions

_SOCKETS = ("containerd.sock", "docker.sock", "crio.sock", "podman.sock", "dockershim.sock")
_SOCKET_DIRECTORIES = ("/run", "/var/run", "/run/containerd", "/run/docker", "/run/k3s")
_STATES = ("/var/lib/containerd", "/var/lib/docker", "/var/lib/kubelet", "/var/lib/rancher")
_KERNEL = ("/dev", "/proc", "/sys")
_SYSTEM = ("/etc", "/usr", "/boot", "/bin", "/sbin", "/lib", "/lib64", "/root", "/var", "/home")


def risks(options: RunOptions, real: Mapping[str, str] = MappingProxyType({})) -> tuple[str, ...]:
    """Short sentences, that of the container first; empty if nothing stands out.

    `real` tells of sources where they lead when links are followed, as far as that is known.
    """
    found = list(_of_container(options))
    for mount in options.mounts:
        led = real.get(mount.source, mount.source)
        risk = risk_of(replace(mount, source=led))
        if risk and led != mount.source:
            risk = f"{mount.source} leads to {risk}"
        found += [risk] if risk else []
    return tuple(dict.fromkeys(found))


def risk_of(mount: BindMount) -> str:
    """What this mount hands to the container that it should perhaps not have; empty if nothing."""
    # normpath keeps two leading slashes, which POSIX allows and Linux ignores.
    source = "/" + normpath(mount.source).lstrip("/")
    written = "read-only" if mount.readonly else "writable"
    if source == "/":
        return f"/: all of the host's files, {written}"
    # A socket's power is not taken away by a read-only mount.
    if source.endswith(_SOCKETS) or source in _SOCKET_DIRECTORIES:
        return f"{source}: who reaches the runtime's socket is root on the host"
    if _under(source, _KERNEL):
        return f"{source}: the host's devices or kernel settings, {written}"
    if _under(source, _STATES):
        return f"{source}: a container engine's own files, {written}"
    if source == "/etc":
        return f"/etc: the host's passwords and settings, {written}"
    if not mount.readonly and _under(source, _SYSTEM[:7]):
        return f"{source}: a directory of the system, writable (add :ro)"
    if not mount.readonly and source in _SYSTEM:
        return f"{source}: the whole of it, writable (add :ro)"
    return ""


def _of_container(options: RunOptions) -> Iterator[str]:
    if options.privileged:
        yield "privileged: the container can do all that root can do on the host"
    if options.network == "host":
        yield "host network: it sees and binds the host's ports, and reaches its loopback"


def _under(path: str, directories: tuple[str, ...]) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in directories)
