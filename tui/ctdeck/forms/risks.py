"""What is risky about a container to be run, in a few words each. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from aiocontainerd.bind_sources import SourceFacts
from aiocontainerd.mounts import BindMount
from aiocontainerd.run_options import RunOptions
from ctdeck.formatting import GLYPHS, counted
from ctdeck.forms.risky_paths import UNKNOWN, Engine, risk_of

Facts = Mapping[str, SourceFacts]
NO_FACTS: Facts = MappingProxyType({})


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
    if facts.sockets:
        return (
            f"{leads}{facts.real}: holds sockets ({_some(facts.sockets)}); the container can "
            "command whoever listens there"
        )
    if facts.is_bundle:
        return f"{leads}{facts.real}: the files of a container that is there already"
    return ""


def _of_container(options: RunOptions) -> Iterator[str]:
    if options.privileged:
        yield "privileged: the container can do all that root can do on the host"
    if options.network == "host":
        yield "host network: it sees and binds the host's ports, and reaches its loopback"


def _some(places: tuple[str, ...]) -> str:
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return ", ".join(places[:3]) + more
