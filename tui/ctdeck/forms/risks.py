"""What is risky about a container to be run, in a few words each. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from posixpath import dirname, normpath
from types import MappingProxyType
from typing import NamedTuple

from aiocontainerd.bind_sources import SourceFacts
from aiocontainerd.mounts import BindMount
from aiocontainerd.run_options import RunOptions
from ctdeck.formatting import GLYPHS, counted

_SOCKETS = ("containerd.sock", "docker.sock", "crio.sock", "podman.sock", "dockershim.sock")
_SOCKET_DIRECTORIES = ("/run", "/var/run", "/run/containerd", "/run/docker", "/run/k3s")
_STATES = ("/var/lib/containerd", "/var/lib/docker", "/var/lib/kubelet", "/var/lib/rancher")
_KERNEL = ("/dev", "/proc", "/sys")
_SYSTEM = ("/etc", "/usr", "/boot", "/bin", "/sbin", "/lib", "/lib64")
_HOMES = {"/root": "root's own files and keys", "/home": "the files and keys of all users"}

Facts = Mapping[str, SourceFacts]
NO_FACTS: Facts = MappingProxyType({})


class Engine(NamedTuple):
    """Where the daemon at hand has its socket and its files, if that is known."""

    socket: str = ""
    files: tuple[str, ...] = ()


UNKNOWN = Engine()


def risks(
    options: RunOptions, facts: Facts = NO_FACTS, engine: Engine = UNKNOWN
) -> tuple[str, ...]:
    """Short sentences, that of the container first; empty if nothing stands out.

    `facts` tell of sources what they really are, as far as that is known.
    """
    found = list(_of_container(options))
    for mount in options.mounts:
        found += _of_mount(mount, facts.get(mount.source), engine)
    return tuple(dict.fromkeys(found))


def lines_of(found: Sequence[str], room: int) -> list[str]:
    """Each risk on a line of its own; of those without room at least what they are about."""
    first = found if len(found) <= room else found[: room - 1]
    lines = [f"{GLYPHS.warning} {risk}" for risk in first]
    if rest := found[len(first) :]:
        heads = "; ".join(dict.fromkeys(risk.partition(": ")[0] for risk in rest))
        number = f"and {counted(len(rest), 'more risk')}" if first else counted(len(rest), "risk")
        lines.append(f"{GLYPHS.warning} {number}: {heads}")
    return lines


def risk_of(mount: BindMount, engine: Engine = UNKNOWN) -> str:
    """What this mount hands to the container that it should perhaps not have; empty if nothing."""
    # normpath keeps two leading slashes, which POSIX allows and Linux ignores.
    source = "/" + normpath(mount.source).lstrip("/")
    written = "read-only" if mount.readonly else "writable"
    states = (*_STATES, *engine.files)
    if source == "/":
        return f"/: all of the host's files, {written}"
    # A socket's power is not taken away by a read-only mount.
    own = (engine.socket, dirname(engine.socket)) if engine.socket else ()
    if source.endswith(_SOCKETS) or source in (*_SOCKET_DIRECTORIES, *own):
        return f"{source}: who reaches the runtime's socket is root on the host"
    if _under(source, _KERNEL):
        return f"{source}: the host's devices or kernel settings, {written}"
    if _under(source, states):
        return f"{source}: a container engine's own files, {written}"
    if any(_under(state, (source,)) for state in states):
        return f"{source}: holds the container engines' own files, {written}"
    if source == "/etc":
        return f"/etc: the host's passwords and settings, {written}"
    if not mount.readonly and _under(source, _SYSTEM):
        return f"{source}: a directory of the system, writable (add :ro)"
    if source in _HOMES:
        return f"{source}: {_HOMES[source]}, {written}{'' if mount.readonly else ' (add :ro)'}"
    return ""


def _of_mount(mount: BindMount, facts: SourceFacts | None, engine: Engine) -> Iterator[str]:
    if facts is None:
        facts = SourceFacts(mount.source)
    if risk := _of_source(mount, facts, engine):
        yield risk
    if facts.submounts and mount.readonly and mount.recursive and not mount.recursive_readonly:
        yield (
            f"{mount.source}: read-only, but what is mounted below it stays writable: "
            f"{_some(facts.submounts)}"
        )


def _of_source(mount: BindMount, facts: SourceFacts, engine: Engine) -> str:
    named = risk_of(replace(mount, source=facts.real), engine)
    leads = f"{mount.source} leads to " if facts.real != mount.source else ""
    if named:
        return leads + named
    if facts.same_as and (same := risk_of(replace(mount, source=facts.same_as), engine)):
        return f"{mount.source} is another name of {same}"
    if facts.kind == "socket":
        return f"{leads}{facts.real}: a socket; the container can command whoever listens there"
    if facts.kind == "device":
        return f"{leads}{facts.real}: a device of the host"
    return ""


def _of_container(options: RunOptions) -> Iterator[str]:
    if options.privileged:
        yield "privileged: the container can do all that root can do on the host"
    if options.network == "host":
        yield "host network: it sees and binds the host's ports, and reaches its loopback"


def _under(path: str, directories: Iterable[str]) -> bool:
    return any(path == each or path.startswith(f"{each.rstrip('/')}/") for each in directories)


def _some(places: tuple[str, ...]) -> str:
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return ", ".join(places[:3]) + more
