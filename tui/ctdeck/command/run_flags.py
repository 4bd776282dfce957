"""`:run`'s flags to RunOptions; each value checked, so that the error names it. Pure."""

import re

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.identifiers import check_container_id, generate_name
from aiocontainerd.mounts import parse_mount, parse_volume
from aiocontainerd.run_options import NETWORKS, RunOptions
from aiocontainerd.safe import safe
from ctdeck.command.flags import Flag, Given, Kind
from ctdeck.forms.quantities import parse_cpus, parse_memory, parse_pids

RUN_FLAGS = (
    Flag(("-d", "--detach")),
    Flag(("--rm",)),
    Flag(("-t", "--tty")),
    Flag(("--name",), "ID"),
    Flag(("-v", "--volume"), "SRC:DST[:ro]", Kind.VOLUME, many=True),
    Flag(("--mount",), "type=bind,src=…,dst=…", many=True),
    Flag(("-e", "--env"), "K=V", many=True),
    Flag(("-u", "--user"), "USER"),
    Flag(("-w", "--workdir"), "DIR"),
    Flag(("--net", "--network"), "host|none", Kind.NETWORK),
    Flag(("-m", "--memory"), "M"),
    Flag(("--cpus",), "N"),
    Flag(("--pids-limit",), "N"),
    Flag(("--hostname",), "NAME"),
    Flag(("--read-only",)),
    Flag(("--privileged",)),
)
_PORTS = "Publishing ports comes in a later version; --net host shares the host's network."
_TTY = "Leave -i out: it runs detached. -t gives it a terminal, to which :attach attaches."
RUN_ADVICE = {"-p": _PORTS, "--publish": _PORTS, "-i": _TTY, "--interactive": _TTY}
_VARIABLE = re.compile(r"[^=\x00-\x20\x7f]+")


def run_options(given: Given) -> RunOptions:
    """What the line asks for; the id is generated when no --name is given.

    Raises InvalidArgument.
    """
    if not given.arguments or not given.arguments[0]:
        raise InvalidArgument("the image is missing", remedy="Write :run [FLAGS] IMAGE [COMMAND…].")
    image, *command = given.arguments
    name = given.last("--name")
    return RunOptions(
        image=image,
        id=check_container_id(name) if name else generate_name(image),
        command=tuple(command),
        mounts=(
            *(parse_volume(text) for text in given.all("--volume")),
            *(parse_mount(text) for text in given.all("--mount")),
        ),
        env=tuple(check_env(text) for text in given.all("--env")),
        user=given.last("--user"),
        cwd=given.last("--workdir"),
        network=check_network(given.last("--network", "none")),
        hostname=given.last("--hostname"),
        memory=parse_memory(given.last("--memory")),
        cpus=parse_cpus(given.last("--cpus")),
        pids=parse_pids(given.last("--pids-limit")),
        readonly=given.has("--read-only"),
        terminal=given.has("--tty"),
        remove=given.has("--rm"),
        privileged=given.has("--privileged"),
    )


def check_env(text: str) -> str:
    """`K=V` as it is; raises InvalidArgument when there is no name or no '='."""
    name, equals, _ = text.partition("=")
    if not _VARIABLE.fullmatch(name):
        raise InvalidArgument(
            "this is not a variable",
            subject=f"'{safe(name[:40])}'",
            remedy="Write NAME=VALUE.",
        )
    if not equals:
        raise InvalidArgument(
            "the value is missing (the history keeps none)",
            subject=safe(name[:40]),
            remedy=f"Write {safe(name[:40])}=VALUE.",
        )
    return text


def check_network(text: str) -> str:
    """One of `NETWORKS`."""
    if text not in NETWORKS:
        raise InvalidArgument(
            "networks by name come in a later version",
            subject=f"--net {safe(text[:40])}",
            remedy="Use none (no network but its own loopback) or host (the host's own).",
        )
    return text
