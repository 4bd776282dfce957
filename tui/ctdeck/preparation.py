"""What happens before the screen opens for --embedded and --embedded-if-none: words, and apt."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from aiocontainerd.discovery import Probe, candidates, discover
from aiocontainerd.errors import ContainerdError
from aiocontainerd.sockets import path_of
from aiocontainerd.state import StateDirectory
from ctdeck.embedded.programs import find_needs, needs_root, provide
from ctdeck.settings import Settings


class Refused(Exception):
    """The app cannot start; its text, of one or more lines, says why and what to do."""


def prepare(settings: Settings) -> Settings:
    """Decide whether the embedded daemon is wanted, and install what it needs, saying so.

    Raises Refused.
    """
    if settings.fallback:
        settings = settings._replace(fallback=False)
        if settings.address is not None:
            return settings
        probes = asyncio.run(discover(candidates()))
        if probes[-1].server is not None:
            return settings
        _refuse_read_only(settings)
        if needs_root() is not None:
            raise Refused(_without_root(probes))
        print("No containerd answers on this host: starting ctdeck's own, the embedded one.")
    _refuse_read_only(settings)
    try:
        if (refusal := needs_root()) is not None:
            raise refusal
        state = StateDirectory.default().root
        if needs := find_needs(state):
            provide(needs, state, _say)
    except ContainerdError as error:
        raise Refused(str(error)) from error
    return settings._replace(embedded=True)


def _refuse_read_only(settings: Settings) -> None:
    if settings.read_only:
        remedy = settings.access.refusal().remedy
        raise Refused(f"starting a containerd is a change, and ctdeck is read-only. {remedy}")


def _without_root(probes: Sequence[Probe]) -> str:
    """What is needed: for each socket that is there its own remedy, else root or an address."""
    there = [it for it in probes if os.path.lexists(path_of(it.address))]
    lines = ["there is no containerd that you may use, and starting one of ctdeck's own needs root"]
    lines += [f"  {it.address}: {it.problem}. {it.remedy}" for it in there]
    lines += [
        "  As root (with sudo, or su):   make run, or: ctdeck --embedded",
        "  With a containerd of yours:   ctdeck --address SOCK, or: export CONTAINERD_ADDRESS=SOCK",
        "  Only to learn the keys:       ctdeck --demo, which is simulated and needs nothing",
    ]
    return "\n".join(lines)


def _say(line: str) -> None:
    print(line, flush=True)
